package io.godwit.transport.stream;

import io.aeron.exceptions.AeronException;
import io.aeron.logbuffer.FrameDescriptor;
import io.godwit.transport.PageSource;
import io.godwit.transport.StreamException;
import io.godwit.transport.StreamFailure;
import io.godwit.transport.StreamFailure.Cancelled;
import io.godwit.transport.StreamFailure.LinkStalled;
import io.godwit.transport.StreamFailure.LocalFault;
import io.godwit.transport.StreamFailure.PeerGone;
import io.godwit.transport.StreamFailure.Refused;
import io.godwit.transport.driver.MediaDriverOwner;
import io.godwit.transport.driver.NetworkPath;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The source's end of one lane: moves what {@link NextFrame} decides into the publication, at the rate allowed. */
final class OutgoingLane implements LaneAgent {
    /** Frames a duty cycle may send before it looks around. */
    private static final int BURST_FRAMES = 16;

    private static final int LANE = 0;

    private final MediaDriverOwner driver;
    private final OutgoingSettings settings;
    private final PageSource source;
    private final LaneQueue queue;
    private final LaneCounters counters = new LaneCounters();
    private final RateLimiter limiter;
    private final CompletableFuture<Void> connected = new CompletableFuture<>();
    private final CompletableFuture<StreamFailure> failed = new CompletableFuture<>();

    private @Nullable DriverConnection connection;
    private @Nullable LanePublication publication;
    private @Nullable NextFrame frames;
    private long openedNs;
    private long blockedSinceNs;
    private boolean blocked;
    private long limitedSinceNs;
    private boolean limited;
    private volatile boolean cancelled;
    private volatile boolean rateChosen;

    OutgoingLane(
            final MediaDriverOwner driver,
            final OutgoingSettings settings,
            final PageSource source,
            final LaneQueue queue) {
        this.driver = driver;
        this.settings = settings;
        this.source = source;
        this.queue = queue;
        this.limiter = new RateLimiter(settings.rateBytesPerSecond(), System.nanoTime());
        this.rateChosen = settings.rateBytesPerSecond() != RateLimiter.UNLIMITED;
    }

    @Override
    public String roleName() {
        return "out-" + settings.migrationId().toString().substring(0, 8) + "-lane" + LANE;
    }

    CompletableFuture<Void> connected() {
        return connected;
    }

    CompletableFuture<StreamFailure> failed() {
        return failed;
    }

    OutgoingCounters counters() {
        return counters.published();
    }

    void limitRate(final long bytesPerSecond) {
        rateChosen = true;
        limiter.rate(bytesPerSecond);
    }

    void cancel() {
        cancelled = true;
    }

    @Override
    public void onStart() {
        final InetSocketAddress peer = peerAddress();
        final NetworkPath path = NetworkPath.to(peer);
        if (!rateChosen) {
            limiter.rate(path.rateCapBytesPerSecond());
        }
        final DriverConnection opened = DriverConnection.open(driver, settings.termLengthBytes());
        connection = opened;
        final LanePublication lane = new LanePublication(opened, settings, mtu(path), LANE);
        publication = lane;
        frames = new NextFrame(queue, source, counters, lane.maxPayload());
        openedNs = System.nanoTime();
    }

    /** The path's, unless told otherwise; Aeron allows no more than an eighth of a term. */
    private int mtu(final NetworkPath path) {
        final int longest = FrameDescriptor.computeMaxMessageLength(settings.termLengthBytes());
        return settings.mtuLength() == 0 ? Math.min(path.mtuLength(), longest) : settings.mtuLength();
    }

    private InetSocketAddress peerAddress() {
        try {
            return new InetSocketAddress(
                    NetworkPath.literal(settings.endpoint().host()),
                    settings.endpoint().port());
        } catch (final IllegalArgumentException notAnAddress) {
            throw new StreamException(new Refused(String.valueOf(notAnAddress.getMessage())));
        }
    }

    @Override
    public int doWork() {
        if (cancelled) {
            throw new StreamException(new Cancelled("closed by its owner"));
        }
        final DriverConnection aeron = opened(connection);
        final LanePublication lane = opened(publication);
        int work = aeron.invoke();
        if (lane.isConnected()) {
            connected.complete(null);
            work += send(lane, opened(frames));
            counters.publish();
        } else {
            checkAbsence();
        }
        return work;
    }

    @Override
    public boolean isDone() {
        return frames != null && frames.isEnded();
    }

    @Override
    public void onError(final Throwable error) {
        failed.complete(failureOf(error));
    }

    @Override
    public void onClose() {
        counters.publish();
        final StreamFailure failure = failed.getNow(new Cancelled("the stream has ended"));
        tellWaiters(new StreamException(failure));
        if (publication != null) {
            if (failed.isDone()) {
                publication.revoke();
            } else {
                publication.finish();
            }
        }
        if (connection != null) {
            connection.close();
        }
    }

    private void tellWaiters(final StreamException end) {
        connected.completeExceptionally(end);
        if (frames != null) {
            frames.fail(end);
        }
        queue.end(end);
    }

    private int send(final LanePublication lane, final NextFrame next) {
        int sent = 0;
        while (sent < BURST_FRAMES && next.prepare(limiter.frameBytes())) {
            final long nowNs = System.nanoTime();
            if (!mayGo(nowNs)) {
                break;
            }
            final int wireBytes = lane.trySend(next);
            if (wireBytes == 0) {
                checkStall(lane, nowNs);
                break;
            }
            unblock(nowNs);
            limiter.spent(wireBytes);
            next.accepted(wireBytes);
            sent++;
        }
        return sent;
    }

    private boolean mayGo(final long nowNs) {
        final boolean permitted = limiter.permits(nowNs);
        if (!permitted && !limited) {
            limitedSinceNs = nowNs;
        } else if (permitted && limited) {
            counters.rateLimitedNs += nowNs - limitedSinceNs;
        }
        limited = !permitted;
        return permitted;
    }

    private void checkStall(final LanePublication lane, final long nowNs) {
        if (!blocked) {
            blocked = true;
            blockedSinceNs = nowNs;
        } else if (nowNs - blockedSinceNs > settings.stallTimeout().toNanos()) {
            throw new StreamException(new LinkStalled(settings.endpoint().hostAndPort() + " took nothing for "
                    + settings.stallTimeout().toMillis() + " ms at byte " + lane.position()));
        }
    }

    private void unblock(final long nowNs) {
        if (blocked) {
            blocked = false;
            counters.backPressureNs += nowNs - blockedSinceNs;
        }
    }

    private void checkAbsence() {
        final String peer = settings.endpoint().hostAndPort();
        if (connected.isDone()) {
            throw new StreamException(new PeerGone(peer + " closed the stream or fell silent"));
        }
        if (System.nanoTime() - openedNs > settings.connectTimeout().toNanos()) {
            throw new StreamException(new PeerGone(
                    peer + " did not answer within " + settings.connectTimeout().toMillis() + " ms"));
        }
    }

    private StreamFailure failureOf(final Throwable error) {
        if (error instanceof StreamException known) {
            return known.failure();
        }
        if (error instanceof AeronException && connection != null) {
            return connection.failureOf(error);
        }
        return new LocalFault("sending failed: " + error);
    }

    private static <T> T opened(final @Nullable T part) {
        if (part == null) {
            throw new IllegalStateException("the lane was not started");
        }
        return part;
    }
}
