package io.godwit.node.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A host.
 *
 * @param state {@code draining}, {@code maintenance} or {@code restoring} while it is that, else the cluster's word for
 *     its member: {@code up}, {@code unreachable}, {@code leaving} ...
 * @param role {@code member}, or {@code witness} of one that runs no VMs; null where the host does not answer
 * @param backend what runs machines there, {@code kvm} or {@code simulated}; a witness has none, and says so
 * @param guestMemoryBytes most RAM of all guests together, of which {@code usedMemoryBytes} is taken
 * @param kernel release of the host's kernel
 * @param permit null where the host does not answer
 * @param api URL of its gateway
 * @param zone the part of the cluster that it belongs to; empty where there are none
 * @param cpuVendor as {@code /proc/cpuinfo} has it
 * @param cpuFeatures that guests get here; empty where guests do not depend on any
 * @param pools of disks, as configured
 */
public record HostInfo(
        String name,
        String incarnation,
        String state,
        @Nullable String role,
        String backend,
        int cpus,
        String cpuModel,
        String microcode,
        String kernel,
        long guestMemoryBytes,
        long usedMemoryBytes,
        int vms,
        String api,
        String version,
        @Nullable PermitInfo permit,
        String zone,
        String cpuVendor,
        List<String> cpuFeatures,
        List<PoolName> pools,
        List<NetworkName> networks) {
    public HostInfo {
        cpuFeatures = List.copyOf(cpuFeatures);
        pools = List.copyOf(pools);
        networks = List.copyOf(networks);
    }

    /**
     * A pool of disks.
     *
     * @param kind {@code local} or {@code shared}
     */
    public record PoolName(String name, String kind) {}

    /** @param bridge of the host; null where the operator looks after the taps */
    public record NetworkName(String name, @Nullable String bridge) {}
}
