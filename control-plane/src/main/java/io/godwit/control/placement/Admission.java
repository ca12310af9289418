package io.godwit.control.placement;

import io.godwit.control.inventory.Host;
import io.godwit.control.inventory.HostState;
import io.godwit.control.inventory.Inventory;
import io.godwit.control.inventory.Vm;
import io.godwit.control.placement.Ranking.Wishes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Whether the cluster can lose a host (N+1): each one's VMs, placed on the others by the same filters as any VM, the
 * largest first.
 *
 * @param homeless by host whose loss would leave VMs without a place: those VMs' names
 */
public record Admission(Map<String, List<String>> homeless) {
    public static Admission of(Inventory inventory) {
        Map<String, List<String>> homeless = new LinkedHashMap<>();
        Occupancy occupancy = new Occupancy(inventory);
        Map<String, List<Vm>> byHost = inventory.byHost();
        for (Host host : inventory.hosts()) {
            List<Vm> vms = new ArrayList<>(byHost.getOrDefault(host.name(), List.of()));
            vms.sort(Comparator.comparingLong(Vm::memoryBytes).reversed().thenComparing(Vm::name));
            List<String> left = host.state() == HostState.UP ? lose(vms, host, occupancy) : List.of();
            if (!left.isEmpty()) {
                homeless.put(host.name(), left);
            }
        }
        return new Admission(homeless);
    }

    /** Tries it, and puts all back. */
    private static List<String> lose(List<Vm> vms, Host host, Occupancy occupancy) {
        vms.forEach(occupancy::remove);
        occupancy.reserve(host.name(), host.memoryBytes());
        List<String> left = new ArrayList<>();
        for (Vm vm : vms) {
            Optional<String> other = Ranking.of(vm, occupancy, Wishes.NONE).hosts().stream()
                    .filter(name -> !name.equals(host.name()))
                    .findFirst();
            other.ifPresentOrElse(name -> occupancy.put(vm, name), () -> left.add(vm.name()));
        }
        occupancy.reserve(host.name(), -host.memoryBytes());
        vms.forEach(vm -> occupancy.put(vm, host.name()));
        return left;
    }

    public boolean survivesOneHost() {
        return homeless.isEmpty();
    }
}
