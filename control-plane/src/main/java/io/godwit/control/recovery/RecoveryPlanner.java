package io.godwit.control.recovery;

import io.godwit.control.ledger.DesiredState;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.PreparedMigration;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.recovery.RecoverableVm.SharedPool;
import io.godwit.control.recovery.RecoveryStep.Wait;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Plans recovery from what is known now; to be asked again whenever that changes, and each second while a step is left.
 * It remembers nothing, so it goes on with any leader.
 *
 * <p>It may be wrong about all it is told and still break nothing: whether a claim is safe is decided by
 * {@code PermitGrantor} and the ledger.
 */
public final class RecoveryPlanner {
    /**
     * What the leader knows of a host's life.
     *
     * @param heard it was granted a permit that may be valid
     * @param silent no permit of it can be valid any more
     * @param fenced a fence has succeeded since it became silent
     * @param confirmedDead an operator's word
     * @param returned its host is heard again under a later life, which takes its VMs back by itself
     * @param automatic whether its host's VMs are started elsewhere without an operator's word
     */
    public record Hosts(
            Predicate<HostIdentity> heard,
            Predicate<HostIdentity> silent,
            Predicate<HostIdentity> fenced,
            Predicate<HostIdentity> confirmedDead,
            Predicate<HostIdentity> returned,
            Predicate<HostIdentity> automatic) {}

    private final Hosts hosts;
    private final HostChooser chooser;
    private final Supplier<String> requestIds;
    private final Map<String, HostIdentity> placed = new HashMap<>();
    private int startsLeft;

    private RecoveryPlanner(Hosts hosts, HostChooser chooser, Supplier<String> requestIds, int startsLeft) {
        this.hosts = hosts;
        this.chooser = chooser;
        this.requestIds = requestIds;
        this.startsLeft = startsLeft;
    }

    /**
     * @param starting VMs whose start is under way: they count among the starts and get no step
     * @param maxStarts how many are started at a time
     * @param requestIds a new one for each claim
     * @return one step for each VM that is not where it should be, in the order of priority
     */
    public static List<RecoveryStep> plan(
            List<RecoverableVm> vms,
            Hosts hosts,
            Set<String> starting,
            int maxStarts,
            HostChooser chooser,
            Supplier<String> requestIds) {
        RecoveryPlanner planner = new RecoveryPlanner(hosts, chooser, requestIds, maxStarts - starting.size());
        List<RecoveryStep> steps = new ArrayList<>();
        vms.stream()
                .filter(vm -> vm.record().desired() == DesiredState.RUNNING)
                .filter(vm -> !starting.contains(vm.record().id()))
                .sorted(Comparator.comparingInt(RecoverableVm::priority)
                        .reversed()
                        .thenComparing(vm -> vm.record().id()))
                .forEach(vm -> planner.step(vm).ifPresent(steps::add));
        return List.copyOf(steps);
    }

    private Optional<RecoveryStep> step(RecoverableVm vm) {
        VmRecord record = vm.record();
        if (!hosts.silent().test(record.owner())) {
            return Optional.empty();
        }
        PreparedMigration prepared = record.prepared();
        if (prepared == null) {
            return Optional.of(recover(vm, List.of(record.owner())));
        }
        HostIdentity target = prepared.target();
        if (hosts.heard().test(target)) {
            return Optional.of(new RecoveryStep.OfferCommit(record.id(), prepared.migrationId(), target));
        }
        if (!hosts.silent().test(target)) {
            return Optional.of(new Wait(record.id(), "the permit of its migration's target " + named(target)));
        }
        return Optional.of(recover(vm, List.of(record.owner(), target)));
    }

    /** @param holders who may have run it, all of them silent */
    private RecoveryStep recover(RecoverableVm vm, List<HostIdentity> holders) {
        String id = vm.record().id();
        HostIdentity owner = vm.record().owner();
        if (vm.record().prepared() == null && hosts.returned().test(owner)) {
            return new Wait(id, "host \"" + owner.hostId() + "\" is back and takes it again");
        }
        for (HostIdentity holder : holders) {
            if (!hosts.confirmedDead().test(holder)) {
                if (!hosts.automatic().test(holder)) {
                    return new Wait(
                            id,
                            "auto-migrate-on-host-down is off for host \"" + holder.hostId() + "\": stays with "
                                    + named(holder) + " until that is back or confirmed dead");
                }
                if (!vm.guarded()) {
                    return new Wait(id, "stays with " + named(holder) + " until that is back or confirmed dead");
                }
                Optional<RecoveryStep> fence = vm.sharedPool().flatMap(pool -> fence(id, pool, holder));
                if (fence.isPresent()) {
                    return fence.get();
                }
            }
        }
        return startsLeft > 0 ? start(vm.record()) : new Wait(id, "its turn: others are being started");
    }

    private Optional<RecoveryStep> fence(String vmId, SharedPool pool, HostIdentity holder) {
        return switch (pool.fencing()) {
            case TRUST_PERMIT -> Optional.empty();
            case FENCED ->
                hosts.fenced().test(holder)
                        ? Optional.empty()
                        : Optional.of(new RecoveryStep.Fence(vmId, holder, pool.name()));
            case NONE ->
                Optional.of(new Wait(
                        vmId,
                        "fencing: pool " + pool.name() + " has none, " + named(holder) + " is to be confirmed dead"));
        };
    }

    private RecoveryStep start(VmRecord vm) {
        HostChooser.Choice choice = chooser.choose(vm, Map.copyOf(placed));
        if (choice instanceof HostChooser.Choice.On on) {
            startsLeft--;
            placed.put(vm.id(), on.host());
            PreparedMigration prepared = vm.prepared();
            return new RecoveryStep.Start(new LedgerCommand.Claim(
                    requestIds.get(),
                    vm.id(),
                    vm.owner(),
                    vm.epoch(),
                    prepared == null ? null : prepared.migrationId(),
                    on.host()));
        }
        List<String> reasons = ((HostChooser.Choice.Nowhere) choice).reasons();
        return new Wait(vm.id(), "no host takes it: " + String.join("; ", reasons));
    }

    private static String named(HostIdentity host) {
        return "host \"" + host.hostId() + "\" (incarnation " + host.incarnation() + ")";
    }
}
