package io.godwit.transport.codec;

import io.godwit.transport.frame.BadFrameException;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** Decodes what one lane receives, into private memory. Used by that lane's thread alone, which also closes it. */
public interface PageDecoder extends AutoCloseable {
    /**
     * Fills exactly {@code pageCount} pages.
     *
     * @param unit the whole unit, from index 0, in direct memory
     * @param pages room for {@link EncodedUnit#MAX_PAGES} pages, in direct memory; its content after a failure is
     *     undefined, behind the pages it never changes
     * @throws BadFrameException if the method is unknown, or the unit is damaged or holds more or less than the pages
     */
    void decompress(int method, DirectBuffer unit, int unitLength, MutableDirectBuffer pages, int pageCount);

    /**
     * Turns the pages that the receiver holds into those that the sender has.
     *
     * @param pages what the receiver holds, a copy; then what it shall hold
     * @throws BadFrameException if the unit is damaged, or was made against other pages
     */
    void applyDelta(DirectBuffer unit, int unitLength, MutableDirectBuffer pages, int pageCount);

    @Override
    void close();
}
