package io.godwit.transport.frame;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The payload of a compressed batch and of an XOR delta: a part of a unit that may be longer than a frame. All parts of a
 * unit carry its address, page count, method and length; they follow each other from its first byte to its last, nothing
 * between them.
 *
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +---------------+-----------------------------------------------+   0
 *  |    Method     |                     Zero                      |
 *  +---------------+-----------------------------------------------+   4
 *  |                 Length of the unit in bytes                   |
 *  +---------------------------------------------------------------+   8
 *  |              Offset of this part within the unit              |
 *  +---------------------------------------------------------------+  12
 *  |                       Bytes of the unit                      ...
 * </pre>
 *
 * Little-endian. Method: 1 raw deflate (RFC 1951), 2 Zstandard (RFC 8878); 0 for an XOR delta.
 */
public final class EncodedPart {
    public static final int HEADER_LENGTH = 12;
    /** Most pages of one unit: what a receiver keeps room for. */
    public static final int MAX_PAGES = 64;

    private static final int METHOD_OFFSET = 0;
    private static final int UNIT_LENGTH_OFFSET = 4;
    private static final int UNIT_OFFSET_OFFSET = 8;
    private static final int METHOD_MASK = 0xFF;

    private EncodedPart() {}

    /** Writes what stands before the bytes. */
    public static void encode(
            final MutableDirectBuffer buffer,
            final int offset,
            final int method,
            final int unitLength,
            final int unitOffset) {
        buffer.putInt(offset + METHOD_OFFSET, method & METHOD_MASK, LITTLE_ENDIAN);
        buffer.putInt(offset + UNIT_LENGTH_OFFSET, unitLength, LITTLE_ENDIAN);
        buffer.putInt(offset + UNIT_OFFSET_OFFSET, unitOffset, LITTLE_ENDIAN);
    }

    /** Method and the zero bytes behind it: more than 255 where these are not zero, or negative. */
    static int method(final DirectBuffer buffer, final int offset) {
        return buffer.getInt(offset + METHOD_OFFSET, LITTLE_ENDIAN);
    }

    static int unitLength(final DirectBuffer buffer, final int offset) {
        return buffer.getInt(offset + UNIT_LENGTH_OFFSET, LITTLE_ENDIAN);
    }

    static int unitOffset(final DirectBuffer buffer, final int offset) {
        return buffer.getInt(offset + UNIT_OFFSET_OFFSET, LITTLE_ENDIAN);
    }
}
