package io.godwit.kvm.memory;

/**
 * A set of guest pages by their dense number (see {@link GuestLayout}), one bit each. Not thread-safe.
 *
 * <p>{@code java.util.BitSet} would do, but its words cannot be ORed from KVM's log without an allocation per harvest.
 */
public final class PageBitmap {
    private final long[] words;
    private final long pageCount;

    public PageBitmap(long pageCount) {
        if (pageCount < 0 || pageCount > (1L << 36)) {
            throw new IllegalArgumentException("page count " + pageCount + " is not between 0 and 2^36");
        }
        this.pageCount = pageCount;
        this.words = new long[Math.toIntExact((pageCount + 63) >>> 6)];
    }

    public long pageCount() {
        return pageCount;
    }

    public void set(long page) {
        check(page);
        words[(int) (page >>> 6)] |= 1L << page;
    }

    public void clear(long page) {
        check(page);
        words[(int) (page >>> 6)] &= ~(1L << page);
    }

    public boolean get(long page) {
        check(page);
        return (words[(int) (page >>> 6)] & (1L << page)) != 0;
    }

    public void setAll() {
        java.util.Arrays.fill(words, -1L);
        if ((pageCount & 63) != 0) {
            words[words.length - 1] = -1L >>> -pageCount;
        }
    }

    public void clearAll() {
        java.util.Arrays.fill(words, 0);
    }

    public void or(PageBitmap other) {
        if (other.pageCount != pageCount) {
            throw new IllegalArgumentException("sets of " + pageCount + " and " + other.pageCount + " pages");
        }
        for (int i = 0; i < words.length; i++) {
            words[i] |= other.words[i];
        }
    }

    /** ORs 64 pages at once; {@code firstPage} is a multiple of 64. Bits past the last page must be clear. */
    public void orWord(long firstPage, long bits) {
        if (bits == 0) {
            return;
        }
        if ((firstPage & 63) != 0) {
            throw new IllegalArgumentException("page " + firstPage + " is not a multiple of 64");
        }
        check(firstPage + 63 - Long.numberOfLeadingZeros(bits));
        words[(int) (firstPage >>> 6)] |= bits;
    }

    public long cardinality() {
        long count = 0;
        for (long word : words) {
            count += Long.bitCount(word);
        }
        return count;
    }

    public boolean isEmpty() {
        for (long word : words) {
            if (word != 0) {
                return false;
            }
        }
        return true;
    }

    /** The first set page at or after {@code from}, or -1. */
    public long nextSet(long from) {
        return next(from, 0L);
    }

    /** The first clear page at or after {@code from}; {@link #pageCount()} when all the rest are set. */
    public long nextClear(long from) {
        long found = next(from, -1L);
        return found < 0 ? pageCount : found;
    }

    private long next(long from, long flip) {
        if (from >= pageCount) {
            return -1;
        }
        int index = (int) (from >>> 6);
        long word = (words[index] ^ flip) & (-1L << from);
        while (word == 0) {
            if (++index == words.length) {
                return -1;
            }
            word = words[index] ^ flip;
        }
        long page = ((long) index << 6) + Long.numberOfTrailingZeros(word);
        return page < pageCount ? page : -1;
    }

    private void check(long page) {
        if (page < 0 || page >= pageCount) {
            throw new IndexOutOfBoundsException("page " + page + " of " + pageCount);
        }
    }
}
