package io.godwit.transport.driver;

import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import io.godwit.transport.StreamException;
import io.godwit.transport.StreamFailure;
import io.godwit.transport.StreamFailure.Refused;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a media driver running for as long as the node lives. When one dies its streams learn it from their leases,
 * and another is started in a fresh directory, with pauses that grow while that fails.
 */
final class MediaDriverOwner implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MediaDriverOwner.class);

    private static final long FIRST_RESTART_PAUSE_MS = 50;
    private static final long LONGEST_RESTART_PAUSE_MS = 5_000;
    private static final long TIMER_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long LINGER_NS = TimeUnit.MILLISECONDS.toNanos(500);

    /** Aeron's least; with its default the driver's files take 47 MiB of shared memory instead of 12. */
    private static final int COUNTERS_BYTES = 1024 * 1024;

    private final DriverSettings settings;
    private final DriverDirectory directory;
    private final Consumer<MediaDriver.Context> tuning;
    private final DriverIdle idle = new DriverIdle();
    private final DriverErrors errors = new DriverErrors();

    private @Nullable DriverRun current;
    private @Nullable Thread restarter;
    private int starts;
    private String lastFault = "";
    private boolean closed;

    private MediaDriverOwner(
            final DriverSettings settings,
            final DriverDirectory directory,
            final Consumer<MediaDriver.Context> tuning) {
        this.settings = settings;
        this.directory = directory;
        this.tuning = tuning;
    }

    /**
     * Takes the directory and starts the driver; some ten milliseconds.
     *
     * @param tuning changes Aeron's options, last of all
     */
    static MediaDriverOwner start(final DriverSettings settings, final Consumer<MediaDriver.Context> tuning) {
        final MediaDriverOwner owner =
                new MediaDriverOwner(settings, DriverDirectory.claim(settings.directory()), tuning);
        try {
            owner.launch();
            return owner;
        } catch (final RuntimeException | IOException | InternalError failed) { // the last: no space under a mapping
            owner.close();
            throw new IllegalStateException("media driver cannot start in " + settings.directory(), failed);
        }
    }

    /**
     * Lets a lane use the driver, if there is one and room for the term buffers of the lane's stream.
     *
     * @throws StreamException {@link Refused}
     */
    synchronized DriverLease lease(final StreamRoom room) {
        final DriverRun run = current;
        if (run == null || run.death() != null) {
            throw new StreamException(new Refused("media driver in " + directory.path() + " is not running"
                    + (lastFault.isEmpty() ? "" : ": " + lastFault)));
        }
        room.reserve();
        return new DriverLease(run, idle, room);
    }

    public synchronized DriverStatus status() {
        final DriverRun run = current;
        final String fault = lastFault.isEmpty() ? errors.last() : lastFault;
        return new DriverStatus(run != null && run.death() == null, 1, starts, idle.openStreams(), fault);
    }

    /** How long no lane has used it; 0 while one does. */
    long idleForNs() {
        return idle.idleForNs();
    }

    /** Stops the driver and deletes its directory; waits for both. */
    @Override
    public void close() {
        final DriverRun run;
        final Thread pendingRestart;
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            run = current;
            current = null;
            pendingRestart = restarter;
            notifyAll();
        }
        try {
            if (pendingRestart != null) {
                pendingRestart.join();
            }
            if (run != null) {
                run.close();
            }
        } catch (final InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        try {
            directory.close();
        } catch (final IOException failed) {
            throw new UncheckedIOException("driver directory " + directory.path() + " cannot be deleted", failed);
        }
    }

    private synchronized void launch() throws IOException {
        directory.ensureExists();
        final int life = starts + 1;
        final String name =
                "godwit-media-driver-" + life + "@" + directory.path().getFileName();
        final LinkMonitor monitor = new LinkMonitor();
        final MediaDriver.Context context = context(life, monitor);
        tuning.accept(context);
        final MediaDriver driver = MediaDriver.launch(context);
        final DriverRun run = new DriverRun(driver, monitor, name, idle, this::onDeath);
        allocateLossReport(Path.of(driver.aeronDirectoryName()));
        run.start();
        starts = life;
        current = run;
    }

    /** The one file that Aeron leaves sparse: a loss seen when the file system is full would kill the driver. */
    private static void allocateLossReport(final Path aeronDirectory) throws IOException {
        final Path report = aeronDirectory.resolve("loss-report.dat");
        try (FileChannel channel = FileChannel.open(report, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.allocate((int) channel.size()), 0);
        }
    }

    /** On the dying driver's thread, after it gave back what it had. */
    private synchronized void onDeath(final DriverRun dead) {
        final StreamFailure death = dead.death();
        lastFault = death == null ? "" : death.reason();
        if (closed) {
            return;
        }
        LOG.error("{}; its streams fail, it is started again", lastFault);
        final Thread again = new Thread(this::restart, "godwit-media-driver-restart");
        again.setDaemon(true);
        restarter = again;
        again.start();
    }

    private synchronized void restart() {
        long pauseMs = FIRST_RESTART_PAUSE_MS;
        while (!closed) {
            try {
                launch();
                restarter = null;
                return;
            } catch (final Throwable failed) { // a full file system raises Errors too
                lastFault = "restart failed: " + failed;
                LOG.error("media driver does not start again in {}: {}", directory.path(), failed.toString());
            }
            try {
                wait(pauseMs);
            } catch (final InterruptedException interrupted) {
                return;
            }
            pauseMs = Math.min(2 * pauseMs, LONGEST_RESTART_PAUSE_MS);
        }
    }

    private MediaDriver.Context context(final int life, final LinkMonitor monitor) {
        final SocketBuffers buffers = SocketBuffers.granted();
        final long livenessNs = settings.peerLiveness().toNanos();
        return new MediaDriver.Context()
                .aeronDirectoryName(directory.path().resolve("driver-" + life).toString())
                .dirDeleteOnStart(true)
                .dirDeleteOnShutdown(true)
                .threadingMode(ThreadingMode.INVOKER) // on DriverRun's thread
                .asyncExecutorEnabled(false) // endpoints are literals, no name is ever looked up
                .termBufferSparseFile(false)
                .performStorageChecks(true)
                .lowStorageWarningThreshold(0) // admission says so earlier, with numbers
                .counterFreeToReuseTimeoutNs(LINGER_NS)
                .counterValuesBufferLength(COUNTERS_BYTES)
                .socketRcvbufLength(buffers.receiveBytes())
                .socketSndbufLength(buffers.sendBytes())
                .initialWindowLength(buffers.initialWindowBytes())
                .timerIntervalNs(TIMER_INTERVAL_NS)
                .imageLivenessTimeoutNs(livenessNs)
                .publicationConnectionTimeoutNs(livenessNs)
                .publicationLingerTimeoutNs(LINGER_NS)
                .unicastFlowControlSupplier(monitor::flowControl)
                .receiveChannelEndpointSupplier(monitor::endpoint)
                .receiverWildcardPortRange(settings.minPort() + " " + settings.maxPort())
                .errorHandler(errors);
    }
}
