package io.godwit.transport.frame;

import io.godwit.transport.seal.FrameSealer;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Completes frames: around payloads that already lie in a private buffer, such as a claimed piece of a log, or sealed
 * into one. Numbers them; one per lane, used by one thread.
 */
public final class FrameWriter {
    private final FrameHeader header = new FrameHeader();
    private final Checksum checksum = new Checksum();
    private final StreamIdentity identity;
    private final @Nullable FrameSealer sealer;
    private long nextSequence;

    /** Writes plain frames. */
    public FrameWriter(final StreamIdentity identity) {
        this(identity, null);
    }

    /** @param sealer that seals every frame, or null for plain ones */
    public FrameWriter(final StreamIdentity identity, final @Nullable FrameSealer sealer) {
        this.identity = identity;
        this.sealer = sealer;
    }

    public boolean isSealing() {
        return sealer != null;
    }

    /** Bytes that a frame has behind its payload. */
    public int trailerLength() {
        return sealer == null ? 0 : FrameSealer.TAG_LENGTH;
    }

    /** Writes the header at {@code offset}; the payload is already behind it and does not change any more. */
    public void complete(
            final MutableDirectBuffer frame,
            final int offset,
            final FrameKind kind,
            final long address,
            final int pageCount,
            final int payloadLength) {
        complete(frame, offset, kind.code(), (byte) 0, address, pageCount, payloadLength);
    }

    void complete(
            final MutableDirectBuffer frame,
            final int offset,
            final byte kind,
            final byte flags,
            final long address,
            final int pageCount,
            final int payloadLength) {
        if (sealer != null) {
            throw new IllegalStateException("a plain frame in a sealed lane");
        }
        header.wrap(frame, offset);
        header.identity(identity);
        header.content(kind, flags, nextSequence++, address, pageCount, payloadLength);
        checksum.reset();
        checksum.update(
                frame,
                offset + FrameHeader.CHECKED_OFFSET,
                FrameHeader.LENGTH - FrameHeader.CHECKED_OFFSET + payloadLength);
        header.crc(checksum.value());
    }

    /**
     * Writes the header at {@code offset}, and behind it the sealed payload and its tag.
     *
     * @param plain a private copy of the payload, in other memory than {@code frame}
     */
    public void seal(
            final MutableDirectBuffer frame,
            final int offset,
            final FrameKind kind,
            final long address,
            final int pageCount,
            final DirectBuffer plain,
            final int payloadLength) {
        seal(frame, offset, kind.code(), (byte) 0, address, pageCount, plain, payloadLength);
    }

    void seal(
            final MutableDirectBuffer frame,
            final int offset,
            final byte kind,
            final byte flags,
            final long address,
            final int pageCount,
            final DirectBuffer plain,
            final int payloadLength) {
        if (sealer == null) {
            throw new IllegalStateException("a sealed frame in a plain lane");
        }
        final long sequence = nextSequence++;
        final byte allFlags = (byte) (flags | FrameHeader.SEALED);
        header.wrap(frame, offset);
        header.identity(identity);
        header.content(kind, allFlags, sequence, address, pageCount, payloadLength + FrameSealer.TAG_LENGTH);
        header.crc(0);
        sealer.seal(
                sequence,
                frame,
                offset,
                FrameHeader.LENGTH,
                plain,
                0,
                payloadLength,
                frame,
                offset + FrameHeader.LENGTH);
    }
}
