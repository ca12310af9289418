package io.godwit.actors.migration;

import io.godwit.actors.admission.AdmittedCheck;
import io.godwit.actors.cluster.NodeServices;
import io.godwit.actors.directory.DirectoryActor;
import io.godwit.actors.host.HostActor;
import io.godwit.actors.serialization.Wire;
import io.godwit.actors.vault.VaultedMachine;
import io.godwit.actors.vm.GuestActs;
import io.godwit.actors.vm.MachineParts;
import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.VmActor;
import io.godwit.actors.vm.VmMove;
import io.godwit.config.MigrationParameters;
import io.godwit.config.VerifyMode;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.switchover.MigrationStatus;
import io.godwit.control.switchover.SourceAction;
import io.godwit.control.switchover.SourceEvent;
import io.godwit.control.switchover.SourceSwitchover;
import io.godwit.control.switchover.SourceTimer;
import io.godwit.control.switchover.Verification;
import io.godwit.migration.OutgoingContext;
import io.godwit.migration.OutgoingMigration;
import io.godwit.migration.SwitchoverSummary;
import io.godwit.migration.digest.MemoryComparison;
import io.godwit.migration.digest.MemoryDigest;
import io.godwit.transport.StreamEndpoint;
import io.godwit.vmm.MachineEvent;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.stream.Materializer;
import org.jspecify.annotations.Nullable;

/**
 * The source's side of one migration: carries out what {@link SourceSwitchover} decides. It decides nothing itself;
 * pages run beside it, from the engine's thread to Aeron.
 */
public final class MigrationSource extends AbstractBehavior<MigrationSource.Command> {
    private static final Duration LOOK_INTERVAL = Duration.ofMillis(500);
    /** Whoever asked for the migration is not kept waiting longer for a target that says nothing. */
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(2);

    public sealed interface Command {}

    /** What the target says. */
    public sealed interface FromTarget extends Command, Wire {}

    /**
     * There is room, and the stream's lanes are open.
     *
     * @param protocol the version both sides use from here on: the highest that both speak
     * @param secret the target's part of the session secret, null where the manifest has none
     */
    public record Admitted(
            HostIdentity host,
            ActorRef<MigrationTarget.Command> target,
            List<StreamEndpoint> lanes,
            int protocol,
            @Nullable SecretPart secret)
            implements FromTarget {}

    /** @param reasons every one of them */
    public record NotAdmitted(List<String> reasons) implements FromTarget {}

    /**
     * Everything arrived and the machine stands ready.
     *
     * @param digest {@link MemoryDigest} of the memory as received, encoded; empty when not asked for
     */
    @SuppressWarnings("ArrayRecordComponent")
    public record Ready(Verification verification, byte[] digest) implements FromTarget {}

    public record Running() implements FromTarget {}

    public record Failed(String reason) implements FromTarget {}

    /** The guest did something that ends a migration: reset, power-off, crash. */
    public record GuestActed(String what) implements Command {}

    /** An operator's. */
    public record CancelRequested(ActorRef<VmActor.Answer> replyTo) implements Command {}

    /** An operator's. */
    public record Steered(MigrationStep step, ActorRef<VmActor.Answer> replyTo) implements Command {}

    /** New values for what may change while it runs. */
    public record Changed(MigrationParameters parameters, ActorRef<VmActor.Answer> replyTo) implements Command {}

    record Happened(SourceEvent event) implements Command {}

    record RestSent(SwitchoverSummary summary) implements Command {}

    private record Compared(
            @Nullable MemoryComparison comparison, @Nullable String failure) implements Command {}

    private record ReadyCompared(Verification verification) implements Command {}

    private record LedgerReplied(DirectoryActor.Reply reply) implements Command {}

    private record Released() implements Command {}

    private enum LookAtTarget implements Command {
        INSTANCE
    }

    private enum AnswerDue implements Command {
        INSTANCE
    }

    /** @param fault why the machine does not run again; else empty */
    private record Stayed(String fault) implements Command {}

    private final NodeServices node;
    private final MigrationOrder order;
    private final VaultedMachine machine;
    private final MachineParts parts;
    private final ActorRef<VmActor.Command> owner;
    private final TimerScheduler<Command> timers;
    private final SourceSwitchover protocol;
    private final RunningParameters parameters;
    private final MigrationJournal journal;
    private final ActorRef<DirectoryActor.Reply> ledgerReplies;
    private final PauseGate gate;
    private final Asker asker;
    private final CompletableFuture<Void> mayGoOn = new CompletableFuture<>();
    private @Nullable OutgoingMigration engine;
    private @Nullable ActorRef<MigrationTarget.Command> target;
    private final @Nullable SecretPart ownSecret;
    private @Nullable SessionSecret secret;
    private List<StreamEndpoint> lanes = List.of();
    private @Nullable SwitchoverSummary summary;
    private byte[] targetDigest = {};
    private CompletionStage<String> resumed = CompletableFuture.completedStage("");
    private boolean releasing;
    private boolean ended;

    public static Behavior<Command> create(
            NodeServices node,
            MigrationOrder order,
            VaultedMachine machine,
            MachineParts parts,
            ActorRef<VmActor.Command> owner) {
        return Behaviors.setup(context -> Behaviors.withTimers(
                timers -> new MigrationSource(context, timers, node, order, machine, parts, owner)));
    }

    private MigrationSource(
            ActorContext<Command> context,
            TimerScheduler<Command> timers,
            NodeServices node,
            MigrationOrder order,
            VaultedMachine machine,
            MachineParts parts,
            ActorRef<VmActor.Command> owner) {
        super(context);
        this.node = node;
        this.order = order;
        this.machine = machine;
        this.parts = parts;
        this.owner = owner;
        this.timers = timers;
        this.parameters = new RunningParameters(order.migrationId(), order.parameters());
        this.journal = new MigrationJournal(
                node, order.migrationId(), order.vm(), node.hostId(), order.targetHost(), "source", parameters::values);
        this.protocol = new SourceSwitchover(
                order.migrationId(),
                order.vm().id(),
                order.vm().epoch(),
                node.ownership().self(),
                node.migration().timers(),
                order.settings().ending().pauseBeforeSwitchover());
        this.journal.expects(order.expectation());
        this.ledgerReplies = context.messageAdapter(DirectoryActor.Reply.class, LedgerReplied::new);
        this.gate = new PauseGate(parts);
        this.asker = new Asker(order.replyTo());
        timers.startSingleTimer(AnswerDue.INSTANCE, ANSWER_LIMIT);
        this.ownSecret = node.migration().security().newPart(order.settings().encryption());
        timers.startTimerWithFixedDelay(LookAtTarget.INSTANCE, LOOK_INTERVAL);
        context.getSelf().tell(new Happened(new SourceEvent.Start()));
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Happened.class, message -> feed(message.event()))
                .onMessage(Admitted.class, this::onAdmitted)
                .onMessage(NotAdmitted.class, this::onNotAdmitted)
                .onMessage(AnswerDue.class, message -> answerAsker())
                .onMessage(RestSent.class, this::onRestSent)
                .onMessage(Ready.class, this::onReady)
                .onMessage(ReadyCompared.class, message -> feed(new SourceEvent.TargetReady(message.verification())))
                .onMessage(Running.class, this::onRunning)
                .onMessage(Failed.class, message -> feed(new SourceEvent.TargetFailed(message.reason())))
                .onMessage(GuestActed.class, message -> feed(new SourceEvent.Cancel(message.what())))
                .onMessage(CancelRequested.class, this::onCancelRequested)
                .onMessage(Changed.class, this::onChanged)
                .onMessage(Steered.class, this::onSteered)
                .onMessage(LedgerReplied.class, this::onLedgerReplied)
                .onMessage(Compared.class, this::onCompared)
                .onMessage(LookAtTarget.class, message -> onLookAtTarget())
                .onMessage(Stayed.class, this::onStayed)
                .onMessage(Released.class, this::onReleased)
                .onSignal(PostStop.class, this::onPostStop)
                .build();
    }

    private Behavior<Command> feed(SourceEvent event) {
        if (event instanceof SourceEvent.Paused && order.running()) {
            journal.guestStopped();
        }
        List<SourceAction> actions = protocol.on(event);
        journal.update(protocol.status(), protocol.detail(), protocol.waitingFor());
        asker.follow(protocol.status(), journal::view);
        for (SourceAction action : actions) {
            perform(action);
        }
        if (protocol.finished() && !releasing) {
            return stayedHere();
        }
        return this;
    }

    private void perform(SourceAction action) {
        getContext().getLog().debug("migration {}: {}", order.migrationId(), action);
        if (action instanceof SourceAction.AskAdmission) {
            askAdmission();
        } else if (action instanceof SourceAction.StartEngine) {
            startEngine();
        } else if (action instanceof SourceAction.Submit submit) {
            node.directory().tell(new DirectoryActor.Submit(submit.command(), ledgerReplies));
        } else if (action instanceof SourceAction.Pause) {
            requireEngine().allowSwitchover();
        } else if (action instanceof SourceAction.SendRest) {
            mayGoOn.complete(null);
        } else if (action instanceof SourceAction.SendGo) {
            machine.handedOver(order.migrationId());
            tellTarget(new MigrationTarget.Go());
        } else if (action instanceof SourceAction.ResumeHere) {
            resumeHere();
        } else if (action instanceof SourceAction.Release) {
            compareAndRelease();
        } else if (action instanceof SourceAction.StopEngine) {
            stopEngine();
        } else if (action instanceof SourceAction.DismissTarget dismiss) {
            tellTarget(new MigrationTarget.Dismissed(dismiss.reason(), protocol.status() == MigrationStatus.CANCELLED));
        } else if (action instanceof SourceAction.ArmTimer arm) {
            timers.startSingleTimer(
                    arm.timer(),
                    new Happened(new SourceEvent.TimerFired(arm.timer())),
                    Duration.ofMillis(arm.delayMs()));
        } else if (action instanceof SourceAction.CancelTimers) {
            for (SourceTimer timer : SourceTimer.values()) {
                timers.cancel(timer);
            }
        }
    }

    private void askAdmission() {
        HostActor.Admit question = new HostActor.Admit(manifest(), getContext().getSelf());
        node.hosts().find(order.targetHost()).whenComplete((host, failure) -> {
            if (failure == null && host.isPresent()) {
                host.get().tell(question);
            } else {
                question.source()
                        .tell(new NotAdmitted(List.of("host " + order.targetHost() + " is not in the cluster")));
            }
        });
    }

    private Manifest manifest() {
        return new Manifest(
                order.migrationId(),
                order.vm(),
                order.running(),
                machine.machine().profile(),
                node.facts(),
                order.settings(),
                order.skipped(),
                node.migration().protocol().oldest(),
                node.migration().protocol().newest(),
                ownSecret);
    }

    private Behavior<Command> onNotAdmitted(NotAdmitted refused) {
        if (protocol.status() == MigrationStatus.SETUP) {
            asker.refuse(order.vm().spec().name(), order.targetHost(), refused.reasons());
        }
        return feed(new SourceEvent.AdmissionRefused(refused.reasons()));
    }

    private Behavior<Command> answerAsker() {
        asker.accept(journal.view());
        return this;
    }

    /**
     * While pages move the stream tells of a peer that dies; before it, and between its end and Go, when the guest
     * stands still, membership is the first to know.
     */
    private Behavior<Command> onLookAtTarget() {
        MigrationStatus status = protocol.status();
        if (status == MigrationStatus.SETUP || status == MigrationStatus.DEVICE || protocol.isHeld()) {
            ActorRef<Command> self = getContext().getSelf();
            node.hosts().find(order.targetHost()).thenAccept(host -> {
                if (host.isEmpty()) {
                    self.tell(new Happened(
                            new SourceEvent.TargetLost("host " + order.targetHost() + " cannot be reached")));
                }
            });
        }
        return this;
    }

    private Behavior<Command> onAdmitted(Admitted admitted) {
        target = admitted.target();
        lanes = admitted.lanes();
        List<String> faults = AdmittedCheck.faults(
                order.targetHost(), manifest(), admitted.host(), admitted.lanes(), admitted.protocol());
        if (!faults.isEmpty()) {
            tellTarget(new MigrationTarget.Dismissed(String.join("; ", faults), false));
            return onNotAdmitted(new NotAdmitted(faults));
        }
        secret = SessionSecret.of(ownSecret, admitted.secret());
        if (ownSecret != null && secret == null) {
            return onNotAdmitted(new NotAdmitted(
                    List.of("host " + order.targetHost() + " did not add its part to the session's secret")));
        }
        if (secret != null) {
            journal.sealed();
        }
        getContext()
                .watchWith(
                        admitted.target(),
                        new Happened(new SourceEvent.TargetLost(
                                "host " + order.targetHost() + " is gone or its side of the migration ended")));
        return feed(new SourceEvent.Reserved(admitted.host()));
    }

    private void startEngine() {
        engine = new OutgoingMigration(OutgoingContext.of(
                        machine.machine(),
                        node.migration().transport(),
                        node.migration().outgoing(order.migrationId(), lanes, secret),
                        parameters.settings(),
                        Materializer.matFromSystem(getContext().getSystem()),
                        new SourceListener(getContext().getSelf(), order, journal, gate, mayGoOn))
                .withExperience(node.migration().experience()));
        journal.engine(engine::progress);
        engine.start();
        getContext().getSelf().tell(new Happened(new SourceEvent.EngineActive()));
    }

    private Behavior<Command> onLedgerReplied(LedgerReplied replied) {
        if (replied.reply() instanceof DirectoryActor.Answered answered) {
            return feed(new SourceEvent.LedgerAnswered(answered.command().requestId(), answered.answer()));
        } else if (replied.reply() instanceof DirectoryActor.Unavailable unavailable) {
            return feed(new SourceEvent.LedgerUnreachable(unavailable.requestId(), unavailable.reason()));
        }
        return this;
    }

    /** The target compared what it was sent; a test compares both memories as well, before Go. */
    private Behavior<Command> onReady(Ready ready) {
        targetDigest = ready.digest();
        MachineEvent act = machine.guestEvent();
        if (act != null) {
            // It stands still since it did that, and the target's half is the state behind it: neither may run on.
            return feed(new SourceEvent.Cancel(GuestActs.describe(act)));
        }
        if (order.settings().verify() != VerifyMode.AT_PAUSE
                || !ready.verification().matches()) {
            return feed(new SourceEvent.TargetReady(ready.verification()));
        }
        getContext().pipeToSelf(compare(), (comparison, failure) -> {
            if (failure == null) {
                journal.verified(comparison.isEqual());
                return new ReadyCompared(new Verification(comparison.isEqual(), comparison.toString()));
            }
            return new ReadyCompared(new Verification(false, "memory was not compared: " + failure));
        });
        return this;
    }

    private CompletionStage<MemoryComparison> compare() {
        return requireEngine().compare(MemoryDigest.decode(targetDigest));
    }

    private Behavior<Command> onRestSent(RestSent sent) {
        summary = sent.summary();
        return feed(new SourceEvent.FinalSent());
    }

    private Behavior<Command> onRunning(Running running) {
        journal.runsAgain();
        if (summary != null) {
            getContext()
                    .getLog()
                    .info(
                            "migration {}: down for {} ms, of which {}",
                            order.migrationId(),
                            journal.downtimeMs(),
                            summary);
            node.migration().experience().observeSetup(journal.untilFirstRoundMs());
            if (!order.settings().ending().pauseBeforeSwitchover()) {
                requireEngine().observedBlackout((double) journal.downtimeMs(), summary);
            }
            summary = null;
        }
        return feed(new SourceEvent.TargetRunning());
    }

    private Behavior<Command> onChanged(Changed request) {
        Optional<Problem> refusal = parameters.change(request.parameters(), protocol.status());
        if (refusal.isEmpty() && engine != null) {
            engine.change(parameters.settings());
        }
        request.replyTo()
                .tell(refusal.<VmActor.Answer>map(VmActor.Rejected::new)
                        .orElseGet(() -> new VmActor.MigrationAccepted(journal.view())));
        return this;
    }

    private Behavior<Command> onSteered(Steered steered) {
        boolean forced = steered.step() == MigrationStep.FORCE_COMPLETE;
        OutgoingMigration running = engine;
        boolean possible = forced ? protocol.status() == MigrationStatus.ACTIVE && running != null : protocol.isHeld();
        if (!possible) {
            steered.replyTo()
                    .tell(new VmActor.Rejected(Problem.of(
                            Problem.Kind.CONFLICT,
                            steered.step().label() + ": migration " + order.migrationId() + " is "
                                    + protocol.status().label() + "; it has to be "
                                    + (forced ? "active" : "held in pre-switchover"))));
            return this;
        }
        Behavior<Command> next = this;
        if (forced && running != null) {
            running.finishNow();
        } else {
            next = feed(new SourceEvent.Continue());
        }
        steered.replyTo().tell(new VmActor.MigrationAccepted(journal.view()));
        return next;
    }

    private Behavior<Command> onCancelRequested(CancelRequested request) {
        if (!protocol.cancellable()) {
            request.replyTo()
                    .tell(new VmActor.Rejected(Problem.of(
                            Problem.Kind.CONFLICT,
                            "migration " + order.migrationId() + " is "
                                    + protocol.status().label() + " and can no longer be cancelled")));
            return this;
        }
        Behavior<Command> next = feed(new SourceEvent.Cancel("cancelled by an operator"));
        request.replyTo().tell(new VmActor.MigrationAccepted(journal.view()));
        return next;
    }

    private void resumeHere() {
        machine.settled();
        journal.guestStays();
        if (!order.running() || machine.guestEvent() != null) {
            parts.release();
            journal.runsAgain();
        } else {
            resumed = parts.resume().handle((done, failure) -> {
                journal.runsAgain();
                if (failure == null) {
                    journal.guestGoesOn();
                }
                return failure == null ? "" : "the vCPUs did not start again after the migration: " + failure;
            });
        }
    }

    private void stopEngine() {
        gate.shut();
        if (engine != null) {
            engine.cancel("the migration ended");
        }
    }

    /** The VM runs elsewhere: its memory here stands still and is compared at leisure before it is given back. */
    private void compareAndRelease() {
        releasing = true;
        node.permits().handedOver(order.vm().id(), order.vm().epoch());
        journal.runsAgain(); // where the ledger was faster than the target's own word
        if (order.settings().verify() == VerifyMode.AFTER_RESUME && targetDigest.length > 0) {
            getContext()
                    .pipeToSelf(
                            compare(),
                            (comparison, failure) ->
                                    new Compared(comparison, failure == null ? null : failure.toString()));
        } else {
            release();
        }
    }

    private Behavior<Command> onCompared(Compared compared) {
        journal.compared(compared.comparison(), compared.failure());
        release();
        return this;
    }

    private void release() {
        CompletionStage<Void> released = engineClosed()
                .thenCompose(closed -> node.vault().close(order.vm().id()));
        getContext().pipeToSelf(released, (closed, failure) -> new Released());
    }

    private Behavior<Command> onReleased(Released released) {
        journal.close();
        ended = true;
        owner.tell(new VmMove.MigrationGone(order.migrationId(), order.targetHost()));
        return Behaviors.stopped();
    }

    private Behavior<Command> stayedHere() {
        if (!ended) {
            ended = true;
            journal.close();
            getContext()
                    .pipeToSelf(
                            engineClosed().thenCompose(closed -> resumed),
                            (fault, failure) -> new Stayed(failure == null ? fault : failure.toString()));
        }
        return this;
    }

    private Behavior<Command> onStayed(Stayed stayed) {
        owner.tell(new VmMove.MigrationKept(order.migrationId(), stayed.fault()));
        return Behaviors.stopped();
    }

    /** The engine's thread ends in its own time; until then it may still read the machine's memory. */
    private CompletionStage<Void> engineClosed() {
        if (engine == null) {
            return CompletableFuture.completedStage(null);
        }
        engine.close();
        return engine.closed();
    }

    private Behavior<Command> onPostStop(PostStop signal) {
        if (!ended) {
            gate.shut();
            engineClosed();
            journal.abandon();
        }
        return this;
    }

    private void tellTarget(MigrationTarget.Command message) {
        if (target != null) {
            target.tell(message);
        }
    }

    private OutgoingMigration requireEngine() {
        return Objects.requireNonNull(engine, "the engine runs in every state that uses it");
    }
}
