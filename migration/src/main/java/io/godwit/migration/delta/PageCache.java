package io.godwit.migration.delta;

import io.godwit.kvm.memory.GuestLayout;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.agrona.BufferUtil;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Contents of the pages that one lane sent last, as they were sent: sets of four places, found by a mix of the page's
 * number. A newcomer takes an empty place or the one used longest ago, but none that was used in this round or the one
 * before: a working set larger than the cache would otherwise push itself out. Used by one thread; memory is outside
 * the heap and given back on close.
 */
public final class PageCache implements AutoCloseable {
    /** Not in the cache. */
    static final int MISS = -1;

    private static final int WAYS = 4;
    private static final int KEPT_ROUNDS = 2;
    private static final int MAX_PAGES = 1 << 18; // 1 GiB, below what one buffer can hold
    private static final long EMPTY = -1;

    private final long[] pages;
    private final int[] usedInRound;
    private final UnsafeBuffer contents;
    private final int setMask;

    /** @param capacityPages a power of two, {@value #WAYS} to 262,144 (1 GiB) */
    public PageCache(int capacityPages) {
        if (Integer.bitCount(capacityPages) != 1 || capacityPages < WAYS || capacityPages > MAX_PAGES) {
            throw new IllegalArgumentException("cache of " + capacityPages + " pages: a power of two from " + WAYS
                    + " to " + MAX_PAGES + " is expected");
        }
        pages = new long[capacityPages];
        Arrays.fill(pages, EMPTY);
        usedInRound = new int[capacityPages];
        contents = new UnsafeBuffer(ByteBuffer.allocateDirect(capacityPages << GuestLayout.PAGE_SHIFT));
        setMask = capacityPages / WAYS - 1;
    }

    /** The largest capacity of no more than {@code bytes}; at least one set, at most 1 GiB. */
    public static int capacityPages(long bytes) {
        long pages = Math.max(WAYS, Math.min(MAX_PAGES, bytes >>> GuestLayout.PAGE_SHIFT));
        return (int) Long.highestOneBit(pages);
    }

    public long capacityBytes() {
        return contents.capacity();
    }

    /** Where the page is, or {@link #MISS}; a hit counts as a use in {@code round}. */
    int find(long page, int round) {
        int first = firstPlace(page);
        for (int place = first; place < first + WAYS; place++) {
            if (pages[place] == page) {
                usedInRound[place] = round;
                return place;
            }
        }
        return MISS;
    }

    /** Remembers a page that is not in the cache, if there is a place for it. */
    void add(long page, int round, DirectBuffer content, int offset) {
        int first = firstPlace(page);
        int oldest = first;
        for (int place = first; place < first + WAYS; place++) {
            if (pages[place] == EMPTY) {
                oldest = place;
                break;
            }
            oldest = usedInRound[place] < usedInRound[oldest] ? place : oldest;
        }
        if (pages[oldest] != EMPTY && round - usedInRound[oldest] < KEPT_ROUNDS) {
            return;
        }
        pages[oldest] = page;
        usedInRound[oldest] = round;
        replace(oldest, content, offset);
    }

    void replace(int place, DirectBuffer content, int offset) {
        contents.putBytes(offsetOf(place), content, offset, GuestLayout.PAGE_SIZE);
    }

    void forget(long page) {
        int first = firstPlace(page);
        for (int place = first; place < first + WAYS; place++) {
            if (pages[place] == page) {
                pages[place] = EMPTY;
                return;
            }
        }
    }

    /** Forgets a range of any length: by looking each page up, or each place, whatever is less. */
    void forget(long firstPage, long count) {
        if (count <= pages.length) {
            for (long page = firstPage; page < firstPage + count; page++) {
                forget(page);
            }
            return;
        }
        for (int place = 0; place < pages.length; place++) {
            if (pages[place] >= firstPage && pages[place] - firstPage < count) {
                pages[place] = EMPTY;
            }
        }
    }

    DirectBuffer contents() {
        return contents;
    }

    int offsetOf(int place) {
        return place << GuestLayout.PAGE_SHIFT;
    }

    private int firstPlace(long page) {
        long mixed = page * 0x9E37_79B9_7F4A_7C15L;
        return ((int) (mixed >>> 32) & setMask) * WAYS;
    }

    @Override
    public void close() {
        ByteBuffer bytes = contents.byteBuffer();
        if (bytes != null) {
            contents.wrap(0, 0);
            BufferUtil.free(bytes);
        }
    }
}
