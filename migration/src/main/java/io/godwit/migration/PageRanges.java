package io.godwit.migration;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.PageBitmap;
import io.godwit.transport.PageRange;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.BooleanSupplier;

/**
 * A round's pages as ranges in ascending order. A range ends with its run of set bits, its region, or after
 * {@link #MAX_PAGES}.
 */
final class PageRanges implements Iterator<PageRange> {
    /** 1 MiB: the most a lease is asked to copy. */
    static final int MAX_PAGES = 256;

    private final PageBitmap pages;
    private final GuestLayout layout;
    private final BooleanSupplier cut;
    private long next;

    /** @param pages not changed while this iterates */
    PageRanges(PageBitmap pages, GuestLayout layout) {
        this(pages, layout, () -> false);
    }

    /** @param cut whether to end before the next range, whatever is left */
    PageRanges(PageBitmap pages, GuestLayout layout, BooleanSupplier cut) {
        this.pages = pages;
        this.layout = layout;
        this.cut = cut;
        this.next = pages.nextSet(0);
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
        long end = Math.min(pages.nextClear(next), next + MAX_PAGES);
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
