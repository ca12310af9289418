package io.godwit.transport.stream;

import java.util.concurrent.atomic.AtomicLongArray;

/** An outgoing lane's counters: written by its thread without garbage or fences that wait, read by any. */
final class LaneCounters {
    private static final int NORMAL_PAGES = 0;
    private static final int ZERO_PAGES = 1;
    private static final int FRAMES = 2;
    private static final int WIRE_BYTES = 3;
    private static final int BACK_PRESSURE_NS = 4;
    private static final int RATE_LIMITED_NS = 5;
    private static final int SUSPENDED_NS = 6;

    private final AtomicLongArray values = new AtomicLongArray(7);

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
        return new OutgoingCounters(
                normalPages(),
                zeroPages(),
                values.get(FRAMES),
                wireBytes(),
                backPressureNs(),
                values.get(RATE_LIMITED_NS),
                values.get(SUSPENDED_NS));
    }

    /** Only the lane's thread writes. */
    private void add(final int counter, final long amount) {
        values.setRelease(counter, values.getPlain(counter) + amount);
    }
}
