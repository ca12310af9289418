package io.godwit.actors.permit;

import io.godwit.actors.directory.Ownership;
import io.godwit.config.VmSpec;
import io.godwit.control.ledger.DesiredState;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.permit.PermitHolder.Role;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

/**
 * Which VMs of this host run only under its permit, kept equal here and in the ledger: guarded here before the ledger is
 * asked to let others claim the VM, and no longer only when the ledger has said that they cannot.
 */
public final class Guarding {
    private final RunPermits permits;
    private final Ownership ownership;
    private final Predicate<String> isShared;

    /** @param isShared whether a pool, by name, is the same directory on every host that names it */
    public Guarding(RunPermits permits, Ownership ownership, Predicate<String> isShared) {
        this.permits = permits;
        this.ownership = ownership;
        this.isShared = isShared;
    }

    /** Whether another host could start it, by what this host's file says of pools. */
    public boolean isMovable(VmSpec spec) {
        return spec.isMovable(isShared);
    }

    /** Whether any host could have had the ledger guard it, whatever its file says of pools. */
    private static boolean mayBeGuarded(VmSpec spec) {
        return spec.availability().ha() && spec.outlivesPowerLoss();
    }

    /** Before room for it is reserved: this host may run it, as a migration's target. */
    public void expect(VmRecord vm) {
        permits.hold(vm.id(), vm.epoch(), Role.TARGET, mayBeGuarded(vm.spec()), permits.period());
    }

    /**
     * The ledger says that the VM is this host's. Guarded until the ledger has said otherwise, if it could be.
     *
     * @param askedIn the period in which that was asked
     */
    public void own(VmRecord vm, long askedIn) {
        permits.hold(vm.id(), vm.epoch(), Role.OWNER, presumed(vm), askedIn);
    }

    private boolean presumed(VmRecord vm) {
        return mayBeGuarded(vm.spec())
                && permits.guardedByLedger(vm.id(), vm.epoch()).orElse(true);
    }

    /**
     * Has the ledger make the VM, guarded as its definition asks. Until it has answered, nothing is held of the VM here,
     * so that no machine of it may run.
     */
    public CompletionStage<VmRecord> define(String vmId, VmSpec spec, DesiredState desired) {
        boolean guard = isMovable(spec);
        long askedIn = permits.period();
        return ownership.define(vmId, spec, desired, guard).thenApply(vm -> {
            permits.guardedByLedger(vm.id(), vm.epoch(), guard);
            permits.hold(vm.id(), vm.epoch(), Role.OWNER, guard, askedIn);
            return vm;
        });
    }

    /**
     * Has the ledger guard the VM or not, as its definition asks; nothing where that is so already. To be done before a VM
     * is started and whenever its disks change.
     *
     * @param vm as owned by this life of the host
     * @param spec as the VM has it now, or is about to have it
     * @param askedIn the period in which was asked what said that the VM is this host's; {@link RunPermits#NEVER} where
     *     that is not known, which stops a running VM until it was read
     */
    public CompletionStage<VmRecord> settle(VmRecord vm, VmSpec spec, long askedIn) {
        boolean guard = isMovable(spec);
        boolean settled =
                guard ? isSettled(vm, true) : isSettled(vm, false) || (!mayBeGuarded(vm.spec()) && !mayBeGuarded(spec));
        boolean held = permits.isOwned(vm.id(), vm.epoch());
        if (!held || (guard && !permits.isGuarded(vm.id()))) {
            permits.hold(vm.id(), vm.epoch(), Role.OWNER, guard || (!settled && presumed(vm)), askedIn);
        }
        if (settled) {
            return CompletableFuture.completedStage(vm);
        }
        long period = permits.period();
        return ownership.guard(vm, guard).thenApply(answered -> {
            permits.guardedByLedger(vm.id(), vm.epoch(), guard);
            permits.hold(vm.id(), vm.epoch(), Role.OWNER, guard, period);
            return answered;
        });
    }

    private boolean isSettled(VmRecord vm, boolean guard) {
        return permits.guardedByLedger(vm.id(), vm.epoch())
                .filter(known -> known == guard)
                .isPresent();
    }
}
