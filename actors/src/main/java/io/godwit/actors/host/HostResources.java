package io.godwit.actors.host;

import io.godwit.actors.serialization.Wire;
import io.godwit.config.NodeConfig;
import io.godwit.config.NodeConfig.HostRole;
import io.godwit.config.NodeConfig.PoolKind;
import io.godwit.control.inventory.HostState;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What a host has that VMs may want: what placement goes by beside memory and CPUs. It does not change while the host's
 * JVM lives.
 *
 * @param role whether it runs VMs at all
 * @param zone the part of the cluster that it belongs to; empty where there are none
 * @param cpuVendor as {@code /proc/cpuinfo} has it
 * @param cpuFeatures that guests get, the vendor among them; empty where guests do not depend on any
 * @param pools as configured; whether they can be used just now is the storage's to say
 * @param networks as configured
 */
public record HostResources(
        HostRole role,
        String zone,
        String cpuVendor,
        SortedSet<String> cpuFeatures,
        List<HostPool> pools,
        List<HostNetwork> networks)
        implements Wire {
    /** Of a host that does not answer. */
    public static final HostResources NONE =
            new HostResources(HostRole.MEMBER, "", "", Collections.emptySortedSet(), List.of(), List.of());

    /** A pool of disks. */
    public record HostPool(String name, PoolKind kind) {}

    /** @param bridge of the host; empty where the operator looks after the taps */
    public record HostNetwork(String name, String bridge) {}

    public HostResources {
        cpuFeatures = Collections.unmodifiableSortedSet(new TreeSet<>(cpuFeatures));
        pools = List.copyOf(pools);
        networks = List.copyOf(networks);
    }

    public boolean isWitness() {
        return role == HostRole.WITNESS;
    }

    /** Why no VM may be on this host, whatever it asks for; empty where one may. */
    public List<String> objections(String hostId) {
        return isWitness() ? List.of("host " + hostId + ": it is " + HostState.WITNESS.inWords()) : List.of();
    }

    /** Of a host so configured. */
    public static HostResources of(
            HostRole role,
            String zone,
            String cpuVendor,
            SortedSet<String> cpuFeatures,
            NodeConfig.Resources configured) {
        return new HostResources(
                role,
                zone,
                cpuVendor,
                cpuFeatures,
                configured.pools().stream()
                        .map(pool -> new HostPool(pool.name(), pool.kind()))
                        .toList(),
                configured.networks().stream()
                        .map(network ->
                                new HostNetwork(network.name(), network.bridge().orElse("")))
                        .toList());
    }
}
