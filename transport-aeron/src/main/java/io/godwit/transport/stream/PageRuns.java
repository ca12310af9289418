package io.godwit.transport.stream;

import io.godwit.transport.PageRange;
import io.godwit.transport.PageSource;

/**
 * Makes runs out of ranges: neighbouring pages that are all zero, or all not, become one frame, also across ranges
 * that touch. Looks at each page once.
 */
final class PageRuns {
    private static final int PAGE_SIZE = PageRange.PAGE_SIZE;
    /** 64 MiB: the receiver clears so much in one go without neglecting its link. */
    static final int MAX_ZERO_PAGES = 16_384;

    private final PageSource source;
    private int maxRawPages = 1;

    private long position;
    private long rangeEnd;
    private boolean looked;
    private boolean lookedZero;

    private long address;
    private int pages;
    private boolean zero;
    private boolean complete;

    PageRuns(final PageSource source) {
        this.source = source;
    }

    void maxRawPages(final int limit) {
        maxRawPages = limit;
    }

    /** Whether {@link #add} may be called. */
    boolean wantsRange() {
        return position == rangeEnd;
    }

    void add(final PageRange range) {
        position = range.guestAddress();
        rangeEnd = range.guestAddress() + range.lengthBytes();
    }

    /** Whether a run is ready to be sent. */
    boolean isComplete() {
        return complete;
    }

    /** Goes on until a run is complete or the range is used up. */
    void scan() {
        while (!complete && position < rangeEnd) {
            if (!looked) {
                lookedZero = source.isZero(position, PAGE_SIZE);
                looked = true;
            }
            if (pages > 0 && !extendsRun()) {
                complete = true;
                return;
            }
            take();
        }
    }

    /** Completes the run that is being made; false if there is none. */
    boolean flush() {
        complete = pages > 0;
        return complete;
    }

    void sent() {
        pages = 0;
        complete = false;
    }

    long address() {
        return address;
    }

    int pages() {
        return pages;
    }

    boolean isZero() {
        return zero;
    }

    private boolean extendsRun() {
        return lookedZero == zero && position == address + (long) pages * PAGE_SIZE;
    }

    private void take() {
        if (pages == 0) {
            address = position;
            zero = lookedZero;
        }
        pages++;
        position += PAGE_SIZE;
        looked = false;
        complete = pages >= (zero ? MAX_ZERO_PAGES : maxRawPages);
    }
}
