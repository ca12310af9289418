package io.godwit.transport.frame;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The header of every frame of a page stream; a frame is one Aeron fragment, never more.
 *
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-------------------------------+-------------------------------+   0
 *  |                 Magic, "GDWT" in this order                   |
 *  +---------------------------------------------------------------+   4
 *  |           CRC32C of all that follows, payload included        |
 *  +-------------------------------+---------------+---------------+   8
 *  |       Protocol version        |     Kind      |   Flags   |S|O|
 *  +-------------------------------+---------------+---------------+  12
 *  |             Lane              |          Lane count           |
 *  +-------------------------------+-------------------------------+  16
 *  |                         Migration id                          |
 *  |                (RFC 9562, high half then low half)            |
 *  |                                                               |
 *  |                                                               |
 *  +---------------------------------------------------------------+  32
 *  |                 Sequence, from 0 in each lane                 |
 *  |                                                               |
 *  +---------------------------------------------------------------+  40
 *  |                         Guest address                         |
 *  |                                                               |
 *  +---------------------------------------------------------------+  48
 *  |                          Page count                           |
 *  +---------------------------------------------------------------+  52
 *  |                    Payload length in bytes                    |
 *  +---------------------------------------------------------------+  56
 *  |                            Payload                           ...
 * </pre>
 *
 * Little-endian. O: a receiver that does not know the kind skips the frame; without it, it fails. S: the frame is sealed.
 * The other flags are zero. Address and page count mean what {@link FrameKind} says.
 *
 * <p>A sealed frame has a CRC32C of 0. Its payload is encrypted with AES-256-GCM and followed by a tag of 16 bytes, which
 * the payload length includes; the tag also covers the header as it is. Key and nonce: {@link
 * io.godwit.transport.seal.LaneKey}, {@link io.godwit.transport.seal.FrameSealer}.
 */
public final class FrameHeader {
    public static final int LENGTH = 56;
    public static final int MAGIC = 0x5457_4447; // the bytes 'G' 'D' 'W' 'T'
    public static final short VERSION = 1;
    public static final byte OPTIONAL = 1;
    public static final byte SEALED = 2;

    static final int MAGIC_OFFSET = 0;
    static final int CRC_OFFSET = 4;
    /** The checksum covers everything from here; the magic before it has only one value anyway. */
    static final int CHECKED_OFFSET = 8;

    static final int VERSION_OFFSET = 8;
    static final int KIND_OFFSET = 10;
    static final int FLAGS_OFFSET = 11;
    static final int LANE_OFFSET = 12;
    static final int LANE_COUNT_OFFSET = 14;
    static final int MIGRATION_HIGH_OFFSET = 16;
    static final int MIGRATION_LOW_OFFSET = 24;
    static final int SEQUENCE_OFFSET = 32;
    static final int ADDRESS_OFFSET = 40;
    static final int PAGE_COUNT_OFFSET = 48;
    static final int PAYLOAD_LENGTH_OFFSET = 52;

    private final UnsafeBuffer buffer = new UnsafeBuffer(0, 0);

    public FrameHeader wrap(final DirectBuffer frame, final int offset) {
        buffer.wrap(frame, offset, LENGTH);
        return this;
    }

    /** Copies the header out of {@code frame}, so that what is checked is what is used. */
    void copyFrom(final DirectBuffer frame, final int offset) {
        buffer.putBytes(0, frame, offset, LENGTH);
    }

    /** Writes what is the same in every frame of a lane. */
    void identity(final StreamIdentity identity) {
        buffer.putInt(MAGIC_OFFSET, MAGIC, LITTLE_ENDIAN);
        buffer.putShort(VERSION_OFFSET, (short) identity.version(), LITTLE_ENDIAN);
        buffer.putShort(LANE_OFFSET, (short) identity.lane(), LITTLE_ENDIAN);
        buffer.putShort(LANE_COUNT_OFFSET, (short) identity.laneCount(), LITTLE_ENDIAN);
        buffer.putLong(MIGRATION_HIGH_OFFSET, identity.migrationId().getMostSignificantBits(), LITTLE_ENDIAN);
        buffer.putLong(MIGRATION_LOW_OFFSET, identity.migrationId().getLeastSignificantBits(), LITTLE_ENDIAN);
    }

    /** Writes what differs, but for the checksum. */
    void content(
            final byte kind,
            final byte flags,
            final long sequence,
            final long address,
            final int pageCount,
            final int payloadLength) {
        buffer.putByte(KIND_OFFSET, kind);
        buffer.putByte(FLAGS_OFFSET, flags);
        buffer.putLong(SEQUENCE_OFFSET, sequence, LITTLE_ENDIAN);
        buffer.putLong(ADDRESS_OFFSET, address, LITTLE_ENDIAN);
        buffer.putInt(PAGE_COUNT_OFFSET, pageCount, LITTLE_ENDIAN);
        buffer.putInt(PAYLOAD_LENGTH_OFFSET, payloadLength, LITTLE_ENDIAN);
    }

    void crc(final int crc) {
        buffer.putInt(CRC_OFFSET, crc, LITTLE_ENDIAN);
    }

    int magic() {
        return buffer.getInt(MAGIC_OFFSET, LITTLE_ENDIAN);
    }

    int crc() {
        return buffer.getInt(CRC_OFFSET, LITTLE_ENDIAN);
    }

    int version() {
        return buffer.getShort(VERSION_OFFSET, LITTLE_ENDIAN) & 0xFFFF;
    }

    byte kind() {
        return buffer.getByte(KIND_OFFSET);
    }

    byte flags() {
        return buffer.getByte(FLAGS_OFFSET);
    }

    int lane() {
        return buffer.getShort(LANE_OFFSET, LITTLE_ENDIAN) & 0xFFFF;
    }

    int laneCount() {
        return buffer.getShort(LANE_COUNT_OFFSET, LITTLE_ENDIAN) & 0xFFFF;
    }

    long migrationHigh() {
        return buffer.getLong(MIGRATION_HIGH_OFFSET, LITTLE_ENDIAN);
    }

    long migrationLow() {
        return buffer.getLong(MIGRATION_LOW_OFFSET, LITTLE_ENDIAN);
    }

    long sequence() {
        return buffer.getLong(SEQUENCE_OFFSET, LITTLE_ENDIAN);
    }

    long address() {
        return buffer.getLong(ADDRESS_OFFSET, LITTLE_ENDIAN);
    }

    int pageCount() {
        return buffer.getInt(PAGE_COUNT_OFFSET, LITTLE_ENDIAN);
    }

    int payloadLength() {
        return buffer.getInt(PAYLOAD_LENGTH_OFFSET, LITTLE_ENDIAN);
    }
}
