package io.godwit.transport.frame;

import org.agrona.MutableDirectBuffer;

/**
 * Completes frames around payloads that already lie in a private buffer, such as a claimed piece of a log. Numbers
 * them; one per lane, used by one thread.
 */
public final class FrameWriter {
    private final FrameHeader header = new FrameHeader();
    private final Checksum checksum = new Checksum();
    private final StreamIdentity identity;
    private long nextSequence;

    public FrameWriter(final StreamIdentity identity) {
        this.identity = identity;
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
}
