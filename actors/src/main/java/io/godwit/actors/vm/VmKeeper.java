package io.godwit.actors.vm;

import io.godwit.actors.cluster.NodeServices;
import io.godwit.actors.vault.VaultedMachine;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.restart.RestartPolicy.Decision;
import io.godwit.vmm.MachineEvent;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jspecify.annotations.Nullable;

/** What a VM's actor knows of its VM and is busy with: {@link VmActor} does what it is told with it. */
abstract class VmKeeper extends AbstractBehavior<VmActor.Command> {
    final NodeServices node;
    final VmOperations operations;
    final VmMoves moves;
    final VmForecasts forecasts;
    final VmConsoles consoles;
    final GracefulStop grace;
    final VmDevices devices;
    final VmRestarts restarts;
    VmRecord record;
    VmStatus status;
    String detail = "";

    @Nullable
    Operation operation;

    @Nullable
    VaultedMachine machine;

    @Nullable
    MachineParts parts;

    @Nullable
    MachineEvent pendingEvent;

    @Nullable
    GuestActView lastAct;

    VmKeeper(ActorContext<VmActor.Command> context, NodeServices node, VmRecord record, VmStatus status) {
        super(context);
        this.node = node;
        this.operations = new VmOperations(node);
        this.moves = new VmMoves(context, node);
        this.forecasts = new VmForecasts(node, context.getSystem());
        this.consoles = new VmConsoles(context);
        this.grace = new GracefulStop(context, operations);
        this.devices = new VmDevices(context, node);
        this.restarts = new VmRestarts(context);
        this.record = record;
        this.status = status;
    }

    void take(VaultedMachine taken) {
        ActorRef<VmActor.Command> self = getContext().getSelf();
        machine = taken;
        parts = new MachineParts(getContext(), taken, () -> self.tell(VmStep.PermitTurned.INSTANCE));
        taken.machine().onEvent(event -> self.tell(new VmStep.GuestEvent(event)));
        taken.machine()
                .onDeviceFault((device, reason) ->
                        node.events().vm("vm.device-failed", record.id(), "device", device, "reason", reason));
    }

    void letGo() {
        forecasts.end();
        consoles.end();
        if (parts != null) {
            parts.stop(getContext());
        }
        parts = null;
        machine = null;
    }

    /** Begins an operation, or tells the asker why not. */
    boolean begin(String name, ActorRef<VmActor.Answer> replyTo, VmStatus... allowed) {
        Optional<Problem> refusal = VmRules.refusal(name, record, status, operation, allowed);
        if (refusal.isPresent()) {
            replyTo.tell(new VmActor.Rejected(refusal.get()));
            return false;
        }
        operation = new Operation(name, replyTo);
        return true;
    }

    /** Ends the operation under way, answers who asked for it, and takes up what the guest did meanwhile. */
    void answer(VmActor.Answer answer) {
        Operation ended = operation;
        operation = null;
        if (ended != null && ended.replyTo() != null) {
            ended.replyTo().tell(answer);
        }
        takeUpPendingEvent();
    }

    void takeUpPendingEvent() {
        MachineEvent event = pendingEvent;
        pendingEvent = null;
        if (event != null) {
            getContext().getSelf().tell(new VmStep.GuestEvent(event));
        }
    }

    void pipe(CompletionStage<VmRecord> stage, VmStatus statusAfter, VmStatus statusOnFailure) {
        pipe(stage, vm -> new VmStep.OperationDone(vm, statusAfter), statusOnFailure);
    }

    <T> void pipe(CompletionStage<T> stage, Function<T, VmActor.Command> success, VmStatus statusOnFailure) {
        VmRecord known = record;
        CompletionStage<VmActor.Command> outcome = stage.<VmActor.Command>thenApply(success)
                .exceptionallyCompose(failure -> operations
                        .current(known)
                        .thenApply(vm ->
                                new VmStep.OperationFailed(ProblemException.problemOf(failure), statusOnFailure, vm)));
        getContext().pipeToSelf(outcome, (command, impossible) -> command);
    }

    /** Off until it is started again, or kept for an operator to look into, as the guest left it. */
    void stand(MachineEvent event, String why) {
        detail = why;
        if (GuestActs.isEnd(event)) {
            status = VmStatus.STOPPED;
            letGo();
            var unused = node.vault().close(record.id());
        } else {
            status = VmStatus.CRASHED;
            requireParts().pause();
        }
    }

    /** A start that nobody asked for now is tried again by itself. */
    void notRestarted() {
        Decision decision = restarts.failed();
        if (decision instanceof Decision.Restart restart) {
            detail += "; " + restart.describe();
        } else if (decision instanceof Decision.GiveUp giveUp) {
            detail += "; " + giveUp.reason();
            node.events().vm("vm.restart-given-up", record.id(), "reason", detail);
        }
    }

    /** A machine that only waits for its host's permit is to run. */
    VmStatus afterFailure(VmStatus expected) {
        boolean suspended = parts != null && parts.isSuspended();
        return suspended ? VmStatus.RUNNING : VmRules.afterFailure(expected, machine);
    }

    Behavior<VmActor.Command> onMigrateCold(VmActor.MigrateCold request) {
        if (VmRules.refused(request, record, node)) {
            return this;
        } else if (begin("migrate cold", request.replyTo(), VmStatus.STOPPED)) {
            restarts.forget();
            operation = Operation.migration(request.migrationId());
            moves.leaveCold(request, record);
        }
        return this;
    }

    /** The VM is as it was, or the ledger has given it away with its disks. */
    Behavior<VmActor.Command> onColdEnded(VmMove.ColdEnded ended) {
        moves.coldEnded();
        if (ended.gone()) {
            node.permits().release(record.id(), record.epoch());
            return forgotten();
        }
        record = ended.vm();
        answer(new VmActor.Done(view()));
        return this;
    }

    Behavior<VmActor.Command> forgotten() {
        letGo();
        return Behaviors.stopped();
    }

    MachineParts requireParts() {
        return Objects.requireNonNull(parts, "a VM that is " + status + " has parts");
    }

    VaultedMachine requireMachine() {
        return Objects.requireNonNull(machine, "a VM that is " + status + " has a machine");
    }

    Behavior<VmActor.Command> after(Runnable act) {
        act.run();
        return this;
    }

    Behavior<VmActor.Command> show(ActorRef<VmActor.Answer> replyTo) {
        replyTo.tell(new VmActor.Done(view()));
        return this;
    }

    VmView view() {
        boolean suspended = status == VmStatus.RUNNING && parts != null && parts.isSuspended();
        VmView view = VmView.of(record, node.hostId(), status, machine, operation, detail, lastAct)
                .guarded(node.permits().isGuarded(record.id()));
        return suspended ? view.suspended(node.hostId()) : view;
    }
}
