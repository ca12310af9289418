package io.godwit.migration.delta;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.migration.digest.PageChecksum;
import io.godwit.transport.frame.BadFrameException;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Deltas of neighbouring pages, one behind the other.
 *
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +---------------------------------------------------------------+   0
 *  |   CRC32C of the page's content that the delta was made from   |
 *  +-------------------------------+-------------------------------+   4
 *  |  Length of the delta, L bytes |  Delta, see RunLengthDelta   ...
 *  +-------------------------------+-------------------------------+   6 + L
 *  |  the same for the next page  ...
 * </pre>
 *
 * Little-endian. L is at most 4089, so that a page never takes more room than it would raw. The checksum makes sure
 * that both sides speak of the same content: a delta against anything else is refused, not applied.
 */
public final class DeltaUnit {
    static final int HEADER = 6;
    /** Longest delta of one page. */
    public static final int MAX_DELTA = GuestLayout.PAGE_SIZE - HEADER - 1;

    private static final int LENGTH_OFFSET = 4;

    private DeltaUnit() {}

    /** Writes the header of one page's delta, which already lies behind it. */
    static void header(MutableDirectBuffer unit, int offset, int baseCrc, int deltaLength) {
        unit.putInt(offset, baseCrc, LITTLE_ENDIAN);
        unit.putShort(offset + LENGTH_OFFSET, (short) deltaLength, LITTLE_ENDIAN);
    }

    /**
     * Turns copies of the receiver's pages into the sender's.
     *
     * @param length of the unit, which begins at index 0
     * @throws BadFrameException if the unit is damaged, or was made from other contents
     */
    public static void apply(
            DirectBuffer unit, int length, MutableDirectBuffer pages, int pageCount, PageChecksum checksum) {
        int at = 0;
        for (int page = 0; page < pageCount; page++) {
            if (length - at < HEADER) {
                throw new BadFrameException("delta unit ends at page " + page + ": " + pageCount + " are expected");
            }
            int baseCrc = unit.getInt(at, LITTLE_ENDIAN);
            int deltaLength = unit.getShort(at + LENGTH_OFFSET, LITTLE_ENDIAN) & 0xFFFF;
            at += HEADER;
            if (deltaLength > MAX_DELTA || deltaLength > length - at) {
                throw new BadFrameException("delta length " + deltaLength + " of page " + page + ": at most "
                        + Math.min(MAX_DELTA, length - at) + " is expected");
            }
            int pageOffset = page << GuestLayout.PAGE_SHIFT;
            int held = checksum.of(pages, pageOffset);
            if (held != baseCrc) {
                throw new BadFrameException(String.format(
                        "delta base CRC32C 0x%x of page %d: 0x%x, of what is held here, is expected",
                        baseCrc, page, held));
            }
            RunLengthDelta.apply(unit, at, deltaLength, pages, pageOffset);
            at += deltaLength;
        }
        if (at != length) {
            throw new BadFrameException("delta unit goes on for " + (length - at) + " byte(s) behind page "
                    + (pageCount - 1) + ": its end is expected");
        }
    }
}
