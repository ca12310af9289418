package io.godwit.migration.dirtyrate;

import io.godwit.migration.convergence.DirtyCurve;
import java.util.List;

/**
 * What a machine dirtied while it was watched.
 *
 * @param seconds watched
 * @param curve distinct bytes over time: rate and working set
 * @param vcpuBytesPerSecond by vCPU, from the dirty ring; a page that was written again after a look counts again. Empty
 *     with the bitmap, which knows only the machine
 * @param zeroBytes of RAM in pages that are all zero, estimated from a sample
 */
public record DirtyRate(double seconds, DirtyCurve curve, List<Double> vcpuBytesPerSecond, long zeroBytes) {
    public DirtyRate {
        vcpuBytesPerSecond = List.copyOf(vcpuBytesPerSecond);
    }

    /** Distinct bytes dirtied in the whole time, per second: QEMU's {@code dirty-rate}. */
    public double bytesPerSecond() {
        return seconds == 0 ? 0 : curve.bytesIn(seconds) / seconds;
    }
}
