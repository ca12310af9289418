package io.godwit.actors.vm;

import io.godwit.actors.cluster.NodeServices;
import io.godwit.actors.migration.Manifest;
import io.godwit.actors.migration.MigrationSource;
import io.godwit.actors.migration.MigrationView;
import io.godwit.actors.migration.PlanView;
import io.godwit.actors.permit.RunPermits;
import io.godwit.actors.serialization.Wire;
import io.godwit.actors.vault.VaultedMachine;
import io.godwit.config.MigrationParameters;
import io.godwit.config.SkippedChecks;
import io.godwit.control.ledger.DesiredState;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.restart.RestartPolicy.Decision;
import io.godwit.migration.convergence.Plan;
import io.godwit.vmm.MachineEvent;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;

/**
 * One virtual machine on the host that owns it, and the only door to it. One operation at a time: what arrives while
 * another is under way is refused with that operation's name.
 */
public final class VmActor extends VmKeeper {
    public sealed interface Command permits Request, VmMove, Internal {}

    /** What the actor and its parts tell it. */
    non-sealed interface Internal extends Command {}

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
    public record Migrate(
            String migrationId,
            String target,
            MigrationParameters parameters,
            SkippedChecks skipped,
            ActorRef<Answer> replyTo)
            implements Request {}

    /** Moves a VM that is off to another host, with its disks. Answered once the target has room, or will not have it. */
    public record MigrateCold(String migrationId, String target, boolean autoStart, ActorRef<Answer> replyTo)
            implements Request {}

    /** About a machine's buttons and consoles, and about moves that have not begun. */
    public sealed interface MachineRequest extends Request permits PowerRequest, ConsoleRequest, ForecastRequest {}

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

    /** @param end how much of the writer's input was taken so far; the rest is to be offered again */
    public record ConsoleWritten(long end) implements Answer {}

    public record MigrationAccepted(MigrationView migration) implements Answer {}

    public record Rejected(Problem problem) implements Answer {}

    private static final Duration POWER_OFF_RETRY = Duration.ofSeconds(1);

    /** A VM this host owns by the ledger; adopts its machine where the vault still has it. */
    public static Behavior<Command> create(NodeServices node, VmRecord record) {
        return Behaviors.setup(context -> {
            VmActor actor = new VmActor(context, node, record, VmStatus.STOPPED);
            node.hosted().enter(record.id(), record.spec().name());
            node.vault().find(record.id()).ifPresentOrElse(actor::adopt, actor::explainAbsence);
            return actor;
        });
    }

    /** A VM that the ledger has just recorded as to run here; {@code replyTo} is told of its start. */
    public static Behavior<Command> createStarting(NodeServices node, VmRecord record, ActorRef<Answer> replyTo) {
        return Behaviors.setup(context -> {
            VmActor actor = new VmActor(context, node, record, VmStatus.STOPPED);
            node.hosted().enter(record.id(), record.spec().name());
            actor.operation = new Operation(Operation.START, replyTo);
            actor.start(actor.operations.startNew(record));
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
        super(context, node, record, status);
    }

    private void adopt(VaultedMachine found) {
        take(found);
        found.settled();
        found.machine().vcpus().forEach(vcpu -> vcpu.throttle(0));
        MachineEvent missed = found.guestEvent();
        if (missed != null) {
            getContext().getSelf().tell(new VmStep.GuestEvent(missed));
        }
        status = VmRules.seen(found.machine());
        if (missed == null && status == VmStatus.PAUSED && record.desired() == DesiredState.RUNNING) {
            operation = new Operation("resume", null);
            pipe(
                    requireParts().resume(),
                    resumed -> new VmStep.OperationDone(record, VmStatus.RUNNING),
                    VmStatus.PAUSED);
        }
    }

    private void explainAbsence() {
        if (VmRules.lostItsMemory(record, node.ownership().self())) {
            status = VmStatus.WAITING_FOR_HOST;
            detail = VmRules.LOST_MEMORY;
        }
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
                .onMessage(ReadSerial.class, asked -> after(() -> VmOperations.read(machine, record, status, asked)))
                .onMessage(Migrate.class, this::onMigrate)
                .onMessage(MigrateCold.class, this::onMigrateCold)
                .onMessage(VmMove.ColdEnded.class, this::onColdEnded)
                .onMessage(PowerRequest.class, this::onPowerRequest)
                .onMessage(GracefulStop.Overdue.class, this::onOverdue)
                .onMessage(
                        ConsoleRequest.class, request -> after(() -> consoles.answer(request, machine, record, status)))
                .onMessage(VmConsoles.Note.class, note -> after(() -> consoles.take(note)))
                .onMessage(VmStep.MachineReady.class, this::onMachineReady)
                .onMessage(VmStep.OperationDone.class, this::onOperationDone)
                .onMessage(VmStep.OperationFailed.class, this::onOperationFailed)
                .onMessage(VmStep.RecordDeleted.class, this::onRecordDeleted)
                .onMessage(VmStep.GuestEvent.class, this::onGuestEvent)
                .onMessage(VmStep.RebootedMeanwhile.class, this::onRebootedMeanwhile)
                .onMessage(VmRestarts.Due.class, this::onRestartDue)
                .onMessage(VmStep.PermitTurned.class, turned -> onPermitTurned())
                .onMessage(VmMove.BringUp.class, this::onBringUp)
                .onMessage(VmMove.GivenUp.class, this::onGivenUp)
                .onMessage(VmStep.Forgotten.class, forgotten -> Behaviors.stopped())
                .onMessage(VmMove.MigrationKept.class, this::onMigrationKept)
                .onMessage(VmMove.MigrationBroke.class, this::onMigrationBroke)
                .onMessage(VmMove.MigrationGone.class, gone -> forgotten())
                .onMessage(VmMove.IncomingReady.class, this::onIncomingReady)
                .onMessage(VmMove.ObeyedGo.class, this::onObeyedGo)
                .onMessage(VmMove.Arrived.class, this::onArrived)
                .onMessage(VmMove.NotArrived.class, this::onNotArrived)
                .onMessage(VmMove.Disputed.class, this::onDisputed)
                .onMessage(VmMove.LostOnTheWay.class, this::onLostOnTheWay)
                .onMessage(VmMove.AskSource.class, request -> after(() -> moves.askSource(request, record)))
                .onMessage(
                        ForecastRequest.class,
                        request -> after(() -> forecasts.answer(request, record, status, machine, operation)))
                .onMessage(DeviceRequest.class, this::onDeviceRequest)
                .onMessage(VmStep.DevicesChanged.class, this::onDevicesChanged)
                .onMessage(VmMove.SourceReleased.class, released -> after(moves::released))
                .build();
    }

    private Behavior<Command> onStart(Start request) {
        switch (status) {
            case RUNNING -> show(request.replyTo());
            case PAUSED -> onResume(new Resume(request.replyTo()));
            default -> {
                VmStatus[] startable = {VmStatus.STOPPED, VmStatus.CRASHED, VmStatus.WAITING_FOR_HOST};
                if (begin(Operation.START, request.replyTo(), startable)) {
                    restarts.forget();
                    lastAct = null;
                    start(operations.start(record));
                }
            }
        }
        return this;
    }

    private void start(CompletionStage<VmOperations.Booted> booting) {
        VmStatus before = status;
        status = VmStatus.STARTING;
        letGo();
        pipe(booting, booted -> new VmStep.MachineReady(booted.vm(), booted.machine()), before);
    }

    /** Nothing is done where the VM has a machine, or something else is under way that will say what it is to be. */
    private Behavior<Command> onBringUp(VmMove.BringUp request) {
        boolean absent = status == VmStatus.STOPPED || status == VmStatus.WAITING_FOR_HOST;
        if (machine != null || operation != null || !absent || restarts.isPending()) {
            return show(request.replyTo());
        }
        record = request.vm();
        operation = new Operation(Operation.START, request.replyTo());
        start(operations.bringUp(record));
        return this;
    }

    private Behavior<Command> onPermitTurned() {
        if (parts != null && status == VmStatus.RUNNING) {
            node.events().vm(parts.isSuspended() ? "vm.paused" : "vm.running", record.id(), "by", "permit");
        }
        return this;
    }

    /** What is here is ended, unless the VM has become this host's again since that was said. */
    private Behavior<Command> onGivenUp(VmMove.GivenUp lost) {
        boolean ours = machine == null
                ? node.permits().isOwned(record.id(), record.epoch())
                : !machine.gate().isForfeited() && node.permits().isHeld(record.id());
        if (ours) {
            return this;
        }
        node.events().vm("vm.given-up", record.id(), "reason", lost.reason());
        moves.abandon();
        restarts.forget();
        letGo();
        answer(new Rejected(Problem.of(Problem.Kind.CONFLICT, "the VM was given up here: " + lost.reason())));
        status = VmStatus.STOPPING;
        detail = lost.reason();
        operation = new Operation("giving up", null);
        getContext().pipeToSelf(node.vault().close(record.id()), (closed, failure) -> VmStep.Forgotten.INSTANCE);
        return this;
    }

    private Behavior<Command> onMachineReady(VmStep.MachineReady ready) {
        record = ready.vm();
        take(ready.machine());
        pipe(requireParts().resume(), resumed -> new VmStep.OperationDone(record, VmStatus.RUNNING), VmStatus.PAUSED);
        return this;
    }

    private Behavior<Command> onStop(Stop request) {
        if (status == VmStatus.STOPPED && record.desired() == DesiredState.STOPPED) {
            return show(request.replyTo());
        } else if (grace.end()) {
            operation = new Operation(Operation.STOP, request.replyTo());
            restarts.forget();
            powerOff("its power was cut before the guest had shut down");
        } else if (begin(Operation.STOP, request.replyTo(), VmRules.stoppable())) {
            restarts.forget();
            powerOff("");
        }
        return this;
    }

    private Behavior<Command> onPowerRequest(PowerRequest request) {
        if (request instanceof PowerRequest.StopWithin stop) {
            return status == VmStatus.RUNNING ? onStopWithin(stop) : onStop(new Stop(stop.replyTo()));
        } else if (begin(Operation.nameOf(request), request.replyTo(), VmRules.allowing(request))) {
            VmStatus now = status;
            pipe(
                    operations.power(request, requireMachine(), requireParts(), now),
                    done -> new VmStep.OperationDone(record, now),
                    VmStatus.PAUSED);
        }
        return this;
    }

    private Behavior<Command> onStopWithin(PowerRequest.StopWithin request) {
        if (begin(Operation.STOP, request.replyTo(), VmStatus.RUNNING)) {
            operation = new Operation(Operation.STOP, null);
            grace.begin(requireMachine(), request.graceMs());
            detail = "its power button was pressed; its power is cut in " + request.graceMs() + " ms";
            node.events().vm("vm.powerdown", record.id());
            show(request.replyTo());
        }
        return this;
    }

    private Behavior<Command> onOverdue(GracefulStop.Overdue overdue) {
        if (grace.isOverdue(overdue)) {
            grace.end();
            powerOff(overdue.why());
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
            restarts.forget();
            pipe(operations.delete(record), answer -> new VmStep.RecordDeleted(), status);
        }
        return this;
    }

    private Behavior<Command> onRecordDeleted(VmStep.RecordDeleted done) {
        node.permits().release(record.id(), record.epoch());
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

    private Behavior<Command> onDevicesChanged(VmStep.DevicesChanged done) {
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

    private Behavior<Command> onMigrationKept(VmMove.MigrationKept kept) {
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
    private Behavior<Command> onMigrationBroke(VmMove.MigrationBroke broke) {
        if (!moves.isUnderWay()) {
            return this;
        }
        getContext().getLog().error("migration {} of VM {} broke", broke.migrationId(), record.id());
        return Behaviors.stopped();
    }

    private Behavior<Command> onIncomingReady(VmMove.IncomingReady ready) {
        take(ready.machine());
        return after(() -> moves.receive(ready, requireParts()));
    }

    private Behavior<Command> onObeyedGo(VmMove.ObeyedGo obeyed) {
        status = obeyed.status();
        detail = obeyed.fault();
        return this;
    }

    private Behavior<Command> onArrived(VmMove.Arrived arrived) {
        moves.arrived(arrived.migrationId());
        record = arrived.vm();
        node.hosted().enter(record.id(), record.spec().name());
        var unused = node.guarding().settle(record, record.spec(), RunPermits.NEVER);
        answer(new Done(view()));
        return this;
    }

    private Behavior<Command> onNotArrived(VmMove.NotArrived failed) {
        notReceived();
        letGo();
        status = VmStatus.STOPPING;
        detail = failed.reason();
        getContext().pipeToSelf(operations.giveUp(record, failed), (closed, failure) -> VmStep.Forgotten.INSTANCE);
        return this;
    }

    /** What arrived may not run here. */
    private void notReceived() {
        moves.received();
        node.permits().release(record.id(), record.epoch());
    }

    private Behavior<Command> onDisputed(VmMove.Disputed disputed) {
        notReceived();
        status = VmStatus.CRASHED;
        detail = disputed.reason();
        answer(new Done(view()));
        return this;
    }

    private Behavior<Command> onLostOnTheWay(VmMove.LostOnTheWay lost) {
        notReceived();
        letGo();
        getContext()
                .pipeToSelf(
                        operations.discard(record),
                        (vm, failure) -> failure == null && vm.isPresent()
                                ? new VmStep.OperationDone(vm.get(), VmStatus.STOPPED)
                                : new VmMove.NotArrived(lost.migrationId(), lost.reason(), false));
        return this;
    }

    private Behavior<Command> onGuestEvent(VmStep.GuestEvent message) {
        if (machine == null || restarts.isPending()) {
            return this;
        }
        MachineEvent event = message.event();
        boolean toStop = grace.end();
        if (operation != null && !toStop) {
            actedMeanwhile(event);
            return this;
        }
        lastAct = GuestActView.of(event);
        node.events().vm("vm.guest-event", record.id(), GuestActs.details(event));
        Decision decision = toStop || event instanceof MachineEvent.ResetRequested
                ? Decision.Leave.INSTANCE
                : restarts.ended(record.spec().availability().autoRestart(), GuestActs.endOf(event));
        String what = GuestActs.describe(event);
        if (decision instanceof Decision.Restart restart) {
            stand(event, what + "; " + restart.describe());
        } else if (decision instanceof Decision.GiveUp giveUp) {
            giveUp(event, what + "; " + giveUp.reason());
        } else if (toStop || GuestActs.isEnd(event)) {
            operation = Operation.poweredOff(event);
            powerOff(what);
        } else if (GuestActs.isReset(event)) {
            operation = new Operation("reboot", null);
            pipe(
                    operations.reboot(requireMachine(), requireParts()),
                    rebooted -> new VmStep.OperationDone(record, VmStatus.RUNNING),
                    VmStatus.CRASHED);
        } else {
            stand(event, what);
        }
        return this;
    }

    private void giveUp(MachineEvent event, String why) {
        node.events().vm("vm.restart-given-up", record.id(), "reason", why);
        if (GuestActs.isEnd(event)) {
            operation = Operation.poweredOff(event);
            powerOff(why);
        } else {
            stand(event, why);
        }
    }

    private Behavior<Command> onRestartDue(VmRestarts.Due due) {
        boolean down = status == VmStatus.STOPPED || status == VmStatus.CRASHED;
        if (!restarts.take(due) || !down) {
            return this;
        } else if (operation != null) {
            restarts.later();
            return this;
        }
        operation = new Operation(Operation.RESTART, null);
        start(operations.bringUp(record));
        return this;
    }

    /**
     * The guest acts while an operation is under way. One that resets itself is booted anew at once, its migration going
     * on, unless it was stopped for the switchover already: then, as with a guest that ended, the migration ends and
     * what the guest did is taken up behind it.
     */
    private void actedMeanwhile(MachineEvent event) {
        if (GuestActs.isReset(event) && moves.isLeaving()) {
            var left = operations.rebootMeanwhile(requireMachine(), requireParts(), event);
            getContext().pipeToSelf(left, (rest, impossible) -> new VmStep.RebootedMeanwhile(rest));
        } else {
            devices.guestActed();
            endMigration(event);
        }
    }

    private void endMigration(MachineEvent event) {
        pendingEvent = event;
        moves.tellSource(new MigrationSource.GuestActed(GuestActs.describe(event)));
    }

    private Behavior<Command> onRebootedMeanwhile(VmStep.RebootedMeanwhile reboot) {
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

    private Behavior<Command> onOperationDone(VmStep.OperationDone done) {
        record = done.vm();
        status = done.status();
        if (status == VmStatus.STOPPED) {
            letGo();
        } else {
            detail = "";
        }
        if (operation != null && operation.boots()) {
            restarts.started();
        }
        if (operation != null) {
            node.events().vm(operation.eventKind(status), record.id(), "by", operation.name(), "detail", detail);
        }
        answer(new Done(view()));
        return this;
    }

    private Behavior<Command> onOperationFailed(VmStep.OperationFailed failed) {
        record = failed.vm();
        detail = failed.problem().detail();
        if (operation != null && operation.guestEvent() != null) {
            // It is off, and the VM stays stopping until the ledger can be told.
            getContext()
                    .scheduleOnce(
                            POWER_OFF_RETRY, getContext().getSelf(), new VmStep.GuestEvent(operation.guestEvent()));
        } else {
            status = afterFailure(failed.status());
        }
        if (operation != null && operation.isRestart()) {
            notRestarted();
        }
        answer(new Rejected(failed.problem()));
        return this;
    }
}
