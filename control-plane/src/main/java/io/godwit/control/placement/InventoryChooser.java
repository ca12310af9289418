package io.godwit.control.placement;

import io.godwit.config.device.DiskSpec;
import io.godwit.config.device.NicSpec;
import io.godwit.control.inventory.Inventory;
import io.godwit.control.inventory.Load;
import io.godwit.control.inventory.RuleCheck;
import io.godwit.control.inventory.Vm;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.placement.Ranking.Wishes;
import io.godwit.control.recovery.HostChooser;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Chooses hosts for VMs of the ledger by the inventory, or says of each host why not. Not thread-safe. */
public final class InventoryChooser implements HostChooser {
    private final Inventory inventory;
    private final Map<String, HostIdentity> incarnations;
    private final Map<String, Vm> asked = new HashMap<>();

    /** @param incarnations of the hosts that may be chosen, by name */
    public InventoryChooser(Inventory inventory, Map<String, HostIdentity> incarnations) {
        this.inventory = inventory.withRules(RuleCheck.of(inventory).kept());
        this.incarnations = Map.copyOf(incarnations);
    }

    @Override
    public Choice choose(VmRecord vm, Map<String, HostIdentity> placed) {
        Ranking ranking = ranking(vm, placed, Wishes.NONE);
        Optional<HostIdentity> host = ranking.hosts().stream()
                .filter(incarnations::containsKey)
                .map(incarnations::get)
                .findFirst();
        return host.<Choice>map(Choice.On::new).orElseGet(() -> new Choice.Nowhere(ranking.reasons()));
    }

    /**
     * All hosts that may have it, the best first, and the reasons of the others. A VM that the inventory does not know is
     * judged by its definition, any other by both.
     *
     * @param placed what this chooser was asked about before and where that went, by the VMs' ids
     */
    public Ranking ranking(VmRecord vm, Map<String, HostIdentity> placed, Wishes wishes) {
        Occupancy occupancy = new Occupancy(inventory);
        placed.forEach((id, host) -> {
            Vm other = asked.get(id);
            if (other != null) {
                occupancy.put(other, host.hostId());
            }
        });
        Vm known = inventory.vm(vm.id());
        Vm wanted = known == null ? defined(vm) : known;
        asked.put(vm.id(), wanted);
        return Ranking.of(wanted, occupancy, wishes);
    }

    private static Vm defined(VmRecord vm) {
        return new Vm(
                vm.id(),
                null,
                vm.spec().memoryBytes(),
                vm.spec().vcpus(),
                Load.NONE,
                vm.spec().disks().stream()
                        .map(DiskSpec::volume)
                        .map(volume -> volume.pool())
                        .collect(Collectors.toSet()),
                vm.spec().nics().stream().map(NicSpec::network).collect(Collectors.toSet()),
                Set.of(),
                "",
                Set.of(),
                "");
    }
}
