package io.godwit.control.inventory;

import io.godwit.config.InvalidValueException;

/**
 * What a VM was measured to use.
 *
 * @param cpuCores busy vCPUs, 0 to 4096
 * @param dirtyBytesPerSecond distinct pages written, times their size; 0 to 1 TiB/s
 * @param current false where the measurement is older than it should be: it counts, but moves nothing
 */
public record Load(double cpuCores, long dirtyBytesPerSecond, boolean current) {
    public static final Load NONE = new Load(0, 0, true);

    private static final double MAX_CPU_CORES = 4096;
    private static final long MAX_DIRTY_BYTES_PER_SECOND = 1L << 40;

    public Load {
        if (!(cpuCores >= 0 && cpuCores <= MAX_CPU_CORES)) {
            throw new InvalidValueException("cpu", cpuCores, "0 to " + (int) MAX_CPU_CORES + " cores");
        }
        if (dirtyBytesPerSecond < 0 || dirtyBytesPerSecond > MAX_DIRTY_BYTES_PER_SECOND) {
            throw new InvalidValueException("dirty", dirtyBytesPerSecond, "0 to 1TiB/s");
        }
    }

    public Load outdated() {
        return new Load(cpuCores, dirtyBytesPerSecond, false);
    }
}
