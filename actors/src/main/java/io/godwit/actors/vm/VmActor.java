package io.godwit.actors.vm;

import io.godwit.actors.cluster.NodeServices;
import io.godwit.actors.migration.Manifest;
import io.godwit.actors.migration.MigrationSource;
import io.godwit.actors.migration.MigrationTarget;
import io.godwit.actors.migration.MigrationView;
import io.godwit.actors.serialization.Wire;
import io.godwit.actors.vault.VaultedMachine;
import io.godwit.config.MigrationParameters;
import io.godwit.control.ledger.DesiredState;
import io.godwit.control.ledger.VmRecord;
import io.godwit.vmm.MachineEvent;
import io.godwit.vmm.SerialLog;
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

    public sealed interface Answer extends Wire {}

    public record Done(VmView vm) implements Answer {}

    public record Deleted(String vmId) implements Answer {}

    /**
     * Serial output.
     *
     * @param position stream position of the first byte
     * @param end stream position behind everything written so far
     */
    @SuppressWarnings("ArrayRecordComponent")
    public record Serial(long position, byte[] bytes, long end) implements Answer {
        static Serial of(SerialLog log, ReadSerial asked) {
            int maxBytes = Math.min(Math.max(asked.maxBytes(), 0), ReadSerial.LIMIT_BYTES);
            SerialLog.Chunk chunk = log.read(Math.max(asked.from(), 0), maxBytes);
            return new Serial(chunk.position(), chunk.bytes(), log.position());
        }
    }

    public record MigrationAccepted(MigrationView migration) implements Answer {}

    public record Rejected(Problem problem) implements Answer {}

    /**
     * From the migration's source side: the VM stays.
     *
     * @param fault why it stands still although it ought to run again; else empty
     */
    public record MigrationKept(String migrationId, String fault) implements Command {}

    /** From the migration's source side: the VM runs elsewhere and everything here was given back. */
    public record MigrationGone(String migrationId, String to) implements Command {}

    /**
     * From the migration's target side: Go was obeyed; the ledger's record follows.
     *
     * @param fault why the VM stands still although it ought to run; else empty
     */
    public record ObeyedGo(VmStatus status, String fault) implements Command {}

    /** From the migration's target side: the VM is ours. */
    public record Arrived(String migrationId, VmRecord vm) implements Command {}

    /** From the migration's target side: it will not come. */
    public record NotArrived(String migrationId, String reason) implements Command {}

    /** From the migration's target side: the ledger contradicts Go; the VM is paused and kept for an operator. */
    public record Disputed(String migrationId, String reason) implements Command {}

    /** From the migration's target side: the VM is ours by the ledger, but its memory never arrived whole. */
    public record LostOnTheWay(String migrationId, String reason) implements Command {}

    /** Ends a migration that has its source here, if it can still be ended. */
    public record CancelMigration(String migrationId, ActorRef<Answer> replyTo) implements Command {}

    /** The source's side ended, and with it went all it held: the VM may move again. */
    record SourceReleased(String migrationId) implements Command {}

    /** A side of a migration failed in a way it does not know: the ledger has to say whose the VM is. */
    record MigrationBroke(String migrationId) implements Command {}

    private record MachineReady(VmRecord vm, VaultedMachine machine) implements Command {}

    private record OperationDone(VmRecord vm, VmStatus status) implements Command {}

    /** @param vm the ledger's record as it is after what went well before the failure */
    private record OperationFailed(Problem problem, VmStatus status, VmRecord vm) implements Command {}

    private record RecordDeleted() implements Command {}

    private enum Forgotten implements Command {
        INSTANCE
    }

    private record GuestEvent(MachineEvent event) implements Command {}

    record IncomingReady(VaultedMachine machine, MigrationTarget.Start start) implements Command {}

    private static final Duration POWER_OFF_RETRY = Duration.ofSeconds(1);

    private final NodeServices node;
    private final VmOperations operations;
    private final VmMoves moves;
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
        this.record = record;
        this.status = status;
    }

    private void adopt(VaultedMachine found) {
        take(found);
        found.settled();
        boolean paused = found.machine().vcpus().stream().allMatch(vcpu -> vcpu.isPaused());
        status = paused ? VmStatus.PAUSED : VmStatus.RUNNING;
        if (paused && record.desired() == DesiredState.RUNNING) {
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
                .onMessage(ReadSerial.class, this::onReadSerial)
                .onMessage(Migrate.class, this::onMigrate)
                .onMessage(MachineReady.class, this::onMachineReady)
                .onMessage(OperationDone.class, this::onOperationDone)
                .onMessage(OperationFailed.class, this::onOperationFailed)
                .onMessage(RecordDeleted.class, this::onRecordDeleted)
                .onMessage(GuestEvent.class, this::onGuestEvent)
                .onMessage(Forgotten.class, forgotten -> Behaviors.stopped())
                .onMessage(MigrationKept.class, this::onMigrationKept)
                .onMessage(MigrationBroke.class, this::onMigrationBroke)
                .onMessage(MigrationGone.class, this::onMigrationGone)
                .onMessage(IncomingReady.class, this::onIncomingReady)
                .onMessage(ObeyedGo.class, this::onObeyedGo)
                .onMessage(Arrived.class, this::onArrived)
                .onMessage(NotArrived.class, this::onNotArrived)
                .onMessage(Disputed.class, this::onDisputed)
                .onMessage(LostOnTheWay.class, this::onLostOnTheWay)
                .onMessage(CancelMigration.class, this::onCancelMigration)
                .onMessage(SourceReleased.class, this::onSourceReleased)
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
        pipe(operations.powerOff(record), vm -> new OperationDone(vm, VmStatus.STOPPED), before);
    }

    /** The guest is off whether the ledger can be told or not: until it is, the VM is stopping, and says why. */
    private void retryPowerOff(MachineEvent event) {
        ActorRef<Command> self = getContext().getSelf();
        getContext().scheduleOnce(POWER_OFF_RETRY, self, new GuestEvent(event));
    }

    private Behavior<Command> onPause(Pause request) {
        if (status == VmStatus.PAUSED && operation == null) {
            return show(request.replyTo());
        } else if (begin("pause", request.replyTo(), VmStatus.RUNNING)) {
            pipe(
                    operations.pause(record, requireParts()),
                    vm -> new OperationDone(vm, VmStatus.PAUSED),
                    VmStatus.PAUSED);
        }
        return this;
    }

    private Behavior<Command> onResume(Resume request) {
        if (status == VmStatus.RUNNING && operation == null) {
            return show(request.replyTo());
        } else if (begin("resume", request.replyTo(), VmStatus.PAUSED)) {
            pipe(
                    operations.resume(record, requireParts()),
                    vm -> new OperationDone(vm, VmStatus.RUNNING),
                    VmStatus.PAUSED);
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

    private Behavior<Command> onReadSerial(ReadSerial request) {
        if (machine == null) {
            reject(
                    request.replyTo(),
                    "VM " + record.spec().name() + " is " + status.label() + " and has no serial port");
        } else {
            request.replyTo().tell(Serial.of(machine.machine().serial(), request));
        }
        return this;
    }

    private Behavior<Command> onMigrate(Migrate request) {
        if (moves.holdBack(request) || VmRules.refused(request, record, node)) {
            return this;
        } else if (begin(
                Operation.migrationName(request.migrationId()), request.replyTo(), VmStatus.RUNNING, VmStatus.PAUSED)) {
            operation = Operation.migration(request.migrationId());
            MigrationSource.Order order = new MigrationSource.Order(
                    request.migrationId(),
                    record,
                    request.target(),
                    node.migration().settings(request.parameters()),
                    status == VmStatus.RUNNING,
                    request.replyTo());
            moves.leave(order, requireMachine(), requireParts());
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

    private Behavior<Command> onMigrationGone(MigrationGone gone) {
        letGo();
        return Behaviors.stopped();
    }

    private Behavior<Command> onIncomingReady(IncomingReady ready) {
        take(ready.machine());
        moves.receive(ready, requireParts());
        return this;
    }

    private Behavior<Command> onObeyedGo(ObeyedGo obeyed) {
        status = obeyed.status();
        detail = obeyed.fault();
        return this;
    }

    private Behavior<Command> onArrived(Arrived arrived) {
        moves.arrived(arrived.migrationId());
        record = arrived.vm();
        answer(new Done(view()));
        return this;
    }

    private Behavior<Command> onNotArrived(NotArrived failed) {
        moves.received();
        letGo();
        status = VmStatus.STOPPING;
        detail = failed.reason();
        getContext().pipeToSelf(node.vault().close(record.id()), (closed, failure) -> Forgotten.INSTANCE);
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
        String migrationId = lost.migrationId();
        getContext()
                .pipeToSelf(
                        operations.discard(record),
                        (vm, failure) -> failure == null && vm.isPresent()
                                ? new OperationDone(vm.get(), VmStatus.STOPPED)
                                : new NotArrived(migrationId, lost.reason()));
        return this;
    }

    private Behavior<Command> onCancelMigration(CancelMigration cancel) {
        if (moves.isLeaving()) {
            moves.tellSource(new MigrationSource.CancelRequested(cancel.replyTo()));
        } else {
            reject(cancel.replyTo(), "VM " + record.spec().name() + " has no migration under way from here");
        }
        return this;
    }

    private Behavior<Command> onSourceReleased(SourceReleased released) {
        moves.released();
        return this;
    }

    private Behavior<Command> onGuestEvent(GuestEvent message) {
        if (machine == null) {
            return this;
        }
        if (operation != null) {
            pendingEvent = message.event();
            moves.tellSource(new MigrationSource.GuestActed(GuestActs.describe(message.event())));
            return this;
        }
        MachineEvent event = message.event();
        node.events().vm("vm.guest-event", record.id(), "event", GuestActs.describe(event));
        if (event instanceof MachineEvent.ResetRequested) {
            operation = new Operation("reboot", null);
            pipe(
                    operations.reboot(requireMachine(), requireParts()),
                    rebooted -> new OperationDone(record, VmStatus.RUNNING),
                    VmStatus.CRASHED);
        } else if (event instanceof MachineEvent.Failed) {
            status = VmStatus.CRASHED;
            detail = GuestActs.describe(event);
            requireParts().pause();
        } else {
            operation = Operation.poweredOff(event);
            powerOff(GuestActs.describe(event));
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
            retryPowerOff(operation.guestEvent());
        } else {
            status = failed.status();
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

    static void reject(ActorRef<Answer> replyTo, String detail) {
        replyTo.tell(new Rejected(Problem.of(Problem.Kind.CONFLICT, detail)));
    }

    /** Ends the operation under way, answers who asked for it, and takes up what the guest did meanwhile. */
    private void answer(Answer answer) {
        Operation ended = operation;
        operation = null;
        if (ended != null && ended.replyTo() != null) {
            ended.replyTo().tell(answer);
        }
        MachineEvent event = pendingEvent;
        pendingEvent = null;
        if (event != null) {
            getContext().getSelf().tell(new GuestEvent(event));
        }
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

    private Behavior<Command> show(ActorRef<Answer> replyTo) {
        replyTo.tell(new Done(view()));
        return this;
    }

    private VmView view() {
        String backend = machine == null ? "" : machine.machine().backend().label();
        String migrationId = operation == null ? null : operation.migrationId();
        return new VmView(
                record.id(), record.spec(), node.hostId(), record.epoch(), status, backend, migrationId, detail);
    }
}
