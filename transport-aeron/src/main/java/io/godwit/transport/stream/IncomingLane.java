package io.godwit.transport.stream;

import io.aeron.Aeron;
import io.aeron.ChannelUri;
import io.aeron.ChannelUriStringBuilder;
import io.aeron.CommonContext;
import io.aeron.Image;
import io.aeron.Subscription;
import io.aeron.exceptions.AeronException;
import io.aeron.exceptions.RegistrationException;
import io.aeron.logbuffer.ControlledFragmentHandler;
import io.aeron.logbuffer.ControlledFragmentHandler.Action;
import io.aeron.logbuffer.FrameDescriptor;
import io.aeron.logbuffer.Header;
import io.godwit.transport.LaneStripes;
import io.godwit.transport.PageSink;
import io.godwit.transport.StreamCounts;
import io.godwit.transport.StreamEndpoint;
import io.godwit.transport.StreamException;
import io.godwit.transport.StreamFailure;
import io.godwit.transport.StreamFailure.BadFrame;
import io.godwit.transport.StreamFailure.LocalFault;
import io.godwit.transport.StreamFailure.PeerGone;
import io.godwit.transport.StreamFailure.Refused;
import io.godwit.transport.driver.MediaDriverPool;
import io.godwit.transport.driver.NetworkPath;
import io.godwit.transport.driver.StreamRoom;
import io.godwit.transport.frame.BadFrameException;
import io.godwit.transport.frame.FrameReader;
import io.godwit.transport.frame.StreamIdentity;
import io.godwit.transport.seal.FrameOpener;
import io.godwit.transport.seal.StreamSecret;
import java.net.Inet6Address;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** The target's end of one lane: listens, then polls one image and has each fragment checked and written. */
final class IncomingLane implements LaneAgent {
    private static final int STREAM_ID = 1;
    private static final int POLL_FRAGMENTS = 16;
    private static final int BIND_ATTEMPTS = 32;
    /** What was received is restored and runs well within this. */
    private static final long LINGER_NS = TimeUnit.SECONDS.toNanos(1);

    private final MediaDriverPool drivers;
    private final StreamRoom room;
    private final IncomingSettings settings;
    private final int lane;
    private final IncomingLanes lanes;
    private final StreamFate fate;
    private final PageReceiver receiver;
    private final int sessionId = ThreadLocalRandom.current().nextInt();
    private final String alias;
    private final ControlledFragmentHandler fragmentHandler = this::onFragment;
    private final CompletableFuture<StreamEndpoint> endpoint = new CompletableFuture<>();

    private @Nullable DriverConnection connection;
    private @Nullable Subscription subscription;
    private @Nullable Image image;
    private @Nullable FrameReader reader;
    private @Nullable Throwable pollError;
    private @Nullable LinkWatch link;
    private volatile long suspendedNs;
    private long listeningNs;
    private long endedNs;

    IncomingLane(
            final MediaDriverPool drivers,
            final StreamRoom room,
            final IncomingSettings settings,
            final int lane,
            final PageSink sink,
            final IncomingLanes lanes,
            final StreamFate fate) {
        this.drivers = drivers;
        this.room = room;
        this.settings = settings;
        this.lane = lane;
        this.lanes = lanes;
        this.fate = fate;
        this.alias = settings.migrationId() + "-" + lane + "-" + sessionId;
        this.receiver = new PageReceiver(
                sink,
                lanes,
                new LaneStripes(settings.lanes()),
                lane,
                settings.maxDeviceStateBytes(),
                settings.decoders());
    }

    @Override
    public String roleName() {
        return "in-" + settings.migrationId().toString().substring(0, 8) + "-lane" + lane;
    }

    CompletableFuture<StreamEndpoint> endpoint() {
        return endpoint;
    }

    long suspendedNs() {
        return suspendedNs;
    }

    StreamCounts received() {
        return receiver.received();
    }

    @Override
    public void onStart() {
        final ChannelUriStringBuilder channel = new ChannelUriStringBuilder()
                .media(CommonContext.UDP_MEDIA)
                .endpoint(bindAddress())
                .sessionId(sessionId)
                .alias(alias)
                .sparse(false)
                .rejoin(false);
        if (!NetworkPath.literal(settings.bindHost()).isLoopbackAddress()) {
            channel.congestionControl("cubic");
        }
        reader = frameReader();
        final DriverConnection opened = DriverConnection.open(drivers, lane, settings.lanes(), room);
        connection = opened;
        subscription = subscribe(opened.aeron(), channel.build());
    }

    @Override
    public int doWork() {
        if (connection == null || subscription == null) {
            throw new IllegalStateException("the lane was not started");
        }
        final int work = connection.invoke();
        if (receiver.isEnded()) {
            return work;
        }
        final Image source = image;
        if (source != null) {
            return work + receive(source);
        }
        if (endpoint.isDone()) {
            checkAbsence();
        } else {
            resolveEndpoint(subscription);
        }
        return work;
    }

    @Override
    public boolean isDone() {
        return fate.failure() != null || (receiver.isEnded() && mayLeave());
    }

    /**
     * Buffers are unmapped when the owner is through with the stream: the kernel's lock on the process's mappings is the
     * one that restoring a machine needs, and the guest stands still until that is done.
     */
    private boolean mayLeave() {
        if (endedNs == 0) {
            endedNs = System.nanoTime();
        }
        return fate.isReleased() || System.nanoTime() - endedNs > LINGER_NS;
    }

    @Override
    public void onError(final Throwable error) {
        final StreamFailure failure = failureOf(error);
        endpoint.completeExceptionally(new StreamException(failure));
        lanes.failed(failure);
    }

    @Override
    public void onClose() {
        final StreamFailure failure = fate.failure();
        endpoint.completeExceptionally(
                new StreamException(failure == null ? new StreamFailure.Cancelled("the stream has ended") : failure));
        receiver.close();
        if (connection != null) {
            connection.close();
        }
    }

    private FrameReader frameReader() {
        final StreamSecret secret = settings.secret();
        return new FrameReader(
                new StreamIdentity(settings.migrationId(), lane, settings.lanes()),
                receiver,
                secret == null
                        ? null
                        : new FrameOpener(secret, settings.migrationId(), lane, LanePublication.FIRST_ATTEMPT));
    }

    /** Within a port range Aeron takes the next port, which another process may have: then the one after it. */
    private Subscription subscribe(final Aeron aeron, final String channel) {
        for (int attempt = 1; ; attempt++) {
            try {
                return aeron.addSubscription(channel, STREAM_ID, this::onImage, gone -> {});
            } catch (final RegistrationException refused) {
                if (attempt == BIND_ATTEMPTS
                        || !String.valueOf(refused.getMessage()).contains("in use")) {
                    throw refused;
                }
            }
        }
    }

    /** The first is the source; who comes later with its session is not. */
    private void onImage(final Image found) {
        if (image == null) {
            image = found;
        }
    }

    private String bindAddress() {
        try {
            final boolean bracketed = NetworkPath.literal(settings.bindHost()) instanceof Inet6Address;
            return (bracketed ? "[" + settings.bindHost() + "]" : settings.bindHost()) + ":0";
        } catch (final IllegalArgumentException notAnAddress) {
            throw new StreamException(new Refused(String.valueOf(notAnAddress.getMessage())));
        }
    }

    private void resolveEndpoint(final Subscription listening) {
        final String resolved = listening.tryResolveChannelEndpointPort();
        if (resolved == null) {
            return;
        }
        final String address = String.valueOf(ChannelUri.parse(resolved).get(CommonContext.ENDPOINT_PARAM_NAME));
        final int port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
        if (port != 0) {
            listeningNs = System.nanoTime();
            endpoint.complete(new StreamEndpoint(settings.bindHost(), port, STREAM_ID, sessionId));
        }
    }

    private int receive(final Image source) {
        if (source.position() == source.joinPosition()) {
            connectedTo(source);
        }
        final int fragments = source.controlledPoll(fragmentHandler, POLL_FRAGMENTS);
        if (pollError != null) {
            throw new StreamException(failureOf(pollError));
        }
        if (fragments == 0 && !receiver.isEnded()) {
            checkLink(source);
        }
        if (fragments == 0 && (source.isClosed() || source.isEndOfStream()) && !receiver.isEnded()) {
            throw new StreamException(new PeerGone(whyGone(source)));
        }
        return fragments;
    }

    private void checkLink(final Image source) {
        if (connection == null) {
            return;
        }
        final long nowNs = System.nanoTime();
        if (link == null) {
            link = new LinkWatch(
                    connection.monitor().sender(alias), settings.linkTimeout(), source.sourceIdentity(), nowNs);
        }
        link.isSuspended(nowNs);
        suspendedNs = link.suspendedNs();
    }

    private void connectedTo(final Image source) {
        if (connection != null) {
            connection.buffersAllocated();
        }
        if (source.termBufferLength() > settings.termLengthBytes()) {
            throw new StreamException(new BadFrame("term length " + source.termBufferLength() + " bytes: at most "
                    + settings.termLengthBytes() + " are expected"));
        }
    }

    private Action onFragment(final DirectBuffer buffer, final int offset, final int length, final Header header) {
        final FrameReader checks = reader;
        if (checks == null || fate.failure() != null || pollError != null) {
            return Action.ABORT;
        }
        try {
            if (header.flags() != FrameDescriptor.UNFRAGMENTED) {
                throw new BadFrameException("fragment flags 0x" + Integer.toHexString(header.flags() & 0xFF)
                        + ": a whole frame is expected");
            }
            checks.accept(buffer, offset, length);
            return receiver.isEnded() ? Action.BREAK : Action.COMMIT;
        } catch (final Throwable error) { // Aeron would swallow it and go on; also Errors of memory that is gone
            pollError = error;
            return Action.ABORT;
        }
    }

    private void checkAbsence() {
        if (System.nanoTime() - listeningNs > settings.connectTimeout().toNanos()) {
            throw new StreamException(new PeerGone(
                    "no source came within " + settings.connectTimeout().toMillis() + " ms"));
        }
    }

    private String whyGone(final Image source) {
        final String peer = source.sourceIdentity();
        if (source.isPublicationRevoked()) {
            return peer + " cancelled the stream";
        }
        if (source.isEndOfStream()) {
            return peer + " left without an end frame";
        }
        return peer + " fell silent";
    }

    private StreamFailure failureOf(final Throwable error) {
        if (error instanceof StreamException known) {
            return known.failure();
        }
        if (error instanceof BadFrameException bad) {
            return new BadFrame(String.valueOf(bad.getMessage()));
        }
        if (error instanceof AeronException && connection != null) {
            return connection.failureOf(error);
        }
        return new LocalFault("receiving failed: " + error);
    }
}
