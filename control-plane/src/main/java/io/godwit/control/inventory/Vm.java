package io.godwit.control.inventory;

import io.godwit.config.InvalidValueException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A VM, as far as it matters where it lives.
 *
 * @param host where it is; null while it is nowhere, new or lost with its host
 * @param memoryBytes that it takes of its host, 0 to 1 PiB; 0 while it does not run
 * @param vcpus 1 to 4096
 * @param pools with its disks
 * @param segments of its network interfaces
 * @param cpuFeatures in use
 * @param kernel of the host whose state it carries; one as new is wanted. Empty: any
 * @param zones it is bound to; empty: any
 * @param volumes of its disks, those that are not wherever their pool is
 * @param pinned why it is never moved unasked; empty where it may be
 */
public record Vm(
        String name,
        @Nullable String host,
        long memoryBytes,
        int vcpus,
        Load load,
        Set<String> pools,
        Set<String> segments,
        Set<String> cpuFeatures,
        String kernel,
        Set<String> zones,
        Set<LocalVolume> volumes,
        String pinned) {
    private static final long MAX_MEMORY_BYTES = 1L << 50;
    private static final int MAX_VCPUS = 4096;

    public Vm {
        Names.check("vm", name);
        if (memoryBytes < 0 || memoryBytes > MAX_MEMORY_BYTES) {
            throw new InvalidValueException("memory", memoryBytes, "0 to 1PiB");
        }
        if (vcpus < 1 || vcpus > MAX_VCPUS) {
            throw new InvalidValueException("vcpus", vcpus, "1 to " + MAX_VCPUS);
        }
        pools = Set.copyOf(pools);
        segments = Set.copyOf(segments);
        cpuFeatures = Set.copyOf(cpuFeatures);
        zones = Set.copyOf(zones);
        volumes = Set.copyOf(volumes);
    }

    /** One whose disks are wherever their pools are. */
    public Vm(
            String name,
            @Nullable String host,
            long memoryBytes,
            int vcpus,
            Load load,
            Set<String> pools,
            Set<String> segments,
            Set<String> cpuFeatures,
            String kernel,
            Set<String> zones,
            String pinned) {
        this(name, host, memoryBytes, vcpus, load, pools, segments, cpuFeatures, kernel, zones, Set.of(), pinned);
    }

    /** One that wants memory and vCPUs and nothing else. */
    public static Vm of(String name, @Nullable String host, long memoryBytes, int vcpus, Load load) {
        return new Vm(name, host, memoryBytes, vcpus, load, Set.of(), Set.of(), Set.of(), "", Set.of(), "");
    }

    public Vm at(@Nullable String newHost) {
        return new Vm(
                name, newHost, memoryBytes, vcpus, load, pools, segments, cpuFeatures, kernel, zones, volumes, pinned);
    }

    public Vm with(Load measured) {
        return new Vm(
                name, host, memoryBytes, vcpus, measured, pools, segments, cpuFeatures, kernel, zones, volumes, pinned);
    }

    public Vm pinned(String why) {
        return new Vm(name, host, memoryBytes, vcpus, load, pools, segments, cpuFeatures, kernel, zones, volumes, why);
    }
}
