package io.godwit.transport.stream;

import io.godwit.transport.PageRange;
import io.godwit.transport.frame.BadFrameException;
import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Puts the pieces of one page together in a private buffer, so that memory only ever gets whole pages. */
final class PageAssembler {
    private static final int PAGE_SIZE = PageRange.PAGE_SIZE;

    private final UnsafeBuffer page = new UnsafeBuffer(0, 0);
    private long pageAddress;
    private int filled;

    boolean isEmpty() {
        return filled == 0;
    }

    /** Returns whether the page is now whole. */
    boolean add(final long address, final DirectBuffer piece, final int offset, final int length) {
        if (isEmpty()) {
            pageAddress = address & -PAGE_SIZE;
            ensurePage();
        }
        if (address != pageAddress + filled) {
            throw new BadFrameException("page piece at 0x" + Long.toHexString(address) + ": 0x"
                    + Long.toHexString(pageAddress + filled) + " is expected next");
        }
        page.putBytes(filled, piece, offset, length);
        filled += length;
        return filled == PAGE_SIZE;
    }

    /** Most paths carry whole pages and never need it. */
    private void ensurePage() {
        if (page.capacity() == 0) {
            page.wrap(ByteBuffer.allocateDirect(PAGE_SIZE));
        }
    }

    long pageAddress() {
        return pageAddress;
    }

    /** The whole page, after which the next one may begin. */
    DirectBuffer takePage() {
        filled = 0;
        return page;
    }
}
