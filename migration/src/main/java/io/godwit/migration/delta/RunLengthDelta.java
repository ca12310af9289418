package io.godwit.migration.delta;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.transport.frame.BadFrameException;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The difference between two contents of one page, as runs: so many bytes are unchanged, so many follow new. The idea
 * is QEMU's XBZRLE; the format is our own.
 *
 * <pre>
 * delta  = *( unchanged changed bytes )
 * unchanged ; ULEB128, bytes to leave as they are: 0 or more in the first run, 1 or more in later ones
 * changed   ; ULEB128, bytes to replace: 1 or more
 * bytes     ; so many, the page's new content
 * </pre>
 *
 * What the runs do not reach is unchanged, so the delta of equal pages is empty. ULEB128 numbers (DWARF 5, 7.6) take one
 * or two bytes here, the shorter form where there is a choice. A run of changes may include unchanged bytes: the
 * encoder ends it only at eight of them in one aligned word.
 */
public final class RunLengthDelta {
    static final int PAGE = GuestLayout.PAGE_SIZE;

    private static final int WORD = Long.BYTES;
    private static final int SHORT_NUMBER_LIMIT = 0x80;

    private RunLengthDelta() {}

    /**
     * Encodes one page.
     *
     * @param limit most bytes to write
     * @return bytes written, 0 for equal pages, or -1 if there would be more than {@code limit}
     */
    public static int encode(
            DirectBuffer old,
            int oldOffset,
            DirectBuffer fresh,
            int freshOffset,
            MutableDirectBuffer target,
            int targetOffset,
            int limit) {
        int written = 0;
        int reached = 0;
        for (int word = nextChange(old, oldOffset, fresh, freshOffset, 0); word < PAGE; ) {
            long change = change(old, oldOffset, fresh, freshOffset, word);
            int begin = word + (Long.numberOfTrailingZeros(change) >>> 3);
            long following = 0;
            int next = word + WORD;
            while (next < PAGE && (following = change(old, oldOffset, fresh, freshOffset, next)) != 0) {
                change = following;
                next += WORD;
            }
            int end = next - (Long.numberOfLeadingZeros(change) >>> 3);
            int length = numberLength(begin - reached) + numberLength(end - begin) + end - begin;
            if (length > limit - written) {
                return -1;
            }
            int at = putNumber(target, targetOffset + written, begin - reached);
            at = putNumber(target, at, end - begin);
            target.putBytes(at, fresh, freshOffset + begin, end - begin);
            written += length;
            reached = end;
            word = nextChange(old, oldOffset, fresh, freshOffset, next);
        }
        return written;
    }

    /**
     * Turns the old content into the new one, in place.
     *
     * @throws BadFrameException if the runs are not what {@link #encode} writes; the page is then half changed
     */
    public static void apply(DirectBuffer delta, int offset, int length, MutableDirectBuffer page, int pageOffset) {
        int end = offset + length;
        int at = offset;
        int reached = 0;
        while (at < end) {
            int unchanged = number(delta, at, end, "unchanged bytes");
            at += numberLength(unchanged);
            int changed = number(delta, at, end, "changed bytes");
            at += numberLength(changed);
            if (changed == 0 || (unchanged == 0 && reached > 0)) {
                throw new BadFrameException("delta run of " + unchanged + " unchanged and " + changed
                        + " changed bytes at byte " + reached + " of the page: at least 1 of each is expected");
            }
            if (changed > PAGE - reached - unchanged) {
                throw new BadFrameException("delta run of " + unchanged + " unchanged and " + changed
                        + " changed bytes at byte " + reached + " of the page: at most " + (PAGE - reached)
                        + " are expected");
            }
            if (changed > end - at) {
                throw new BadFrameException(
                        "delta run of " + changed + " changed bytes: " + (end - at) + " follow, all are expected");
            }
            page.putBytes(pageOffset + reached + unchanged, delta, at, changed);
            reached += unchanged + changed;
            at += changed;
        }
    }

    private static int nextChange(DirectBuffer old, int oldOffset, DirectBuffer fresh, int freshOffset, int from) {
        int word = from;
        while (word < PAGE && change(old, oldOffset, fresh, freshOffset, word) == 0) {
            word += WORD;
        }
        return word;
    }

    private static long change(DirectBuffer old, int oldOffset, DirectBuffer fresh, int freshOffset, int word) {
        return old.getLong(oldOffset + word, LITTLE_ENDIAN) ^ fresh.getLong(freshOffset + word, LITTLE_ENDIAN);
    }

    private static int numberLength(int value) {
        return value < SHORT_NUMBER_LIMIT ? 1 : 2;
    }

    private static int putNumber(MutableDirectBuffer target, int at, int value) {
        if (value < SHORT_NUMBER_LIMIT) {
            target.putByte(at, (byte) value);
            return at + 1;
        }
        target.putByte(at, (byte) (value | 0x80));
        target.putByte(at + 1, (byte) (value >>> 7));
        return at + 2;
    }

    private static int number(DirectBuffer delta, int at, int end, String what) {
        if (at >= end) {
            throw new BadFrameException("delta ends before the number of " + what + ": one is expected");
        }
        int low = delta.getByte(at) & 0xFF;
        if (low < SHORT_NUMBER_LIMIT) {
            return low;
        }
        if (at + 1 >= end) {
            throw new BadFrameException("delta ends within the number of " + what + ": its second byte is expected");
        }
        int high = delta.getByte(at + 1) & 0xFF;
        if (high == 0 || high > PAGE >>> 7) {
            throw new BadFrameException("delta number of " + what + " with second byte " + high + ": 1 to "
                    + (PAGE >>> 7) + " is expected");
        }
        return (low & 0x7F) | (high << 7);
    }
}
