package io.godwit.transport.codec;

import org.agrona.DirectBuffer;

/**
 * Encodes what one lane sends. Used by that lane's thread alone, which also closes it. An encoder may remember what it
 * was given: everything it returns is sent, in that order, or the stream ends.
 *
 * <pre>
 * begin, next until false, begin, next ..., zeroSent, roundEnded, begin, ..., close
 * </pre>
 */
public interface PageEncoder extends AutoCloseable {
    /** Pages of a run to give at once, 1 to {@link EncodedUnit#MAX_PAGES}. */
    int batchPages();

    /**
     * Takes a run of neighbouring pages.
     *
     * @param pages a private copy in direct memory, unchanged until {@link #next()} returned false
     * @param pageCount 1 to {@link #batchPages()}
     * @param linkIsIdle whether nothing sent since the last run had to wait: the link would take more than this lane makes
     */
    void begin(long guestAddress, DirectBuffer pages, int pageCount, boolean linkIsIdle);

    /** Makes the next unit of the run, in ascending order; false when all pages were given out. */
    boolean next();

    /** What {@link #next()} made. */
    EncodedUnit unit();

    /** These pages are sent as zero pages, without being asked for. */
    void zeroSent(long guestAddress, int pageCount);

    /** All pages of a round were given out. */
    void roundEnded();

    /** Figures so far; other threads may read them too. */
    CodecCounters counters();

    @Override
    void close();
}
