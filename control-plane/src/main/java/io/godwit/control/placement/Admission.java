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
import java.util.function.Predicate;

/**
 * Whether the cluster can lose a host (N+1): each one's VMs, placed on the others by the same filters as any VM, the
 * largest first.
 *
 * @param homeless by host that is up: the VMs that its loss would leave without a place; empty where all find one
 */
public record Admission(Map<String, List<Homeless>> homeless) {
    /** @param reasons one for each other host */
    public record Homeless(String vm, List<String> reasons) {
        public Homeless {
            reasons = List.copyOf(reasons);
        }
    }

    /** Of all VMs. */
    public static Admission of(Inventory inventory) {
        return of(inventory, vm -> true);
    }

    /** @param placed which VMs want another place when they lose theirs */
    public static Admission of(Inventory inventory, Predicate<Vm> placed) {
        Map<String, List<Homeless>> homeless = new LinkedHashMap<>();
        Occupancy occupancy = new Occupancy(inventory);
        Map<String, List<Vm>> byHost = inventory.byHost();
        for (Host host : inventory.hosts()) {
            List<Vm> vms = new ArrayList<>(byHost.getOrDefault(host.name(), List.of()));
            vms.sort(Comparator.comparingLong(Vm::memoryBytes).reversed().thenComparing(Vm::name));
            if (host.state() == HostState.UP) {
                homeless.put(host.name(), lose(vms, host, occupancy, placed));
            }
        }
        return new Admission(homeless);
    }

    /** Tries it, and puts all back. */
    private static List<Homeless> lose(List<Vm> vms, Host host, Occupancy occupancy, Predicate<Vm> placed) {
        vms.forEach(occupancy::remove);
        occupancy.reserve(host.name(), host.memoryBytes());
        List<Homeless> left = new ArrayList<>();
        for (Vm vm : vms.stream().filter(placed).toList()) {
            Ranking ranking = Ranking.of(vm, occupancy, Wishes.NONE);
            Optional<String> other = ranking.hosts().stream()
                    .filter(name -> !name.equals(host.name()))
                    .findFirst();
            other.ifPresentOrElse(
                    name -> occupancy.put(vm, name),
                    () -> left.add(new Homeless(vm.name(), reasons(ranking, host.name()))));
        }
        occupancy.reserve(host.name(), -host.memoryBytes());
        vms.forEach(vm -> occupancy.put(vm, host.name()));
        return left;
    }

    private static List<String> reasons(Ranking ranking, String lost) {
        List<String> reasons = ranking.refusals().stream()
                .filter(refusal -> !refusal.host().equals(lost))
                .map(Ranking.Refusal::toString)
                .toList();
        return reasons.isEmpty() ? List.of("there is no other host") : reasons;
    }

    public boolean survivesOneHost() {
        return homeless.values().stream().allMatch(List::isEmpty);
    }
}
