package io.godwit.kvm;

/**
 * Holds a vCPU back by a share of its time, as QEMU's {@code cpu_throttle} does: after each slice of 10 ms in the guest
 * its thread rests for so long that it was kept from the guest for that share of both. The share may be set from any
 * thread and counts at once, for a rest under way too; the rest belongs to the vCPU's thread.
 */
public final class Throttle {
    /** QEMU's CPU_THROTTLE_PCT_MAX: a guest that gets no time at all does not notice that it is asked to pause. */
    public static final int MAX_PERCENT = 99;

    /** QEMU's CPU_THROTTLE_TIMESLICE_NS. */
    public static final long SLICE_NS = 10_000_000;

    private volatile int percent;
    private long ranNs;
    private long restBeganNs;

    /** @param newPercent of its time that the vCPU does not run, 0 to 99 */
    public void set(int newPercent) {
        if (newPercent < 0 || newPercent > MAX_PERCENT) {
            throw new IllegalArgumentException(
                    "a throttle of " + newPercent + " percent; accepted are 0 to " + MAX_PERCENT);
        }
        percent = newPercent;
    }

    public int percent() {
        return percent;
    }

    public boolean isOn() {
        return percent != 0;
    }

    /** Guest code ran for this long; where that ends a slice, a rest begins. */
    public void ran(long ns, long nowNs) {
        ranNs += ns;
        restBeganNs = nowNs;
    }

    /** How long guest code may still run in this slice. */
    public long leftOfSliceNs() {
        return Math.max(0, SLICE_NS - ranNs);
    }

    /** How long the vCPU has still to rest; 0 when it may run. */
    public long restNs(long nowNs) {
        int share = percent;
        if (share == 0) {
            ranNs = 0;
            return 0;
        }
        if (ranNs < SLICE_NS) {
            return 0;
        }
        // A slice that ended late, in a long instruction of an emulating host, is not rested off beyond the usual.
        long wholeNs = Math.min(ranNs, 2 * SLICE_NS) * share / (100 - share);
        long leftNs = wholeNs - (nowNs - restBeganNs);
        if (leftNs <= 0) {
            ranNs = 0;
            return 0;
        }
        return leftNs;
    }
}
