package io.godwit.transport.stream;

import io.aeron.exceptions.AeronException;
import io.aeron.logbuffer.FrameDescriptor;
import io.godwit.transport.PageSource;
import io.godwit.transport.StreamEndpoint;
import io.godwit.transport.StreamException;
import io.godwit.transport.StreamFailure;
import io.godwit.transport.StreamFailure.Cancelled;
import io.godwit.transport.StreamFailure.LinkStalled;
import io.godwit.transport.StreamFailure.LocalFault;
import io.godwit.transport.StreamFailure.PeerGone;
import io.godwit.transport.StreamFailure.Refused;
import io.godwit.transport.codec.PageEncoder;
import io.godwit.transport.driver.MediaDriverPool;
import io.godwit.transport.driver.NetworkPath;
import io.godwit.transport.driver.StreamRoom;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The source's end of one lane: moves what {@link NextFrame} decides into the publication, at the rate allowed. */
final class OutgoingLane implements LaneAgent {
    /** Frames a duty cycle may send before it looks around. */
    private static final int BURST_FRAMES = 16;

    private final MediaDriverPool drivers;
    private final StreamRoom room;
    private final OutgoingSettings settings;
    private final int lane;
    private final StreamEndpoint endpoint;
    private final PageSource source;
    private final LaneQueue queue;
    private final StreamFate fate;
    private final RateLimiter limiter;
    private final LaneCounters counters = new LaneCounters();
    private final CompletableFuture<Void> connected = new CompletableFuture<>();

    private @Nullable DriverConnection connection;
    private @Nullable LanePublication publication;
    private @Nullable NextFrame frames;
    private @Nullable TargetLink link;
    private long openedNs;
    private long blockedSinceNs;
    private boolean blocked;
    private long limitedSinceNs;
    private boolean limited;
    private boolean delivered;

    OutgoingLane(
            final MediaDriverPool drivers,
            final StreamRoom room,
            final OutgoingSettings settings,
            final int lane,
            final PageSource source,
            final LaneQueue queue,
            final StreamFate fate,
            final RateLimiter limiter) {
        this.drivers = drivers;
        this.room = room;
        this.settings = settings;
        this.lane = lane;
        this.endpoint = settings.endpoints().get(lane);
        this.source = source;
        this.queue = queue;
        this.fate = fate;
        this.limiter = limiter;
    }

    @Override
    public String roleName() {
        return "out-" + settings.migrationId().toString().substring(0, 8) + "-lane" + lane;
    }

    CompletableFuture<Void> connected() {
        return connected;
    }

    OutgoingCounters counters() {
        return counters.read();
    }

    @Override
    public void onStart() {
        final InetSocketAddress peer = peerAddress();
        final NetworkPath path = NetworkPath.to(peer);
        limiter.pathCap(path.rateCapBytesPerSecond(), System.nanoTime());
        final DriverConnection opened =
                DriverConnection.open(drivers, lane, settings.endpoints().size(), room);
        connection = opened;
        final LanePublication claimed = new LanePublication(opened, settings, mtu(path), lane);
        publication = claimed;
        final PageEncoder encoder =
                settings.encoders().forLane(lane, settings.endpoints().size());
        if (encoder != null) {
            counters.codec(encoder.counters());
        }
        frames = new NextFrame(queue, source, counters, claimed.maxPayload(), encoder);
        openedNs = System.nanoTime();
        link = new TargetLink(peer, claimed.heard(), settings.linkTimeout(), counters, openedNs);
    }

    /** The path's, unless told otherwise; Aeron allows no more than an eighth of a term. */
    private int mtu(final NetworkPath path) {
        final int longest = FrameDescriptor.computeMaxMessageLength(settings.termLengthBytes());
        return settings.mtuLength() == 0 ? Math.min(path.mtuLength(), longest) : settings.mtuLength();
    }

    private InetSocketAddress peerAddress() {
        try {
            return new InetSocketAddress(NetworkPath.literal(endpoint.host()), endpoint.port());
        } catch (final IllegalArgumentException notAnAddress) {
            throw new StreamException(new Refused(String.valueOf(notAnAddress.getMessage())));
        }
    }

    @Override
    public int doWork() {
        fate.throwIfFailed();
        final DriverConnection aeron = opened(connection);
        final LanePublication open = opened(publication);
        int work = aeron.invoke();
        final NextFrame next = opened(frames);
        if (open.isConnected()) {
            connected.complete(null);
            final boolean silent = opened(link).isSuspended(System.nanoTime());
            work += send(open, next, silent);
        } else if (!next.isEnded()) {
            checkAbsence();
        }
        delivered = next.isEnded() && open.isConsumed();
        return work;
    }

    @Override
    public boolean isDone() {
        return delivered;
    }

    @Override
    public void onError(final Throwable error) {
        fate.fail(failureOf(error));
    }

    @Override
    public void onClose() {
        final StreamFailure failure = fate.failure();
        tellWaiters(new StreamException(failure == null ? new Cancelled("the stream has ended") : failure));
        if (frames != null) {
            frames.close();
        }
        if (publication != null) {
            if (frames != null && frames.isEnded()) {
                publication.finish();
            } else {
                publication.revoke();
            }
        }
        if (link != null) {
            link.close();
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

    private int send(final LanePublication open, final NextFrame next, final boolean silent) {
        int sent = 0;
        while (sent < BURST_FRAMES && next.prepare(limiter.frameBytes())) {
            final long nowNs = System.nanoTime();
            final long paidNs = limiter.tryPay(open.wireBytes(next), nowNs);
            limited(paidNs < 0, nowNs);
            if (paidNs < 0) {
                next.waited();
                break;
            }
            final int wireBytes = open.trySend(next);
            if (wireBytes == 0) {
                limiter.takeBack(paidNs);
                next.waited();
                checkStall(open, nowNs, silent);
                break;
            }
            unblock(nowNs);
            next.accepted(wireBytes);
            if (open.isSealing()) {
                counters.sealedFrame();
            }
            sent++;
        }
        return sent;
    }

    private void limited(final boolean now, final long nowNs) {
        if (now && !limited) {
            limitedSinceNs = nowNs;
        } else if (!now && limited) {
            counters.rateLimited(nowNs - limitedSinceNs);
        }
        limited = now;
    }

    private void checkStall(final LanePublication open, final long nowNs, final boolean silent) {
        if (silent) {
            unblock(nowNs); // a silent link has a timeout of its own
        } else if (!blocked) {
            blocked = true;
            blockedSinceNs = nowNs;
        } else if (nowNs - blockedSinceNs > settings.stallTimeout().toNanos()) {
            throw new StreamException(new LinkStalled(endpoint.hostAndPort() + " took nothing for "
                    + settings.stallTimeout().toMillis() + " ms at byte " + open.position()));
        }
    }

    private void unblock(final long nowNs) {
        if (blocked) {
            blocked = false;
            counters.backPressure(nowNs - blockedSinceNs);
        }
    }

    private void checkAbsence() {
        final String peer = endpoint.hostAndPort();
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
