package io.godwit.control.recovery;

import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.PreparedMigration;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.recovery.RecoverableVm.SharedPool;
import io.godwit.control.recovery.RecoveryPlanner.Hosts;
import io.godwit.control.recovery.RecoveryStep.Wait;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Whether a VM whose host is dead may be taken to another because an operator asks for it now, where recovery would leave
 * it: it is off, its host is to keep its VMs, or its place is to be chosen by hand. Nothing else is asked more lightly than
 * by {@link RecoveryPlanner}: an operator's request says nothing of whether the old host still runs the VM.
 *
 * <p>A VM that permits do not guard runs on in a host that nobody hears, so the end of that host's permit proves nothing
 * of it, nor does a fence that may only cut the host off from its disks. Only an operator's word that the host is dead does.
 */
public final class RescuePlanner {
    /**
     * A VM that is to be rescued.
     *
     * @param localDisk what its first disk is that is not in a shared pool; empty if it has none
     */
    public record Rescued(RecoverableVm vm, Optional<LocalDisk> localDisk) {}

    /** @param where why it is not shared, such as {@code is local to host "a"} */
    public record LocalDisk(String volume, String pool, String where) {}

    private final Hosts hosts;
    private final Predicate<String> members;

    private RescuePlanner(Hosts hosts, Predicate<String> members) {
        this.hosts = hosts;
        this.members = members;
    }

    /**
     * @param members whether the cluster reaches a host, by its name
     * @param requestId of the claim
     * @return {@link RecoveryStep.Start} if it may be claimed now; {@link RecoveryStep.Fence} if a fence has to succeed
     *     before; else {@link Wait} with the reason for which it is refused
     */
    public static RecoveryStep plan(
            Rescued rescued, Hosts hosts, Predicate<String> members, HostChooser chooser, String requestId) {
        VmRecord vm = rescued.vm().record();
        RescuePlanner planner = new RescuePlanner(hosts, members);
        return planner.refusal(rescued)
                .<RecoveryStep>map(reason -> new Wait(vm.id(), reason))
                .or(() -> planner.fence(rescued.vm()))
                .orElseGet(() -> start(vm, chooser, requestId));
    }

    private Optional<String> refusal(Rescued rescued) {
        VmRecord vm = rescued.vm().record();
        HostIdentity owner = vm.owner();
        if (rescued.localDisk().isPresent()) {
            LocalDisk disk = rescued.localDisk().get();
            return Optional.of("volume " + disk.volume() + " is in pool " + disk.pool() + ", which " + disk.where()
                    + "; a rescue needs all disks in shared pools");
        }
        if (hosts.returned().test(owner)) {
            return Optional.of("host \"" + owner.hostId() + "\" is back and takes it again");
        }
        if (hosts.heard().test(owner) || members.test(owner.hostId())) {
            return Optional.of(named(owner) + " is alive; only a VM of a dead host is rescued, others are migrated");
        }
        return holders(vm).stream()
                .flatMap(holder -> objection(rescued.vm(), holder).stream())
                .findFirst();
    }

    private Optional<String> objection(RecoverableVm vm, HostIdentity holder) {
        if (!hosts.silent().test(holder)) {
            PreparedMigration prepared = vm.record().prepared();
            String what = prepared != null && prepared.target().equals(holder)
                    ? ", which decides migration " + prepared.migrationId()
                    : "; ask again when it has ended";
            return Optional.of("the run permit of " + named(holder) + " may be valid" + what);
        }
        if (hosts.confirmedDead().test(holder)) {
            return Optional.empty();
        }
        if (!vm.guarded()) {
            return Optional.of("the VM is not guarded: it needs no run permit to run on " + named(holder)
                    + ", so only the host's death ends it: godwit host confirm-dead " + holder.hostId());
        }
        return vm.sharedPool()
                .filter(pool -> pool.fencing() == Fencing.NONE)
                .map(pool -> "fencing: pool " + pool.name() + " has none, so " + named(holder)
                        + " is to be confirmed dead: godwit host confirm-dead " + holder.hostId());
    }

    private Optional<RecoveryStep> fence(RecoverableVm vm) {
        Optional<SharedPool> fenced = vm.sharedPool().filter(pool -> pool.fencing() == Fencing.FENCED);
        return fenced.flatMap(pool -> holders(vm.record()).stream()
                .filter(holder ->
                        !hosts.confirmedDead().test(holder) && !hosts.fenced().test(holder))
                .findFirst()
                .map(holder -> new RecoveryStep.Fence(vm.record().id(), holder, pool.name())));
    }

    private static List<HostIdentity> holders(VmRecord vm) {
        PreparedMigration prepared = vm.prepared();
        return prepared == null ? List.of(vm.owner()) : List.of(vm.owner(), prepared.target());
    }

    private static RecoveryStep start(VmRecord vm, HostChooser chooser, String requestId) {
        HostChooser.Choice choice = chooser.choose(vm, Map.of());
        if (choice instanceof HostChooser.Choice.On on) {
            PreparedMigration prepared = vm.prepared();
            String migrationId = prepared == null ? null : prepared.migrationId();
            return new RecoveryStep.Start(
                    new LedgerCommand.Claim(requestId, vm.id(), vm.owner(), vm.epoch(), migrationId, on.host()));
        }
        List<String> reasons = ((HostChooser.Choice.Nowhere) choice).reasons();
        return new Wait(vm.id(), "no host takes it: " + String.join("; ", reasons));
    }

    private static String named(HostIdentity host) {
        return "host \"" + host.hostId() + "\" (incarnation " + host.incarnation() + ")";
    }
}
