package io.godwit.actors.vm;

import io.godwit.actors.cluster.NodeServices;
import io.godwit.actors.permit.RunPermits;
import io.godwit.actors.vault.VaultedMachine;
import io.godwit.control.ledger.DesiredState;
import io.godwit.control.ledger.LedgerAnswer;
import io.godwit.control.ledger.VmRecord;
import io.godwit.vmm.MachineEvent;
import io.godwit.vmm.SerialLog;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What changes a VM, step by step: the ledger, then the vault, then the machine's parts. Each step begins when the one
 * before has ended; the stages fail with what the operator is told. Holds nothing of the VM: its actor does.
 */
final class VmOperations {
    private final NodeServices node;

    VmOperations(NodeServices node) {
        this.node = node;
    }

    /** A machine that waits at its first instruction, and the record that says it is to run. */
    record Booted(VmRecord vm, VaultedMachine machine) {}

    /** Boots anew; a machine that crashed was kept for inspection until now. */
    CompletionStage<Booted> start(VmRecord vm) {
        return node.vault()
                .close(vm.id())
                .thenCompose(gone -> node.ownership().reclaimed(vm))
                .thenCompose(mine -> node.guarding().settle(mine, mine.spec(), RunPermits.NEVER))
                .thenCompose(mine -> node.ownership().desire(mine, DesiredState.RUNNING))
                .thenCompose(this::boot);
    }

    /** Only its owner starts a VM from its disks, and this host may have learned meanwhile that it is not. */
    private CompletionStage<Booted> boot(VmRecord mine) {
        return node.permits().isOwned(mine.id(), mine.epoch())
                ? node.vault().createBooted(mine.id(), mine.spec()).thenApply(made -> new Booted(mine, made))
                : CompletableFuture.failedStage(notOurs(mine));
    }

    /** Boots a VM that the ledger has just recorded as to run here, in the machine that was made meanwhile, if one was. */
    CompletionStage<Booted> startNew(VmRecord vm) {
        Optional<VaultedMachine> made = node.vault().find(vm.id());
        if (made.isPresent() && node.permits().isOwned(vm.id(), vm.epoch())) {
            return CompletableFuture.completedStage(new Booted(vm, made.get()));
        }
        return node.vault()
                .close(vm.id())
                .thenCompose(gone -> boot(vm))
                .exceptionallyCompose(failure -> CompletableFuture.failedStage(notStarted(vm, failure)));
    }

    private static ProblemException notStarted(VmRecord vm, Throwable failure) {
        Problem why = ProblemException.problemOf(failure);
        String detail = "VM " + vm.spec().name() + " is defined, but was not started: " + why.detail();
        return new ProblemException(
                new Problem(why.kind(), detail, why.field(), why.value(), why.accepted(), why.reasons()));
    }

    /** Boots a VM that is to run, by what the ledger says now. */
    CompletionStage<Booted> bringUp(VmRecord vm) {
        return node.ownership()
                .find(vm.id())
                .thenCompose(found -> found.filter(now -> isToRunHere(now))
                        .map(this::start)
                        .orElseGet(() -> CompletableFuture.failedStage(notOurs(vm))));
    }

    private boolean isToRunHere(VmRecord vm) {
        return vm.owner().equals(node.ownership().self())
                && vm.prepared() == null
                && vm.desired() == DesiredState.RUNNING;
    }

    private ProblemException notOurs(VmRecord vm) {
        return new ProblemException(Problem.of(
                Problem.Kind.CONFLICT,
                "VM " + vm.spec().name() + " is not to run on host " + node.hostId() + " at epoch " + vm.epoch()
                        + " any more"));
    }

    CompletionStage<VmRecord> powerOff(VmRecord vm) {
        return node.ownership()
                .desire(vm, DesiredState.STOPPED)
                .thenCompose(mine -> node.vault().close(mine.id()).thenApply(closed -> mine));
    }

    CompletionStage<VmRecord> pause(VmRecord vm, MachineParts parts) {
        return parts.pause().thenCompose(paused -> node.ownership().desire(vm, DesiredState.PAUSED));
    }

    CompletionStage<VmRecord> resume(VmRecord vm, MachineParts parts) {
        return node.ownership()
                .desire(vm, DesiredState.RUNNING)
                .thenCompose(mine -> parts.resume().thenApply(resumed -> mine));
    }

    /** A VM whose start failed, or whose host was restarted, is stopped but was to run; the ledger deletes only what is not. */
    CompletionStage<LedgerAnswer> delete(VmRecord vm) {
        CompletionStage<VmRecord> undesired = vm.desired() == DesiredState.STOPPED
                ? CompletableFuture.completedStage(vm)
                : node.ownership().desire(vm, DesiredState.STOPPED);
        return undesired.thenCompose(mine -> node.ownership().delete(mine));
    }

    /** Where a migration has stopped the machine for its switchover, false: the reboot waits for its end. */
    CompletionStage<Boolean> reboot(VaultedMachine machine, MachineParts parts) {
        return parts.reboot(() -> node.vault().work(() -> {
            machine.machine().boot();
            machine.guestEventTaken();
        }));
    }

    /** What changes a machine and leaves the VM in the status that it has. */
    CompletionStage<?> power(PowerRequest request, VaultedMachine machine, MachineParts parts, VmStatus status) {
        if (request instanceof PowerRequest.RenewGeneration) {
            return renewGeneration(machine, parts, status == VmStatus.RUNNING);
        }
        return request instanceof PowerRequest.Reset ? reboot(machine, parts) : pressPowerButton(machine);
    }

    /** Fails where the machine has no such button. */
    CompletionStage<Void> pressPowerButton(VaultedMachine machine) {
        return node.vault().work(() -> {
            if (!machine.machine().pressPowerButton()) {
                throw without(machine, "power button");
            }
        });
    }

    /** Fails where the machine has no such id. */
    private CompletionStage<Void> renewGeneration(VaultedMachine machine, MachineParts parts, boolean running) {
        Supplier<CompletionStage<Void>> renewal = () -> node.vault().work(() -> {
            if (!machine.machine().renewGeneration()) {
                throw without(machine, "generation id");
            }
        });
        return running ? parts.whileQuiet(renewal) : renewal.get();
    }

    private static ProblemException without(VaultedMachine machine, String what) {
        return new ProblemException(Problem.of(
                Problem.Kind.CONFLICT,
                "VM " + machine.machine().spec().name() + " has no " + what + ": its machine is "
                        + machine.machine().backend().label()));
    }

    /** Boots a guest anew that reset itself during its migration; what is left to be taken up behind that, if anything. */
    CompletionStage<Optional<MachineEvent>> rebootMeanwhile(
            VaultedMachine machine, MachineParts parts, MachineEvent reset) {
        return reboot(machine, parts)
                .thenApply(done -> done ? Optional.<MachineEvent>empty() : Optional.of(reset))
                .exceptionally(failure -> Optional.of(new MachineEvent.Failed(
                        0,
                        "the guest reset itself and could not be booted: "
                                + ProblemException.problemOf(failure).detail())));
    }

    static void read(@Nullable VaultedMachine machine, VmRecord vm, VmStatus status, VmActor.ReadSerial asked) {
        // What an incoming machine holds so far is not the guest's: it gets its log with the devices' state.
        if (machine == null || status == VmStatus.INCOMING) {
            asked.replyTo()
                    .tell(new VmActor.Rejected(Problem.of(
                            Problem.Kind.CONFLICT,
                            "VM " + vm.spec().name() + " is " + status.label() + " and has no serial port")));
            return;
        }
        SerialLog log = machine.machine().serial();
        int maxBytes = Math.min(Math.max(asked.maxBytes(), 0), VmActor.ReadSerial.LIMIT_BYTES);
        SerialLog.Chunk chunk = log.read(Math.max(asked.from(), 0), maxBytes);
        asked.replyTo().tell(new VmActor.Serial(chunk.position(), chunk.bytes(), log.position()));
    }

    /** Gives up a machine that did not arrive whole, or sets it aside where that was asked for. */
    CompletionStage<Void> giveUp(VmRecord vm, VmMove.NotArrived failed) {
        if (failed.keep()) {
            node.vault().keep(vm.id(), failed.migrationId(), failed.reason());
        }
        return node.vault().close(vm.id());
    }

    /** Gives up a machine that is of no use; the record, where there is one, says whose the VM is. */
    CompletionStage<Optional<VmRecord>> discard(VmRecord vm) {
        return node.vault()
                .close(vm.id())
                .thenCompose(closed -> node.ownership().find(vm.id()));
    }

    /** The record may have changed, in owner and epoch too, before an operation failed: the next one has to know. */
    CompletionStage<VmRecord> current(VmRecord known) {
        return node.ownership()
                .find(known.id())
                .handle((found, unreachable) -> unreachable == null
                        ? found.filter(vm -> vm.owner().hostId().equals(node.hostId()))
                                .orElse(known)
                        : known);
    }
}
