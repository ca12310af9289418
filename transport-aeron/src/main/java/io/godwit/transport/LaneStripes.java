package io.godwit.transport;

/**
 * Which lane carries which page. Guest-physical memory is cut into stripes of 1 MiB which the lanes take in turn, so
 * every copy of a page travels in the same lane: a later one never overtakes an earlier one, and rounds need no
 * barrier. Whoever keeps books by page may keep one book a lane, without locks: no two lanes ever share 64 pages that
 * begin at a multiple of 64, a word of a bitmap.
 *
 * <p>1 MiB holds 17 frames of 15 pages and a rest of one; with 256 KiB every fifth frame would be a short one. A hot
 * set of a few MiB still meets every lane.
 *
 * @param lanes of the stream, 1 to 16
 */
public record LaneStripes(int lanes) {
    public static final int MAX_LANES = 16;
    public static final long STRIPE_BYTES = 1 << 20;

    private static final int STRIPE_SHIFT = 20;

    public LaneStripes {
        if (lanes < 1 || lanes > MAX_LANES) {
            throw new IllegalArgumentException("lanes " + lanes + ": 1 to " + MAX_LANES + " are expected");
        }
    }

    /** The lane of the page that holds this address. */
    public int laneOf(final long guestAddress) {
        return lanes == 1 ? 0 : (int) ((guestAddress >>> STRIPE_SHIFT) % lanes);
    }

    /** Where the range from {@code guestAddress} to {@code end} first meets another lane, or {@code end}. */
    public long cut(final long guestAddress, final long end) {
        return lanes == 1 ? end : Math.min(end, (guestAddress | (STRIPE_BYTES - 1)) + 1);
    }

    /** Whether all of a range, which is not empty and does not wrap, belongs to the lane. */
    public boolean owns(final int lane, final long guestAddress, final long lengthBytes) {
        return laneOf(guestAddress) == lane
                && (lanes == 1 || guestAddress >>> STRIPE_SHIFT == (guestAddress + lengthBytes - 1) >>> STRIPE_SHIFT);
    }
}
