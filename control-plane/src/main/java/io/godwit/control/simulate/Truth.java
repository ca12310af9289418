package io.godwit.control.simulate;

import io.godwit.control.inventory.Host;
import io.godwit.control.inventory.HostState;
import io.godwit.control.inventory.Inventory;
import io.godwit.control.inventory.Vm;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What is really where: which host executes which VMs, and what is on its way. It believes no plan. */
final class Truth {
    private final Inventory inventory;
    private final Map<String, Set<String>> executing = new LinkedHashMap<>();
    private final Map<String, HostState> states = new LinkedHashMap<>();
    private final Map<String, Flight> flights = new TreeMap<>();
    private final Set<String> waiting = new TreeSet<>();

    Truth(Inventory inventory) {
        this.inventory = inventory;
        for (Host host : inventory.hosts()) {
            executing.put(host.name(), new TreeSet<>());
            states.put(host.name(), host.state());
        }
        for (Vm vm : inventory.vms()) {
            if (vm.host() == null) {
                waiting.add(vm.name());
            } else {
                at(vm.host()).add(vm.name());
            }
        }
    }

    Inventory inventory() {
        return inventory;
    }

    Set<String> at(String host) {
        return executing.computeIfAbsent(host, any -> new TreeSet<>());
    }

    Map<String, Set<String>> executing() {
        return executing;
    }

    /** VMs that run nowhere and should. */
    Set<String> waiting() {
        return waiting;
    }

    HostState state(String host) {
        return states.getOrDefault(host, HostState.UNREACHABLE);
    }

    /** A host that is drained or comes back stays the witness that it is. */
    void set(String host, HostState state) {
        Host known = inventory.host(host);
        boolean witness = known != null && known.state() == HostState.WITNESS;
        states.put(host, witness ? HostState.WITNESS : state);
    }

    List<Flight> flights() {
        return List.copyOf(flights.values());
    }

    void begin(Flight flight) {
        flights.put(flight.vm(), flight);
    }

    /** The guest goes on at the target, and at the source no more. */
    void end(Flight flight) {
        flights.remove(flight.vm());
        if (flight.from() == null) {
            waiting.remove(flight.vm());
        } else {
            at(flight.from()).remove(flight.vm());
        }
        at(flight.to()).add(flight.vm());
    }

    void abandon(Flight flight) {
        flights.remove(flight.vm());
    }

    /**
     * A host dies with what it executes.
     *
     * @return its VMs, which now run nowhere
     */
    List<String> die(String host) {
        List<String> lost = new ArrayList<>(at(host));
        waiting.addAll(lost);
        at(host).clear();
        states.put(host, HostState.UNREACHABLE);
        return lost;
    }

    /** As an inventory: with present states, places and loads. */
    Inventory now(LoadTrace trace, long nowMs, long gapMs) {
        Map<String, String> places = new LinkedHashMap<>();
        executing.forEach((host, vms) -> vms.forEach(vm -> places.put(vm, host)));
        List<Host> hosts = inventory.hosts().stream()
                .map(host -> host.in(state(host.name())))
                .toList();
        List<Vm> vms = inventory.vms().stream()
                .map(vm -> vm.at(places.get(vm.name())).with(trace.at(vm, nowMs, gapMs)))
                .toList();
        return Inventory.of(hosts, vms, inventory.rules());
    }
}
