package io.godwit.transport.codec;

import java.util.concurrent.atomic.AtomicLongArray;

/** One lane's running figures: written by its thread without garbage, read by any. */
public final class CodecCounters {
    private static final int COMPRESSED_PAGES = 0;
    private static final int COMPRESSED_BATCHES = 1;
    private static final int COMPRESSED_BYTES = 2;
    private static final int INCOMPRESSIBLE_BATCHES = 3;
    private static final int DELTA_CACHE_BYTES = 4;
    private static final int DELTA_PAGES = 5;
    private static final int DELTA_BYTES = 6;
    private static final int DELTA_MISSES = 7;
    private static final int DELTA_OVERFLOWS = 8;

    private final AtomicLongArray values = new AtomicLongArray(9);

    public void compressed(final int pages, final int bytes) {
        add(COMPRESSED_PAGES, pages);
        add(COMPRESSED_BATCHES, 1);
        add(COMPRESSED_BYTES, bytes);
    }

    public void incompressible() {
        add(INCOMPRESSIBLE_BATCHES, 1);
    }

    public void deltaCache(final long bytes) {
        add(DELTA_CACHE_BYTES, bytes);
    }

    public void delta(final int bytes) {
        add(DELTA_PAGES, 1);
        add(DELTA_BYTES, bytes);
    }

    public void deltaMiss() {
        add(DELTA_MISSES, 1);
    }

    public void deltaOverflow() {
        add(DELTA_OVERFLOWS, 1);
    }

    public CodecFigures figures() {
        return new CodecFigures(
                values.get(COMPRESSED_PAGES),
                values.get(COMPRESSED_BATCHES),
                values.get(COMPRESSED_BYTES),
                values.get(INCOMPRESSIBLE_BATCHES),
                values.get(DELTA_CACHE_BYTES),
                values.get(DELTA_PAGES),
                values.get(DELTA_BYTES),
                values.get(DELTA_MISSES),
                values.get(DELTA_OVERFLOWS));
    }

    private void add(final int counter, final long amount) {
        values.setRelease(counter, values.getPlain(counter) + amount);
    }
}
