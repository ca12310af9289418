package io.godwit.control.inventory;

import io.godwit.config.InvalidValueException;
import java.util.Set;

/**
 * A host, as far as it matters where VMs live.
 *
 * @param zone a part of the cluster that VMs may be bound to; empty where there are none
 * @param memoryBytes for guests, 0 to 1 PiB
 * @param cpus logical, 1 to 4096
 * @param cpuSpeed of one of them against the cluster's usual, 0.01 to 100
 * @param pools of disks that it reaches
 * @param segments of the network that it is on
 * @param cpuFeatures it can give to guests; empty where unknown, which refuses nothing
 * @param kernel its release, such as {@code 6.1.0-21}; empty where unknown
 * @param migrationBytesPerSecond that a migration from or to it gets, 1 MiB/s to 1 TiB/s
 * @param distrust why its word about its capacity is not taken; empty where it is
 */
public record Host(
        String name,
        HostState state,
        String zone,
        long memoryBytes,
        int cpus,
        double cpuSpeed,
        Set<String> pools,
        Set<String> segments,
        Set<String> cpuFeatures,
        String kernel,
        long migrationBytesPerSecond,
        String distrust) {
    public static final long DEFAULT_MIGRATION_BYTES_PER_SECOND = 1L << 30;

    private static final long MAX_MEMORY_BYTES = 1L << 50;
    private static final int MAX_CPUS = 4096;
    public static final long MIN_BYTES_PER_SECOND = 1L << 20;
    public static final long MAX_BYTES_PER_SECOND = 1L << 40;

    public Host {
        Names.check("host", name);
        if (memoryBytes < 0 || memoryBytes > MAX_MEMORY_BYTES) {
            throw new InvalidValueException("memory", memoryBytes, "0 to 1PiB");
        }
        if (cpus < 1 || cpus > MAX_CPUS) {
            throw new InvalidValueException("cpus", cpus, "1 to " + MAX_CPUS);
        }
        if (!(cpuSpeed >= 0.01 && cpuSpeed <= 100)) {
            throw new InvalidValueException("cpu-speed", cpuSpeed, "0.01 to 100");
        }
        if (migrationBytesPerSecond < MIN_BYTES_PER_SECOND || migrationBytesPerSecond > MAX_BYTES_PER_SECOND) {
            throw new InvalidValueException("bandwidth", migrationBytesPerSecond, "1MiB/s to 1TiB/s");
        }
        pools = Set.copyOf(pools);
        segments = Set.copyOf(segments);
        cpuFeatures = Set.copyOf(cpuFeatures);
    }

    /** One that is up, with memory and CPUs and nothing else that is known. */
    public static Host of(String name, long memoryBytes, int cpus) {
        return new Host(
                name,
                HostState.UP,
                "",
                memoryBytes,
                cpus,
                1,
                Set.of(),
                Set.of(),
                Set.of(),
                "",
                DEFAULT_MIGRATION_BYTES_PER_SECOND,
                "");
    }

    public Host in(HostState now) {
        return new Host(
                name,
                now,
                zone,
                memoryBytes,
                cpus,
                cpuSpeed,
                pools,
                segments,
                cpuFeatures,
                kernel,
                migrationBytesPerSecond,
                distrust);
    }

    /** @param bytesPerSecond that a migration from or to it gets */
    public Host carrying(long bytesPerSecond) {
        return new Host(
                name,
                state,
                zone,
                memoryBytes,
                cpus,
                cpuSpeed,
                pools,
                segments,
                cpuFeatures,
                kernel,
                bytesPerSecond,
                distrust);
    }

    public Host distrusted(String why) {
        return new Host(
                name,
                state,
                zone,
                memoryBytes,
                cpus,
                cpuSpeed,
                pools,
                segments,
                cpuFeatures,
                kernel,
                migrationBytesPerSecond,
                why);
    }
}
