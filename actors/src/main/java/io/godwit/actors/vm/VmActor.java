package io.godwit.actors.vm;

import io.godwit.actors.cluster.NodeServices;
import io.godwit.actors.migration.Manifest;
import io.godwit.actors.migration.MigrationSource;
import io.godwit.actors.migration.MigrationTarget;
import io.godwit.actors.migration.MigrationView;
import io.godwit.actors.migration.PlanView;
import io.godwit.actors.serialization.Wire;
import io.godwit.actors.vault.VaultedMachine;
import io.godwit.config.MigrationParameters;
import io.godwit.control.ledger.DesiredState;
import io.godwit.control.ledger.VmRecord;
import io.godwit.migration.convergence.Plan;
import io.godwit.vmm.MachineEvent;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.jspecify.annotations.Nullable;

/**
 * One virtual machine on the host that owns it, and the only door to it. One operation at a time: what arrives while
 * another is under way is refused with that operation's name.
 */
public final class VmActor extends AbstractBehavior<VmActor.Command> {
    public sealed interface Command {}

    /** What operators ask, from whichever host. Every request gets exactly one {@link Answer}. */
    public sealed interface Request extends Command, Wire {
        ActorRef<Answer> replyTo();
    }

    public record Describe(ActorRef<Answer> replyTo) implements Request {}

    public record Start(ActorRef<Answer> replyTo) implements Request {}

    /** Power off, at once. */
    public record Stop(ActorRef<Answer> replyTo) implements Request {}

    public record Pause(ActorRef<Answer> replyTo) implements Request {}

    public record Resume(ActorRef<Answer> replyTo) implements Request {}

    /** Removes the definition of a stopped VM. */
    public record Delete(ActorRef<Answer> replyTo) implements Request {}

    /** Serial output from a stream position on, at most {@code maxBytes}. */
    public record ReadSerial(long from, int maxBytes, ActorRef<Answer> replyTo) implements Request {
        public static final int LIMIT_BYTES = 64 << 10;
    }

    /** Moves the VM to another host. Answered at once; the migration is an object of its own. */
    public record Migrate(String migrationId, String target, MigrationParameters parameters, ActorRef<Answer> replyTo)
            implements Request {}

    /** About a move that has not begun. */
    public sealed interface ForecastRequest extends Request {}

    /** Begins to watch what the VM dirties, 100 ms to 60 s long. Answered at once. */
    public record MeasureDirtyRate(long durationMs, ActorRef<Answer> replyTo) implements ForecastRequest {}

    /** What the last measurement has found, or how far it is. */
    public record DescribeDirtyRate(ActorRef<Answer> replyTo) implements ForecastRequest {}

    /** What a migration would be like, without beginning it. */
    public record PlanMigration(String target, MigrationParameters parameters, ActorRef<Answer> replyTo)
            implements ForecastRequest {}

    /** About a device that comes or goes. */
    public sealed interface DeviceRequest extends Request
            permits DeviceMessages.AttachDisk, DeviceMessages.AttachNic, DeviceMessages.Detach {}

    public sealed interface Answer extends Wire {}

    public record DirtyRateKnown(DirtyRateView rate) implements Answer {}

    public record Planned(PlanView plan) implements Answer {}

    public record Done(VmView vm) implements Answer {}

    public record Deleted(String vmId) implements Answer {}

    /** Serial output from a stream position on; the end is behind everything written so far. */
    @SuppressWarnings("ArrayRecordComponent")
    public record Serial(long position, byte[] bytes, long end) implements Answer {}

    public record MigrationAccepted(MigrationView migration) implements Answer {}

    public record Rejected(Problem problem) implements Answer {}

    /** From the migration's source side: the VM stays. The fault says why it stands still, where it ought to run. */
    public record MigrationKept(String migrationId, String fault) implements Command {}

    /** From the migration's source side: the VM runs elsewhere and everything here was given back. */
    public record MigrationGone(String migrationId, String to) implements Command {}

    /** From the migration's target side: Go was obeyed, but for the fault where there is one; the record follows. */
    public record ObeyedGo(VmStatus status, String fault) implements Command {}

    /** From the migration's target side: the VM is ours. */
    public record Arrived(String migrationId, VmRecord vm) implements Command {}

    /** From the migration's target side: it will not come. What arrived is set aside or given back. */
    public record NotArrived(String migrationId, String reason, boolean keep) implements Command {}

    /** From the migration's target side: the ledger contradicts Go; the VM is paused and kept for an operator. */
    public record Disputed(String migrationId, String reason) implements Command {}

    /** From the migration's target side: the VM is ours by the ledger, but its memory never arrived whole. */
    public record LostOnTheWay(String migrationId, String reason) implements Command {}

    /** An operator's word to a migration that has its source here. */
    public record AskSource(MigrationSource.Command word, ActorRef<Answer> replyTo) implements Command {}

    /** The source's side ended, and with it went all it held: the VM may move again. */
    record SourceReleased(String migrationId) implements Command {}

    /** A side of a migration failed in a way it does not know: the ledger has to say whose the VM is. */
    record MigrationBroke(String migrationId) implements Command {}

    /** A device came or went, or did not. */
    record DevicesChanged(VmRecord vm, @Nullable Problem problem) implements Command {}

    private record MachineReady(VmRecord vm, VaultedMachine machine) implements Command {}

    private record OperationDone(VmRecord vm, VmStatus status) implements Command {}

    /** @param vm the ledger's record as it is after what went well before the failure */
    private record OperationFailed(Problem problem, VmStatus status, VmRecord vm) implements Command {}

    private record RecordDeleted() implements Command {}

    private enum Forgotten implements Command {
        INSTANCE
    }

    private record GuestEvent(MachineEvent event) implements Command {}

    /** A guest reset itself during its migration; {@code left} waits for the migration's end. */
    private record RebootedMeanwhile(Optional<MachineEvent> left) implements Command {}

    record IncomingReady(VaultedMachine machine, MigrationTarget.Start start) implements Command {}

    private static final Duration POWER_OFF_RETRY = Duration.ofSeconds(1);

    private final NodeServices node;
    private final VmOperations operations;
    private final VmMoves moves;
    private final VmForecasts forecasts;
    private final VmDevices devices;
    private VmRecord record;
    private VmStatus status;
    private String detail = "";
    private @Nullable Operation operation;
    private @Nullable VaultedMachine machine;
    private @Nullable MachineParts parts;
    private @Nullable MachineEvent pendingEvent;

    /** A VM this host owns by the ledger; adopts its machine where the vault still has it. */
    public static Behavior<Command> create(NodeServices node, VmRecord record) {
        return Behaviors.setup(context -> {
            VmActor actor = new VmActor(context, node, record, VmStatus.STOPPED);
            node.hosted().enter(record.id(), record.spec().name());
            node.vault().find(record.id()).ifPresentOrElse(actor::adopt, actor::explainAbsence);
            return actor;
        });
    }

    /** A VM that is coming from another host. */
    public static Behavior<Command> receive(
            NodeServices node, Manifest manifest, ActorRef<MigrationSource.Command> source) {
        return Behaviors.setup(context -> {
            VmActor actor = new VmActor(context, node, manifest.vm(), VmStatus.INCOMING);
            actor.operation = Operation.migration(manifest.migrationId());
            actor.moves.expect(manifest, source);
            return actor;
        });
    }

    private VmActor(ActorContext<Command> context, NodeServices node, VmRecord record, VmStatus status) {
        super(context);
        this.node = node;
        this.operations = new VmOperations(node);
        this.moves = new VmMoves(context, node);
        this.forecasts = new VmForecasts(node, context.getSystem());
        this.devices = new VmDevices(context, node);
        this.record = record;
        this.status = status;
    }

    private void adopt(VaultedMachine found) {
        take(found);
        found.settled();
        found.machine().vcpus().forEach(vcpu -> vcpu.throttle(0));
        MachineEvent missed = found.guestEvent();
        if (missed != null) {
            getContext().getSelf().tell(new GuestEvent(missed));
        }
        status = VmRules.seen(found.machine());
        if (missed == null && status == VmStatus.PAUSED && record.desired() == DesiredState.RUNNING) {
            operation = new Operation("resume", null);
            pipe(requireParts().resume(), resumed -> new OperationDone(record, VmStatus.RUNNING), VmStatus.PAUSED);
        }
    }

    private void explainAbsence() {
        if (VmRules.lostItsMemory(record, node.ownership().self())) {
            status = VmStatus.WAITING_FOR_HOST;
            detail = VmRules.LOST_MEMORY;
        }
    }

    private void take(VaultedMachine taken) {
        ActorRef<Command> self = getContext().getSelf();
        machine = taken;
        parts = new MachineParts(getContext(), taken.machine());
        taken.machine().onEvent(event -> self.tell(new GuestEvent(event)));
    }

    private void letGo() {
        forecasts.end();
        if (parts != null) {
            parts.stop(getContext());
        }
        parts = null;
        machine = null;
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Describe.class, request -> show(request.replyTo()))
                .onMessage(Start.class, this::onStart)
                .onMessage(Stop.class, this::onStop)
                .onMessage(Pause.class, this::onPause)
                .onMessage(Resume.class, this::onResume)
                .onMessage(Delete.class, this::onDelete)
                .onMessage(
                        ReadSerial.class, request -> after(() -> VmOperations.read(machine, record, status, request)))
                .onMessage(Migrate.class, this::onMigrate)
                .onMessage(MachineReady.class, this::onMachineReady)
                .onMessage(OperationDone.class, this::onOperationDone)
                .onMessage(OperationFailed.class, this::onOperationFailed)
                .onMessage(RecordDeleted.class, this::onRecordDeleted)
                .onMessage(GuestEvent.class, this::onGuestEvent)
                .onMessage(RebootedMeanwhile.class, this::onRebootedMeanwhile)
                .onMessage(Forgotten.class, forgotten -> Behaviors.stopped())
                .onMessage(MigrationKept.class, this::onMigrationKept)
                .onMessage(MigrationBroke.class, this::onMigrationBroke)
                .onMessage(MigrationGone.class, gone -> forgotten())
                .onMessage(IncomingReady.class, this::onIncomingReady)
                .onMessage(ObeyedGo.class, this::onObeyedGo)
                .onMessage(Arrived.class, this::onArrived)
                .onMessage(NotArrived.class, this::onNotArrived)
                .onMessage(Disputed.class, this::onDisputed)
                .onMessage(LostOnTheWay.class, this::onLostOnTheWay)
                .onMessage(AskSource.class, request -> after(() -> moves.askSource(request, record)))
                .onMessage(
                        ForecastRequest.class,
                        request -> after(() -> forecasts.answer(request, record, status, machine, operation)))
                .onMessage(DeviceRequest.class, this::onDeviceRequest)
                .onMessage(DevicesChanged.class, this::onDevicesChanged)
                .onMessage(SourceReleased.class, released -> after(moves::released))
                .build();
    }

    private Behavior<Command> onStart(Start request) {
        switch (status) {
            case RUNNING -> show(request.replyTo());
            case PAUSED -> onResume(new Resume(request.replyTo()));
            default -> {
                if (begin("start", request.replyTo(), VmStatus.STOPPED, VmStatus.CRASHED, VmStatus.WAITING_FOR_HOST)) {
                    VmStatus before = status;
                    status = VmStatus.STARTING;
                    letGo();
                    pipe(operations.start(record), booted -> new MachineReady(booted.vm(), booted.machine()), before);
                }
            }
        }
        return this;
    }

    private Behavior<Command> onMachineReady(MachineReady ready) {
        record = ready.vm();
        take(ready.machine());
        pipe(requireParts().resume(), resumed -> new OperationDone(record, VmStatus.RUNNING), VmStatus.PAUSED);
        return this;
    }

    private Behavior<Command> onStop(Stop request) {
        if (status == VmStatus.STOPPED && record.desired() == DesiredState.STOPPED) {
            return show(request.replyTo());
        } else if (begin("stop", request.replyTo(), VmRules.stoppable())) {
            powerOff("");
        }
        return this;
    }

    private void powerOff(String why) {
        VmStatus before = status;
        status = VmStatus.STOPPING;
        detail = why;
        pipe(operations.powerOff(record), VmStatus.STOPPED, before);
    }

    private Behavior<Command> onPause(Pause request) {
        if (status == VmStatus.PAUSED && operation == null) {
            return show(request.replyTo());
        } else if (begin("pause", request.replyTo(), VmStatus.RUNNING)) {
            pipe(operations.pause(record, requireParts()), VmStatus.PAUSED, VmStatus.PAUSED);
        }
        return this;
    }

    private Behavior<Command> onResume(Resume request) {
        if (status == VmStatus.RUNNING && operation == null) {
            return show(request.replyTo());
        } else if (begin("resume", request.replyTo(), VmStatus.PAUSED)) {
            pipe(operations.resume(record, requireParts()), VmStatus.RUNNING, VmStatus.PAUSED);
        }
        return this;
    }

    private Behavior<Command> onDelete(Delete request) {
        if (begin("delete", request.replyTo(), VmStatus.STOPPED, VmStatus.WAITING_FOR_HOST)) {
            pipe(operations.delete(record), answer -> new RecordDeleted(), status);
        }
        return this;
    }

    private Behavior<Command> onRecordDeleted(RecordDeleted done) {
        node.events().vm("vm.deleted", record.id(), "name", record.spec().name());
        answer(new Deleted(record.id()));
        return Behaviors.stopped();
    }

    private Behavior<Command> onDeviceRequest(DeviceRequest request) {
        if (!devices.join(request) && begin(VmDevices.name(request), request.replyTo(), VmDevices.allowed(request))) {
            operation = devices.begin(request, record, machine);
        }
        return this;
    }

    private Behavior<Command> onDevicesChanged(DevicesChanged done) {
        record = done.vm();
        if (machine != null) {
            requireParts().follow(getContext(), machine.machine());
        }
        Answer answer = done.problem() == null ? new Done(view()) : new Rejected(done.problem());
        devices.ended(answer);
        answer(answer);
        return this;
    }

    private Behavior<Command> onMigrate(Migrate request) {
        if (moves.holdBack(request) || VmRules.refused(request, record, node)) {
            return this;
        } else if (begin("migrate", request.replyTo(), VmStatus.RUNNING, VmStatus.PAUSED)) {
            operation = Operation.migration(request.migrationId());
            Plan expectation = forecasts.expectation(record, request.parameters());
            moves.leave(request, record, status == VmStatus.RUNNING, expectation, requireMachine(), requireParts());
        }
        return this;
    }

    private Behavior<Command> onMigrationKept(MigrationKept kept) {
        if (operation != null && moves.stay()) {
            if (!kept.fault().isEmpty()) {
                status = VmStatus.PAUSED;
                detail = kept.fault();
            }
            answer(new Done(view()));
        }
        return this;
    }

    /** The host's actor reads the ledger and begins this VM anew around its machine, or gives the machine up. */
    private Behavior<Command> onMigrationBroke(MigrationBroke broke) {
        if (!moves.isUnderWay()) {
            return this;
        }
        getContext().getLog().error("migration {} of VM {} broke", broke.migrationId(), record.id());
        return Behaviors.stopped();
    }

    private Behavior<Command> forgotten() {
        letGo();
        return Behaviors.stopped();
    }

    private Behavior<Command> onIncomingReady(IncomingReady ready) {
        take(ready.machine());
        return after(() -> moves.receive(ready, requireParts()));
    }

    private Behavior<Command> onObeyedGo(ObeyedGo obeyed) {
        status = obeyed.status();
        detail = obeyed.fault();
        return this;
    }

    private Behavior<Command> onArrived(Arrived arrived) {
        moves.arrived(arrived.migrationId());
        record = arrived.vm();
        node.hosted().enter(record.id(), record.spec().name());
        answer(new Done(view()));
        return this;
    }

    private Behavior<Command> onNotArrived(NotArrived failed) {
        moves.received();
        letGo();
        status = VmStatus.STOPPING;
        detail = failed.reason();
        getContext().pipeToSelf(operations.giveUp(record, failed), (closed, failure) -> Forgotten.INSTANCE);
        return this;
    }

    private Behavior<Command> onDisputed(Disputed disputed) {
        moves.received();
        status = VmStatus.CRASHED;
        detail = disputed.reason();
        answer(new Done(view()));
        return this;
    }

    private Behavior<Command> onLostOnTheWay(LostOnTheWay lost) {
        moves.received();
        letGo();
        getContext()
                .pipeToSelf(
                        operations.discard(record),
                        (vm, failure) -> failure == null && vm.isPresent()
                                ? new OperationDone(vm.get(), VmStatus.STOPPED)
                                : new NotArrived(lost.migrationId(), lost.reason(), false));
        return this;
    }

    private Behavior<Command> onGuestEvent(GuestEvent message) {
        if (machine == null) {
            return this;
        }
        if (operation != null) {
            actedMeanwhile(message.event());
            return this;
        }
        MachineEvent event = message.event();
        node.events()
                .vm("vm.guest-event", record.id(), "act", GuestActs.kind(event), "event", GuestActs.describe(event));
        if (event instanceof MachineEvent.ResetRequested) {
            operation = new Operation("reboot", null);
            pipe(
                    operations.reboot(requireMachine(), requireParts()),
                    rebooted -> new OperationDone(record, VmStatus.RUNNING),
                    VmStatus.CRASHED);
        } else if (event instanceof MachineEvent.Failed || event instanceof MachineEvent.Panicked) {
            status = VmStatus.CRASHED;
            detail = GuestActs.describe(event);
            requireParts().pause();
        } else {
            operation = Operation.poweredOff(event);
            powerOff(GuestActs.describe(event));
        }
        return this;
    }

    /**
     * The guest acts while an operation is under way. One that resets itself is booted anew at once, its migration going
     * on, unless it was stopped for the switchover already: then, as with a guest that ended, the migration ends and
     * what the guest did is taken up behind it.
     */
    private void actedMeanwhile(MachineEvent event) {
        if (event instanceof MachineEvent.ResetRequested && moves.isLeaving()) {
            var left = operations.rebootMeanwhile(requireMachine(), requireParts(), event);
            getContext().pipeToSelf(left, (rest, impossible) -> new RebootedMeanwhile(rest));
        } else {
            devices.guestActed();
            endMigration(event);
        }
    }

    private void endMigration(MachineEvent event) {
        pendingEvent = event;
        moves.tellSource(new MigrationSource.GuestActed(GuestActs.describe(event)));
    }

    private Behavior<Command> onRebootedMeanwhile(RebootedMeanwhile reboot) {
        if (reboot.left().isEmpty()) {
            node.events().vm("vm.guest-event", record.id(), "event", "the guest reset itself while it migrates");
            return this;
        }
        endMigration(reboot.left().get());
        if (operation == null) {
            takeUpPendingEvent();
        }
        return this;
    }

    private Behavior<Command> onOperationDone(OperationDone done) {
        record = done.vm();
        status = done.status();
        if (status == VmStatus.STOPPED) {
            letGo();
        } else {
            detail = "";
        }
        if (operation != null) {
            node.events().vm("vm." + status.label(), record.id(), "by", operation.name(), "detail", detail);
        }
        answer(new Done(view()));
        return this;
    }

    private Behavior<Command> onOperationFailed(OperationFailed failed) {
        record = failed.vm();
        detail = failed.problem().detail();
        if (operation != null && operation.guestEvent() != null) {
            // It is off, and the VM stays stopping until the ledger can be told.
            getContext().scheduleOnce(POWER_OFF_RETRY, getContext().getSelf(), new GuestEvent(operation.guestEvent()));
        } else {
            status = VmRules.afterFailure(failed.status(), machine);
        }
        answer(new Rejected(failed.problem()));
        return this;
    }

    /** Begins an operation, or tells the asker why not. */
    private boolean begin(String name, ActorRef<Answer> replyTo, VmStatus... allowed) {
        Optional<Problem> refusal = VmRules.refusal(name, record, status, operation, allowed);
        if (refusal.isPresent()) {
            replyTo.tell(new Rejected(refusal.get()));
            return false;
        }
        operation = new Operation(name, replyTo);
        return true;
    }

    /** Ends the operation under way, answers who asked for it, and takes up what the guest did meanwhile. */
    private void answer(Answer answer) {
        Operation ended = operation;
        operation = null;
        if (ended != null && ended.replyTo() != null) {
            ended.replyTo().tell(answer);
        }
        takeUpPendingEvent();
    }

    private void takeUpPendingEvent() {
        MachineEvent event = pendingEvent;
        pendingEvent = null;
        if (event != null) {
            getContext().getSelf().tell(new GuestEvent(event));
        }
    }

    private void pipe(CompletionStage<VmRecord> stage, VmStatus statusAfter, VmStatus statusOnFailure) {
        pipe(stage, vm -> new OperationDone(vm, statusAfter), statusOnFailure);
    }

    private <T> void pipe(CompletionStage<T> stage, Function<T, Command> success, VmStatus statusOnFailure) {
        VmRecord known = record;
        CompletionStage<Command> outcome = stage.<Command>thenApply(success)
                .exceptionallyCompose(failure -> operations
                        .current(known)
                        .thenApply(
                                vm -> new OperationFailed(ProblemException.problemOf(failure), statusOnFailure, vm)));
        getContext().pipeToSelf(outcome, (command, impossible) -> command);
    }

    private MachineParts requireParts() {
        return Objects.requireNonNull(parts, "a VM that is " + status + " has parts");
    }

    private VaultedMachine requireMachine() {
        return Objects.requireNonNull(machine, "a VM that is " + status + " has a machine");
    }

    private Behavior<Command> after(Runnable act) {
        act.run();
        return this;
    }

    private Behavior<Command> show(ActorRef<Answer> replyTo) {
        replyTo.tell(new Done(view()));
        return this;
    }

    private VmView view() {
        return VmView.of(record, node.hostId(), status, machine, operation, detail);
    }
}
