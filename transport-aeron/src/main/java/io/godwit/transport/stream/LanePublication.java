package io.godwit.transport.stream;

import io.aeron.ChannelUriStringBuilder;
import io.aeron.CommonContext;
import io.aeron.ExclusivePublication;
import io.aeron.Publication;
import io.aeron.logbuffer.BufferClaim;
import io.aeron.logbuffer.FrameDescriptor;
import io.aeron.protocol.DataHeaderFlyweight;
import io.godwit.transport.StreamEndpoint;
import io.godwit.transport.StreamException;
import io.godwit.transport.StreamFailure.LocalFault;
import io.godwit.transport.StreamFailure.PeerGone;
import io.godwit.transport.driver.LastHeard;
import io.godwit.transport.frame.FrameHeader;
import io.godwit.transport.frame.FrameWriter;
import io.godwit.transport.frame.StreamIdentity;
import io.godwit.transport.seal.FrameSealer;
import io.godwit.transport.seal.StreamSecret;
import java.nio.ByteBuffer;
import org.agrona.BitUtil;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A lane's publication: claims room for one frame, has the payload copied straight into it, completes the header over
 * that copy and commits. In a sealed lane the payload is copied into private memory and sealed from there into the claim.
 */
final class LanePublication {
    /** A lane connects once: after a silence that was too long its stream fails. */
    static final int FIRST_ATTEMPT = 0;

    private final ExclusivePublication publication;
    private final BufferClaim claim = new BufferClaim();
    private final FrameWriter writer;
    private final UnsafeBuffer plain;
    private final String peer;
    private final LastHeard heard;

    LanePublication(final DriverConnection connection, final OutgoingSettings settings, final int mtu, final int lane) {
        final StreamEndpoint endpoint = settings.endpoints().get(lane);
        final String channel = new ChannelUriStringBuilder()
                .media(CommonContext.UDP_MEDIA)
                .endpoint(endpoint.hostAndPort())
                .sessionId(endpoint.sessionId())
                .termLength(settings.termLengthBytes())
                .mtu(mtu)
                .sparse(false)
                .build();
        this.publication = connection.aeron().addExclusivePublication(channel, endpoint.streamId());
        final StreamSecret secret = settings.secret();
        this.writer = new FrameWriter(
                new StreamIdentity(
                        settings.migrationId(), lane, settings.endpoints().size()),
                secret == null ? null : new FrameSealer(secret, settings.migrationId(), lane, FIRST_ATTEMPT));
        this.plain = new UnsafeBuffer(ByteBuffer.allocateDirect(secret == null ? 0 : maxPayload()));
        this.peer = endpoint.hostAndPort();
        this.heard = connection.monitor().receiver(publication.registrationId());
        connection.buffersAllocated();
    }

    /** Bytes that fit behind our header into one fragment. */
    int maxPayload() {
        return publication.maxPayloadLength() - FrameHeader.LENGTH - writer.trailerLength();
    }

    boolean isConnected() {
        return publication.isConnected();
    }

    /** What the driver hears of the target. */
    LastHeard heard() {
        return heard;
    }

    /** Whether the target has consumed everything that was sent, or is not there any more. */
    boolean isConsumed() {
        return heard.consumedPosition() >= publication.position() || !publication.isConnected();
    }

    long position() {
        return publication.position();
    }

    /** What a frame takes of the stream: Aeron's header, ours, the payload, and the padding behind it. */
    int wireBytes(final NextFrame frame) {
        return BitUtil.align(DataHeaderFlyweight.HEADER_LENGTH + length(frame), FrameDescriptor.FRAME_ALIGNMENT);
    }

    /**
     * Sends the frame if there is room for it.
     *
     * @return its bytes on the wire, or 0 if it has to wait
     * @throws StreamException if it can never be sent
     */
    int trySend(final NextFrame frame) {
        final long result = publication.tryClaim(length(frame), claim);
        if (result > 0) {
            fill(frame);
            return wireBytes(frame);
        }
        if (result == Publication.BACK_PRESSURED || result == Publication.ADMIN_ACTION) {
            return 0;
        }
        if (result == Publication.NOT_CONNECTED) {
            throw new StreamException(new PeerGone(peer + " is no longer connected"));
        }
        throw new StreamException(new LocalFault("publication to " + peer + ": " + Publication.errorString(result)));
    }

    private int length(final NextFrame frame) {
        return FrameHeader.LENGTH + frame.payloadLength() + writer.trailerLength();
    }

    boolean isSealing() {
        return writer.isSealing();
    }

    /** Lets the driver send what was accepted, then end the stream. */
    void finish() {
        publication.close();
    }

    /** Ends the stream at once, at the other end too. */
    void revoke() {
        publication.revoke();
    }

    private void fill(final NextFrame frame) {
        boolean filled = false;
        try {
            if (writer.isSealing()) {
                sealInto(frame);
            } else {
                completeIn(frame);
            }
            filled = true;
        } finally {
            if (filled) {
                claim.commit();
            } else {
                claim.abort(); // memory that is gone raises an Error; the log must not stay blocked
            }
        }
    }

    private void completeIn(final NextFrame frame) {
        frame.writePayload(claim.buffer(), claim.offset() + FrameHeader.LENGTH);
        writer.complete(
                claim.buffer(),
                claim.offset(),
                frame.kind(),
                frame.address(),
                frame.pageCount(),
                frame.payloadLength());
    }

    private void sealInto(final NextFrame frame) {
        frame.writePayload(plain, 0);
        writer.seal(
                claim.buffer(),
                claim.offset(),
                frame.kind(),
                frame.address(),
                frame.pageCount(),
                plain,
                frame.payloadLength());
    }
}
