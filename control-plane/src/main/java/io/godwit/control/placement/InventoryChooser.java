package io.godwit.control.placement;

import io.godwit.control.inventory.Host;
import io.godwit.control.inventory.Inventory;
import io.godwit.control.inventory.RuleCheck;
import io.godwit.control.inventory.Vm;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.placement.Ranking.Refusal;
import io.godwit.control.placement.Ranking.Wishes;
import io.godwit.control.recovery.HostChooser;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Chooses hosts for the VMs of an inventory, which knows them by their names, or says of each host why not. Whoever
 * places VMs does it with this: new ones, those that migrate, those of hosts that are drained or dead. Not thread-safe.
 */
public final class InventoryChooser implements HostChooser {
    private static final String SILENT = "it does not answer";

    private final Inventory inventory;
    private final Map<String, Site> sites;
    private final Map<String, String> asked = new HashMap<>();

    /** @param sites by host; one that has none takes no VM, for it does not answer */
    public InventoryChooser(Inventory inventory, Map<String, Site> sites) {
        this.inventory = inventory.withRules(RuleCheck.of(inventory).kept());
        this.sites = Map.copyOf(sites);
    }

    /** Never the host that the VM is on. */
    @Override
    public Choice choose(VmRecord vm, Map<String, HostIdentity> placed) {
        asked.put(vm.id(), vm.spec().name());
        Wishes wishes = new Wishes(Optional.ofNullable(vm.spec().placement().preferHost()), Set.of());
        Ranking ranking = ranking(vm.spec().name(), placed, wishes);
        return ranking.best()
                .map(host -> sites.get(host))
                .<Choice>map(site -> new Choice.On(site.identity()))
                .orElseGet(() -> new Choice.Nowhere(
                        ranking.refusals().isEmpty() ? List.of("there is no other host") : ranking.reasons()));
    }

    /** All hosts that may have a VM of the inventory, the best first, and the reasons of the others. */
    public Ranking ranking(String vm, Wishes wishes) {
        return ranking(vm, Map.of(), wishes);
    }

    /** Everything that these filters have against a host for a VM. */
    public List<String> objections(String vm, String host, Set<Filter> filters) {
        return Ranking.refusals(known(vm), host(host), occupancy(Map.of()), filters).stream()
                .map(Refusal::toString)
                .toList();
    }

    private Ranking ranking(String vm, Map<String, HostIdentity> placed, Wishes wishes) {
        Ranking ranking = Ranking.of(known(vm), occupancy(placed), wishes);
        List<String> open = new ArrayList<>();
        List<Refusal> refusals = new ArrayList<>();
        for (String host : ranking.hosts()) {
            Site site = sites.get(host);
            String objection = site == null ? SILENT : site.objection();
            if (objection.isEmpty()) {
                open.add(host);
            } else {
                refusals.add(new Refusal(host, Filter.STATE, objection));
            }
        }
        refusals.addAll(ranking.refusals());
        return new Ranking(open, refusals);
    }

    private Occupancy occupancy(Map<String, HostIdentity> placed) {
        Occupancy occupancy = new Occupancy(inventory);
        sites.forEach((host, site) -> occupancy.promise(host, site.promisedBytes()));
        placed.forEach((id, host) -> {
            Vm other = inventory.vm(asked.getOrDefault(id, ""));
            if (other != null) {
                occupancy.put(other, host.hostId());
            }
        });
        return occupancy;
    }

    private Vm known(String name) {
        Vm vm = inventory.vm(name);
        if (vm == null) {
            throw new IllegalArgumentException("VM \"" + name + "\" is not in the inventory");
        }
        return vm;
    }

    private Host host(String name) {
        Host host = inventory.host(name);
        if (host == null) {
            throw new IllegalArgumentException("host \"" + name + "\" is not in the inventory");
        }
        return host;
    }
}
