package io.godwit.control.balance;

import io.godwit.control.inventory.Host;
import io.godwit.control.inventory.Inventory;
import io.godwit.control.inventory.LocalVolume;
import io.godwit.control.inventory.Vm;
import io.godwit.control.placement.Filter;
import io.godwit.control.placement.Occupancy;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Where items may be whatever else lives where: the filters that last, asked once for VMs that want the same. */
final class Places {
    private record Wants(
            int vcpus,
            Set<String> pools,
            Set<String> segments,
            Set<String> cpuFeatures,
            String kernel,
            Set<String> zones,
            Set<LocalVolume> volumes,
            List<String> rules) {}

    private final Occupancy occupancy;
    private final Set<Filter> skipped;
    private final List<Host> hosts;
    private final Map<Wants, BitSet> known = new HashMap<>();
    private final Map<String, List<String>> rulesOf = new HashMap<>();

    Places(Inventory inventory, Set<Filter> skipped) {
        this.occupancy = new Occupancy(inventory);
        this.skipped = skipped;
        this.hosts = List.copyOf(inventory.hosts());
        inventory.rules().stream()
                .filter(rule -> rule.strict() && rule.kind().ofHosts())
                .forEach(rule -> rule.vms()
                        .forEach(vm -> rulesOf.computeIfAbsent(vm, any -> new ArrayList<>())
                                .add(rule.name())));
    }

    BitSet allowed(List<Vm> item) {
        BitSet all = (BitSet) allowed(item.get(0)).clone();
        item.forEach(vm -> all.and(allowed(vm)));
        return all;
    }

    private BitSet allowed(Vm vm) {
        Wants wants = new Wants(
                vm.vcpus(),
                vm.pools(),
                vm.segments(),
                vm.cpuFeatures(),
                vm.kernel(),
                vm.zones(),
                vm.volumes(),
                rulesOf.getOrDefault(vm.name(), List.of()));
        return known.computeIfAbsent(wants, any -> ask(vm));
    }

    private BitSet ask(Vm vm) {
        BitSet allowed = new BitSet(hosts.size());
        for (int i = 0; i < hosts.size(); i++) {
            Host host = hosts.get(i);
            boolean refused = false;
            for (Filter filter : Filter.values()) {
                refused |= filter.lasting()
                        && !skipped.contains(filter)
                        && !filter.refusal(vm, host, occupancy).isEmpty();
            }
            allowed.set(i, !refused);
        }
        return allowed;
    }

    /** Whether a VM has to leave where it is: the host is being emptied, or a strict rule forbids it. */
    boolean mustLeave(Vm vm, Host host) {
        return host.state().empties()
                || !Filter.HOST_RULES.refusal(vm, host, occupancy).isEmpty();
    }
}
