package io.godwit.transport.stream;

import io.godwit.transport.PageRange;
import io.godwit.transport.PageSink;
import io.godwit.transport.PageSource;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** A few pages to send to oneself: random ones and zero ones, in long runs and short ones. */
final class RehearsalMemory implements PageSource, PageSink {
    private static final int PAGE_SIZE = PageRange.PAGE_SIZE;
    private static final int PAGES = 512;
    private static final int ZERO_EVERY = 8;

    private final UnsafeBuffer memory = new UnsafeBuffer(ByteBuffer.allocateDirect(PAGES * PAGE_SIZE));

    void fill(final SplittableRandom random) {
        for (int page = 0; page < PAGES; page++) {
            if (page % ZERO_EVERY != 0) {
                for (int at = 0; at < PAGE_SIZE; at += Long.BYTES) {
                    memory.putLong(page * PAGE_SIZE + at, random.nextLong());
                }
            }
        }
    }

    /** All pages one by one, then all of them at once. */
    static List<PageRange> ranges() {
        final List<PageRange> ranges = new ArrayList<>(PAGES + 1);
        for (int page = PAGES - 1; page >= 0; page--) {
            ranges.add(new PageRange((long) page * PAGE_SIZE, 1));
        }
        ranges.add(new PageRange(0, PAGES));
        return ranges;
    }

    @Override
    public void read(final long guestAddress, final MutableDirectBuffer target, final int offset, final int length) {
        target.putBytes(offset, memory, (int) guestAddress, length);
    }

    @Override
    public boolean isZero(final long guestAddress, final int length) {
        final int from = (int) guestAddress;
        for (int at = from; at < from + length; at += Long.BYTES) {
            if (memory.getLong(at) != 0) {
                return false;
            }
        }
        return true;
    }

    @Override
    public boolean contains(final long guestAddress, final long lengthBytes) {
        return guestAddress >= 0 && lengthBytes <= memory.capacity() - guestAddress;
    }

    @Override
    public void write(final long guestAddress, final DirectBuffer source, final int offset, final int length) {
        memory.putBytes((int) guestAddress, source, offset, length);
    }

    @Override
    public void zero(final long guestAddress, final long lengthBytes) {
        memory.setMemory((int) guestAddress, (int) lengthBytes, (byte) 0);
    }
}
