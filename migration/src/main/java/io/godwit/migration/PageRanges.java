package io.godwit.migration;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.PageBitmap;
import io.godwit.transport.PageRange;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.BooleanSupplier;

/**
 * A round's pages as ranges in ascending order. A range ends with its run of set bits, its region, or after
 * a number of pages, {@link #MAX_PAGES} at most.
 */
final class PageRanges implements Iterator<PageRange> {
    /** 1 MiB: the most a lease is asked to copy. */
    static final int MAX_PAGES = 256;

    /** What fills frames well enough. */
    private static final int MIN_PAGES = 16;

    /** About as many ranges wait in a lane; a round that is left sends them all the same, in this time. */
    private static final int RANGES_AHEAD = 64;

    private static final double SECONDS_AHEAD = 0.1;

    private final PageBitmap pages;
    private final GuestLayout layout;
    private final int maxPages;
    private final BooleanSupplier cut;
    private long next;

    /** @param pages not changed while this iterates */
    PageRanges(PageBitmap pages, GuestLayout layout) {
        this(pages, layout, MAX_PAGES, () -> false);
    }

    /**
     * @param maxPages of a range
     * @param cut whether to end before the next range, whatever is left
     */
    PageRanges(PageBitmap pages, GuestLayout layout, int maxPages, BooleanSupplier cut) {
        this.pages = pages;
        this.layout = layout;
        this.maxPages = maxPages;
        this.cut = cut;
        this.next = pages.nextSet(0);
    }

    /** Pages per range, so few that a slow stream does not have seconds of them waiting; 0 for a speed not known. */
    static int pagesFor(double bytesPerSecond) {
        if (bytesPerSecond <= 0) {
            return MAX_PAGES;
        }
        double pages = bytesPerSecond * SECONDS_AHEAD / RANGES_AHEAD / GuestLayout.PAGE_SIZE;
        return (int) Math.max(MIN_PAGES, Math.min(MAX_PAGES, pages));
    }

    @Override
    public boolean hasNext() {
        return next >= 0 && !cut.getAsBoolean();
    }

    @Override
    public PageRange next() {
        if (next < 0) {
            throw new NoSuchElementException();
        }
        long guestAddress = layout.guestAddress(next);
        long end = Math.min(pages.nextClear(next), next + maxPages);
        while (!layout.contains(guestAddress, (end - next) << GuestLayout.PAGE_SHIFT)) {
            end = endOfRegion(next);
        }
        PageRange range = new PageRange(guestAddress, (int) (end - next));
        next = pages.nextSet(end);
        return range;
    }

    /** Clears the pages of all ranges that were handed out; what is left was not. */
    void clearTaken() {
        if (next < 0) {
            pages.clearAll();
            return;
        }
        for (long page = pages.nextSet(0); page >= 0 && page < next; page = pages.nextSet(page + 1)) {
            pages.clear(page);
        }
    }

    private long endOfRegion(long page) {
        return layout.regions().stream()
                .mapToLong(region -> (region.fileOffset() + region.sizeBytes()) >>> GuestLayout.PAGE_SHIFT)
                .filter(end -> end > page)
                .findFirst()
                .orElseThrow();
    }
}
