package io.godwit.transport.driver;

import io.aeron.driver.MediaDriver;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node's media drivers: the first lives as long as the node, further ones are started when a stream with several
 * lanes finds cores for them, and end when nobody has used them for a while. Lane i uses driver i modulo their number.
 */
public final class MediaDriverPool implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MediaDriverPool.class);
    private static final Duration IDLE_BEFORE_END = Duration.ofSeconds(30);

    private final DriverSettings settings;
    private final int cores;
    private final long idleNs;
    private final Consumer<MediaDriver.Context> tuning;
    private final TermAdmission admission;
    private final List<MediaDriverOwner> owners = new CopyOnWriteArrayList<>();
    private int started;
    private @Nullable Thread janitor;
    private boolean closed;

    private MediaDriverPool(
            final DriverSettings settings,
            final int cores,
            final Duration idle,
            final Consumer<MediaDriver.Context> tuning) {
        this.settings = settings;
        this.cores = cores;
        this.idleNs = idle.toNanos();
        this.tuning = tuning;
        this.admission = new TermAdmission(settings.directory());
    }

    /** Starts the first driver; some ten milliseconds. */
    public static MediaDriverPool start(final DriverSettings settings) {
        return start(settings, Runtime.getRuntime().availableProcessors(), IDLE_BEFORE_END, context -> {});
    }

    /**
     * For tests.
     *
     * @param cores to plan with
     * @param idle after which a further driver ends
     * @param tuning changes Aeron's options, last of all
     */
    public static MediaDriverPool start(
            final DriverSettings settings,
            final int cores,
            final Duration idle,
            final Consumer<MediaDriver.Context> tuning) {
        final MediaDriverPool pool = new MediaDriverPool(settings, cores, idle, tuning);
        pool.owners.add(pool.startNext());
        return pool;
    }

    /** Room for the term buffers of a stream; nothing is asked for before its first lane opens. */
    public StreamRoom room(final int termLengthBytes, final int lanes) {
        return new StreamRoom(admission, termLengthBytes, lanes);
    }

    /**
     * Lets a lane use its driver, which is started if it must be; some ten milliseconds then.
     *
     * @throws io.godwit.transport.StreamException {@link io.godwit.transport.StreamFailure.Refused}
     */
    public synchronized DriverLease lease(final int lane, final int lanes, final StreamRoom room) {
        final int wanted = DriverCount.of(lanes, cores);
        while (!closed && owners.size() < wanted && tryStartAnother()) {
            LOG.debug("{} media drivers", owners.size());
        }
        return owners.get(lane % Math.min(wanted, owners.size())).lease(room);
    }

    /** Of all drivers together. */
    public DriverStatus status() {
        return owners.stream()
                .map(MediaDriverOwner::status)
                .reduce(DriverStatus::and)
                .orElseThrow();
    }

    /** Stops the drivers and deletes their directories; waits for them. */
    @Override
    public void close() {
        final Thread waiting;
        synchronized (this) {
            closed = true;
            waiting = janitor;
            notifyAll();
        }
        try {
            if (waiting != null) {
                waiting.join();
            }
        } catch (final InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        owners.forEach(MediaDriverOwner::close);
    }

    /** A host that has no room for a further driver still has the first. */
    private boolean tryStartAnother() {
        try {
            owners.add(startNext());
        } catch (final RuntimeException | Error failed) { // a full file system raises Errors
            LOG.warn("no further media driver, {} carry all lanes: {}", owners.size(), failed.toString());
            return false;
        }
        if (janitor == null) {
            final Thread fresh = new Thread(this::endIdle, "godwit-media-driver-janitor");
            fresh.setDaemon(true);
            janitor = fresh;
            fresh.start();
        }
        return true;
    }

    private MediaDriverOwner startNext() {
        started++;
        final Path first = settings.directory();
        final Path directory = started == 1 ? first : first.resolveSibling(first.getFileName() + "-" + started);
        return MediaDriverOwner.start(settings.inside(directory), tuning);
    }

    /** Ends when only the first driver is left; the next further one brings a new janitor. */
    private void endIdle() {
        for (MediaDriverOwner idle = awaitIdle(); idle != null; idle = awaitIdle()) {
            try {
                idle.close();
            } catch (final RuntimeException failed) {
                LOG.error("an idle media driver does not end cleanly", failed);
            }
        }
    }

    private synchronized @Nullable MediaDriverOwner awaitIdle() {
        try {
            while (!closed && owners.size() > 1) {
                final MediaDriverOwner last = owners.get(owners.size() - 1);
                if (last.idleForNs() >= idleNs) {
                    owners.remove(last);
                    return last;
                }
                wait(Math.max(1, TimeUnit.NANOSECONDS.toMillis(idleNs) / 2));
            }
        } catch (final InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        janitor = null;
        return null;
    }
}
