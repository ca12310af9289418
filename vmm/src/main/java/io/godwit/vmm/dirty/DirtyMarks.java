package io.godwit.vmm.dirty;

import io.godwit.kvm.memory.PageBitmap;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Pages marked from any thread, taken by one. Marking and taking are atomic operations on whole words, so a mark is in
 * exactly one harvest: this one, or the next. Both also order the memory around them, which is why a mark that follows
 * a write is never taken before the write can be seen.
 */
final class DirtyMarks {
    private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);

    private final long[] words;
    private final long pageCount;

    DirtyMarks(long pageCount) {
        this.pageCount = pageCount;
        this.words = new long[Math.toIntExact((pageCount + 63) >>> 6)];
    }

    /** Marks pages {@code first} to {@code last}, both included. */
    void mark(long first, long last) {
        if (first < 0 || last < first || last >= pageCount) {
            throw new IndexOutOfBoundsException("pages " + first + " to " + last + " of " + pageCount);
        }
        int lastWord = (int) (last >>> 6);
        for (int i = (int) (first >>> 6); i <= lastWord; i++) {
            long bits = -1L;
            if (i == first >>> 6) {
                bits &= -1L << first;
            }
            if (i == lastWord) {
                bits &= -1L >>> (63 - (last & 63));
            }
            WORDS.getAndBitwiseOr(words, i, bits);
        }
    }

    /** ORs the marks into {@code into} and forgets them. */
    void take(PageBitmap into) {
        for (int i = 0; i < words.length; i++) {
            // An opaque look first: most words are clear, and a locked exchange of each would cost far more.
            if ((long) WORDS.getOpaque(words, i) != 0) {
                into.orWord((long) i << 6, (long) WORDS.getAndSet(words, i, 0L));
            }
        }
    }
}
