package io.godwit.transport.stream;

import io.godwit.transport.PageRange;
import io.godwit.transport.PageSink;
import io.godwit.transport.PageSource;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Off-heap memory at a guest base address, with guards on both sides that nobody may touch. */
final class TestMemory implements PageSource, PageSink {
    static final int PAGE = PageRange.PAGE_SIZE;
    private static final byte GUARD = 0x5A;

    final long base;
    final int pages;
    final UnsafeBuffer bytes;
    final AtomicLong writes = new AtomicLong();
    volatile Runnable beforeWrite = () -> {};
    volatile Runnable beforeRead = () -> {};

    TestMemory(final long base, final int pages) {
        this.base = base;
        this.pages = pages;
        this.bytes = new UnsafeBuffer(ByteBuffer.allocateDirect((pages + 2) * PAGE));
        bytes.setMemory(0, PAGE, GUARD);
        bytes.setMemory((pages + 1) * PAGE, PAGE, GUARD);
    }

    TestMemory fillRandom(final long seed) {
        final SplittableRandom random = new SplittableRandom(seed);
        for (int at = PAGE; at < (pages + 1) * PAGE; at += Long.BYTES) {
            bytes.putLong(at, random.nextLong());
        }
        return this;
    }

    TestMemory zeroPage(final int page) {
        bytes.setMemory((page + 1) * PAGE, PAGE, (byte) 0);
        return this;
    }

    PageRange all() {
        return new PageRange(base, pages);
    }

    PageRange range(final int firstPage, final int count) {
        return new PageRange(base + (long) firstPage * PAGE, count);
    }

    /** Changes a word of each page. */
    void touch(final PageRange range, final long value) {
        for (int page = 0; page < range.pageCount(); page++) {
            bytes.putLong(index(range.guestAddress()) + page * PAGE + 8 * (page % 500), value + page);
        }
    }

    boolean pageEquals(final TestMemory other, final int page) {
        final ByteBuffer mine = bytes.byteBuffer().duplicate().clear();
        final ByteBuffer theirs = other.bytes.byteBuffer().duplicate().clear();
        mine.limit((page + 2) * PAGE).position((page + 1) * PAGE);
        theirs.limit((page + 2) * PAGE).position((page + 1) * PAGE);
        return mine.equals(theirs);
    }

    boolean contentEquals(final TestMemory other) {
        for (int page = 0; page < pages; page++) {
            if (!pageEquals(other, page)) {
                return false;
            }
        }
        return pages == other.pages;
    }

    boolean guardsIntact() {
        for (int at = 0; at < PAGE; at++) {
            if (bytes.getByte(at) != GUARD || bytes.getByte((pages + 1) * PAGE + at) != GUARD) {
                return false;
            }
        }
        return true;
    }

    private int index(final long guestAddress) {
        return (int) (guestAddress - base) + PAGE;
    }

    @Override
    public void read(final long guestAddress, final MutableDirectBuffer target, final int offset, final int length) {
        beforeRead.run();
        target.putBytes(offset, bytes, index(guestAddress), length);
    }

    @Override
    public boolean isZero(final long guestAddress, final int length) {
        final int from = index(guestAddress);
        for (int at = from; at < from + length; at += Long.BYTES) {
            if (bytes.getLong(at) != 0) {
                return false;
            }
        }
        return true;
    }

    @Override
    public boolean contains(final long guestAddress, final long lengthBytes) {
        return guestAddress >= base && lengthBytes >= 0 && lengthBytes <= (long) pages * PAGE - (guestAddress - base);
    }

    @Override
    public void write(final long guestAddress, final DirectBuffer source, final int offset, final int length) {
        beforeWrite.run();
        writes.incrementAndGet();
        bytes.putBytes(index(guestAddress), source, offset, length);
    }

    @Override
    public void zero(final long guestAddress, final long lengthBytes) {
        beforeWrite.run();
        writes.incrementAndGet();
        bytes.setMemory(index(guestAddress), (int) lengthBytes, (byte) 0);
    }
}
