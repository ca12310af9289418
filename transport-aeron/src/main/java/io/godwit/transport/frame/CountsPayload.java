package io.godwit.transport.frame;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The payload of a round end and of an end.
 *
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +---------------------------------------------------------------+   0
 *  |    Round end: number of the round; end: number of rounds      |
 *  |                                                               |
 *  +---------------------------------------------------------------+   8
 *  |       Pages sent with their bytes in this lane, so far        |
 *  |                                                               |
 *  +---------------------------------------------------------------+  16
 *  |        Pages sent as zero runs in this lane, so far           |
 *  |                                                               |
 *  +---------------------------------------------------------------+  24
 * </pre>
 *
 * Little-endian.
 */
public final class CountsPayload {
    public static final int LENGTH = 24;

    private static final int ROUND_OFFSET = 0;
    private static final int NORMAL_OFFSET = 8;
    private static final int ZERO_OFFSET = 16;

    private CountsPayload() {}

    public static void encode(
            final MutableDirectBuffer buffer,
            final int offset,
            final long round,
            final long normalPages,
            final long zeroPages) {
        buffer.putLong(offset + ROUND_OFFSET, round, LITTLE_ENDIAN);
        buffer.putLong(offset + NORMAL_OFFSET, normalPages, LITTLE_ENDIAN);
        buffer.putLong(offset + ZERO_OFFSET, zeroPages, LITTLE_ENDIAN);
    }

    static long round(final DirectBuffer buffer, final int offset) {
        return buffer.getLong(offset + ROUND_OFFSET, LITTLE_ENDIAN);
    }

    static long normalPages(final DirectBuffer buffer, final int offset) {
        return buffer.getLong(offset + NORMAL_OFFSET, LITTLE_ENDIAN);
    }

    static long zeroPages(final DirectBuffer buffer, final int offset) {
        return buffer.getLong(offset + ZERO_OFFSET, LITTLE_ENDIAN);
    }
}
