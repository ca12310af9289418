package io.godwit.control.placement;

import io.godwit.control.inventory.Host;
import io.godwit.control.inventory.Inventory;
import io.godwit.control.inventory.Rule;
import io.godwit.control.inventory.Rule.Kind;
import io.godwit.control.inventory.Vm;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Who is where, while VMs are being placed one after the other. Not thread-safe. */
public final class Occupancy {
    private final Inventory inventory;
    private final Map<String, Long> freeMemoryBytes = new HashMap<>();
    private final Map<String, Long> promisedBytes = new HashMap<>();
    private final Map<String, Double> busyCores = new HashMap<>();
    private final Map<String, String> places = new HashMap<>();
    private final Map<String, List<Rule>> strictRules = new HashMap<>();
    private final Map<String, List<Rule>> preferences = new HashMap<>();

    /** As the inventory has it. */
    public Occupancy(Inventory inventory) {
        this.inventory = inventory;
        for (Host host : inventory.hosts()) {
            freeMemoryBytes.put(host.name(), host.memoryBytes());
        }
        for (Vm vm : inventory.vms()) {
            if (vm.host() != null) {
                put(vm, vm.host());
            }
        }
        for (Rule rule : inventory.rules()) {
            Map<String, List<Rule>> rules = rule.strict() ? strictRules : preferences;
            rule.vms()
                    .forEach(vm ->
                            rules.computeIfAbsent(vm, any -> new ArrayList<>()).add(rule));
        }
    }

    public Inventory inventory() {
        return inventory;
    }

    /** Less than 0 where more was promised than there is. */
    public long freeMemoryBytes(String host) {
        return freeMemoryBytes.getOrDefault(host, 0L);
    }

    /** Memory that will be wanted of a host and is free: it is counted where hosts are ranked. */
    void promise(String host, long memoryBytes) {
        promisedBytes.merge(host, memoryBytes, Long::sum);
    }

    long promisedBytes(String host) {
        return promisedBytes.getOrDefault(host, 0L);
    }

    double busyCores(String host) {
        return busyCores.getOrDefault(host, 0.0);
    }

    /** Takes memory of a host for something that is on its way there. */
    public void reserve(String host, long memoryBytes) {
        freeMemoryBytes.merge(host, -memoryBytes, Long::sum);
    }

    public @Nullable String place(String vm) {
        return places.get(vm);
    }

    /** Puts a VM somewhere, whether it may go there or not. */
    public void put(Vm vm, String host) {
        remove(vm);
        places.put(vm.name(), host);
        freeMemoryBytes.merge(host, -vm.memoryBytes(), Long::sum);
        busyCores.merge(host, vm.load().cpuCores(), Double::sum);
    }

    public void remove(Vm vm) {
        String from = places.remove(vm.name());
        if (from != null) {
            freeMemoryBytes.merge(from, vm.memoryBytes(), Long::sum);
            busyCores.merge(from, -vm.load().cpuCores(), Double::sum);
        }
    }

    List<Rule> strictRules(String vm) {
        return strictRules.getOrDefault(vm, List.of());
    }

    /** Preferences of a VM that would be met at a host, less those that would not. */
    int preference(Vm vm, String host) {
        int met = 0;
        for (Rule rule : preferences.getOrDefault(vm.name(), List.of())) {
            if (rule.kind().ofHosts()) {
                met += rule.allows(host) ? 1 : -1;
            } else {
                boolean inWay = rule.vms().stream()
                        .filter(other -> !other.equals(vm.name()))
                        .anyMatch(other -> !conflict(rule, other, host).isEmpty());
                met += inWay ? -1 : 1;
            }
        }
        return met;
    }

    /** What speaks against a VM of the rule at a host, as long as another of its VMs is where it is. */
    String conflict(Rule rule, String other, String host) {
        String place = places.get(other);
        if (rule.kind() == Kind.APART && host.equals(place)) {
            return "rule " + rule.name() + " keeps the VM apart from " + other + ", which is there";
        }
        if (rule.kind() == Kind.TOGETHER && place != null && !host.equals(place)) {
            return "rule " + rule.name() + " keeps the VM together with " + other + " on host " + place;
        }
        return "";
    }
}
