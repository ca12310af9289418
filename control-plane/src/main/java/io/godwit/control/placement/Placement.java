package io.godwit.control.placement;

import io.godwit.config.VmSpec;
import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Chooses a host for a new VM. */
public final class Placement {
    private Placement() {}

    /** The host with the most memory free, if it is enough; the first by name among equals. */
    public static Optional<String> mostFreeMemory(VmSpec spec, Collection<HostCapacity> hosts) {
        return hosts.stream()
                .filter(host -> host.freeMemoryBytes() >= spec.memoryBytes())
                .max(Comparator.comparingLong(HostCapacity::freeMemoryBytes)
                        .thenComparing(
                                Comparator.comparing(HostCapacity::hostId).reversed()))
                .map(HostCapacity::hostId);
    }
}
