package io.godwit.transport.stream;

import io.godwit.transport.codec.CodecCounters;
import io.godwit.transport.codec.CodecFigures;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/** An outgoing lane's counters: written by its thread without garbage or fences that wait, read by any. */
final class LaneCounters {
    private static final int NORMAL_PAGES = 0;
    private static final int ZERO_PAGES = 1;
    private static final int FRAMES = 2;
    private static final int WIRE_BYTES = 3;
    private static final int BACK_PRESSURE_NS = 4;
    private static final int RATE_LIMITED_NS = 5;
    private static final int SUSPENDED_NS = 6;
    private static final int SEALED_FRAMES = 7;

    private final AtomicLongArray values = new AtomicLongArray(8);
    private volatile @Nullable CodecCounters codec;

    void normalPages(final long pages) {
        add(NORMAL_PAGES, pages);
    }

    void zeroPages(final long pages) {
        add(ZERO_PAGES, pages);
    }

    void frame(final long bytes) {
        add(FRAMES, 1);
        add(WIRE_BYTES, bytes);
    }

    void sealedFrame() {
        add(SEALED_FRAMES, 1);
    }

    /** The lane's encoder counts for itself. */
    void codec(final CodecCounters counters) {
        codec = counters;
    }

    void backPressure(final long ns) {
        add(BACK_PRESSURE_NS, ns);
    }

    void rateLimited(final long ns) {
        add(RATE_LIMITED_NS, ns);
    }

    void suspended(final long ns) {
        add(SUSPENDED_NS, ns);
    }

    long normalPages() {
        return values.get(NORMAL_PAGES);
    }

    long zeroPages() {
        return values.get(ZERO_PAGES);
    }

    long wireBytes() {
        return values.get(WIRE_BYTES);
    }

    long backPressureNs() {
        return values.get(BACK_PRESSURE_NS);
    }

    OutgoingCounters read() {
        final CodecCounters encoder = codec;
        return new OutgoingCounters(
                normalPages(),
                zeroPages(),
                values.get(FRAMES),
                wireBytes(),
                backPressureNs(),
                values.get(RATE_LIMITED_NS),
                values.get(SUSPENDED_NS),
                values.get(SEALED_FRAMES),
                encoder == null ? CodecFigures.NONE : encoder.figures());
    }

    /** Only the lane's thread writes. */
    private void add(final int counter, final long amount) {
        values.setRelease(counter, values.getPlain(counter) + amount);
    }
}
