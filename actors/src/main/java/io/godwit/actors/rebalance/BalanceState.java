package io.godwit.actors.rebalance;

import io.godwit.actors.host.HostLoad;
import io.godwit.actors.ledger.LeaderView.Leading;
import io.godwit.actors.placement.ClusterPicture;
import io.godwit.control.balance.BalanceSettings;
import io.godwit.control.balance.Decision;
import io.godwit.control.balance.InFlight;
import io.godwit.control.balance.LoadMeter;
import io.godwit.control.balance.LoadMeter.Sample;
import io.godwit.control.balance.Move;
import io.godwit.control.balance.Rebalancer;
import io.godwit.control.inventory.Host;
import io.godwit.control.inventory.HostState;
import io.godwit.control.inventory.Inventory;
import io.godwit.control.inventory.Load;
import io.godwit.control.inventory.Vm;
import io.godwit.control.ledger.BalanceMove;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.RebalancerMode;
import io.godwit.control.ledger.VmRecord;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;

/**
 * What the rebalancer knows in one term of its voter's: measurements, and what it asked the ledger that is not answered
 * yet. Used by its actor's thread only.
 */
final class BalanceState {
    private final BalanceSettings settings;
    private final Rebalancer rebalancer;
    private final LoadMeter meter = new LoadMeter();
    private final DirtyRates dirty;
    /** Moves that the ledger was asked to record: nobody else may know of them yet. */
    private final Map<String, InFlight> asked = new LinkedHashMap<>();

    private Inventory inventory = Inventory.of(List.of(), List.of(), List.of());
    private List<InFlight> inFlight = List.of();
    private Map<String, VmRecord> byName = Map.of();
    private Map<String, Long> lastMoves = Map.of();

    BalanceState(BalanceSettings settings, ActorSystem<?> system) {
        this.settings = settings;
        this.rebalancer = new Rebalancer(settings);
        this.dirty = new DirtyRates(system);
    }

    /**
     * Takes in a look.
     *
     * @param epochMs what {@code nowMs} is by the wall clock, by which the ledger's moves are dated
     */
    void saw(Leading leading, Sight sight, long nowMs, long epochMs) {
        byName = leading.vms().stream().collect(Collectors.toMap(vm -> vm.spec().name(), vm -> vm));
        Map<String, Load> loads = meter.after(samples(leading.vms(), sight), nowMs);
        meter.retain(byName.keySet());
        dirty.retain(leading.vms().stream().map(VmRecord::id).collect(Collectors.toSet()));
        dirty.round(leading.vms(), sight.scene(), loads, nowMs);
        inventory = ClusterPicture.of(sight.members(), sight.scene(), leading.vms())
                .with(loads)
                .inventory();
        inventory = inventory.withHosts(MeasuredLinks.on(inventory.hosts(), sight.loads()));
        inFlight = inFlight(leading, sight);
        lastMoves = new HashMap<>();
        leading.rebalancer()
                .moves()
                .forEach(move ->
                        lastMoves.merge(move.vm(), nowMs - Math.max(0, epochMs - move.beganAtEpochMs()), Math::max));
    }

    /** Only the owner's: while a VM moves it has a machine at both ends. */
    private Map<HostIdentity, List<Sample>> samples(List<VmRecord> vms, Sight sight) {
        Map<HostIdentity, List<Sample>> samples = new HashMap<>();
        for (VmRecord vm : vms) {
            HostLoad load = sight.loads().get(vm.owner().hostId());
            Long cpuTimeNs = load == null ? null : load.cpuTimeNs().get(vm.id());
            if (cpuTimeNs != null) {
                samples.computeIfAbsent(vm.owner(), owner -> new ArrayList<>())
                        .add(new Sample(vm.spec().name(), cpuTimeNs, dirty.of(vm.id())));
            }
        }
        return samples;
    }

    /** Whoever began them: an operator's migrations count too. */
    private List<InFlight> inFlight(Leading leading, Sight sight) {
        Map<String, String> names = leading.vms().stream()
                .collect(Collectors.toMap(VmRecord::id, vm -> vm.spec().name()));
        Map<String, InFlight> flying = new LinkedHashMap<>(asked);
        leading.rebalancer().moves().stream()
                .filter(move -> !move.isOver() && names.containsKey(move.vmId()))
                .forEach(move -> flying.put(move.vm(), new InFlight(move.vm(), move.from(), move.to())));
        sight.loads()
                .forEach((host, load) -> load.leaving().forEach((vmId, to) -> {
                    String name = names.get(vmId);
                    if (name != null) {
                        flying.put(name, new InFlight(name, host, to));
                    }
                }));
        flying.values().removeIf(vm -> inventory.host(vm.to()) == null || inventory.vm(vm.vm()) == null);
        return List.copyOf(flying.values());
    }

    Inventory inventory() {
        return inventory;
    }

    /** What a round of an armed rebalancer begins, or one that is not would. */
    Decision round(RebalancerMode mode, long nowMs) {
        rebalancer.set(with(settings.holdRounds(), mode != RebalancerMode.ARMED));
        rebalancer.remember(lastMoves);
        return rebalancer.decide(nowMs, inventory, inFlight);
    }

    /** What would be begun now, without waiting for rounds. VMs that were just moved rest all the same. */
    Decision once(boolean dryRun, long nowMs) {
        Rebalancer now = new Rebalancer(with(1, dryRun));
        now.remember(lastMoves);
        return now.decide(nowMs, inventory, inFlight);
    }

    private BalanceSettings with(int holdRounds, boolean recommendOnly) {
        return new BalanceSettings(
                settings.policy(),
                settings.threshold(),
                holdRounds,
                settings.margin(),
                settings.cooldownMs(),
                settings.maxMigrations(),
                settings.maxMigrationsPerHost(),
                true,
                recommendOnly);
    }

    /** Of these, what is the rebalancer's to move: VMs that run, from hosts that nobody else empties. */
    List<Move> movable(List<Move> moves) {
        return moves.stream()
                .filter(move -> isUp(move.from()) && move.vms().stream().allMatch(this::runs))
                .toList();
    }

    private boolean isUp(@Nullable String host) {
        Host from = host == null ? null : inventory.host(host);
        return from != null && from.state() == HostState.UP;
    }

    private boolean runs(String name) {
        Vm vm = inventory.vm(name);
        return vm != null && vm.memoryBytes() > 0;
    }

    Optional<VmRecord> record(String vmName) {
        return Optional.ofNullable(byName.get(vmName));
    }

    /** The ledger is asked to record it. */
    void asks(BalanceMove move) {
        asked.put(move.vm(), new InFlight(move.vm(), move.from(), move.to()));
    }

    /** It has answered: what it recorded is in what the voter knows. */
    void answered(String vmName) {
        asked.remove(vmName);
    }
}
