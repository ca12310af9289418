package io.godwit.actors.migration;

import io.godwit.actors.cluster.NodeServices;
import io.godwit.actors.directory.DirectoryActor;
import io.godwit.actors.permit.RunPermits;
import io.godwit.actors.serialization.Wire;
import io.godwit.actors.vault.VaultedMachine;
import io.godwit.actors.vm.MachineParts;
import io.godwit.actors.vm.VmActor;
import io.godwit.actors.vm.VmMove;
import io.godwit.actors.vm.VmStatus;
import io.godwit.config.MigrationParameters;
import io.godwit.control.ledger.LedgerAnswer;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.switchover.MigrationStatus;
import io.godwit.control.switchover.TargetAction;
import io.godwit.control.switchover.TargetEvent;
import io.godwit.control.switchover.TargetSwitchover;
import io.godwit.control.switchover.TargetTimer;
import io.godwit.control.switchover.Verification;
import io.godwit.migration.IncomingContext;
import io.godwit.migration.IncomingListener;
import io.godwit.migration.IncomingMigration;
import io.godwit.migration.IncomingSummary;
import io.godwit.migration.MigrationProgress;
import io.godwit.migration.digest.MemoryDigest;
import io.godwit.transport.StreamEndpoint;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
import org.jspecify.annotations.Nullable;

/** The target's side of one migration: carries out what {@link TargetSwitchover} decides, and decides nothing itself. */
public final class MigrationTarget extends AbstractBehavior<MigrationTarget.Command> {
    private static final Duration LOOK_INTERVAL = Duration.ofSeconds(1);

    public sealed interface Command {}

    /** What the source says. */
    public sealed interface FromSource extends Command, Wire {}

    /** Run the VM: the source never will again, unless the ledger shows the migration aborted. */
    public record Go() implements FromSource {}

    /**
     * The migration is over without this host.
     *
     * @param cancelled whether that was asked for, rather than a failure
     */
    public record Dismissed(String reason, boolean cancelled) implements FromSource {}

    private record Happened(TargetEvent event) implements Command {}

    private record Listening(List<StreamEndpoint> lanes) implements Command {}

    private enum EngineClosed implements Command {
        INSTANCE
    }

    private enum LookForPages implements Command {
        INSTANCE
    }

    private record EngineReady(IncomingSummary summary) implements Command {}

    private record LedgerReplied(DirectoryActor.Reply reply) implements Command {}

    /** What is to be received, and from whom. */
    public record Start(Manifest manifest, ActorRef<MigrationSource.Command> source) {}

    private final NodeServices node;
    private final Manifest manifest;
    private final ActorRef<MigrationSource.Command> source;
    private final VaultedMachine machine;
    private final MachineParts parts;
    private final ActorRef<VmActor.Command> owner;
    private final TimerScheduler<Command> timers;
    private final ActorRef<DirectoryActor.Reply> ledgerReplies;
    private final TargetSwitchover protocol;
    private final MigrationJournal journal;
    private final Announcer announcer;
    private final IncomingMigration engine;
    private final int version;
    private final @Nullable SecretPart ownSecret;
    /** By request: the period in which it was first sent. */
    private final Map<String, Long> askedIn = new HashMap<>();

    private byte[] digest = {};
    private @Nullable VmRecord committed;
    private VmActor.@Nullable Command outcome;
    private boolean cancelled;
    private boolean ended;
    /** The guest's start on Go; done where there is none. */
    private CompletionStage<Void> resumed = CompletableFuture.completedStage(null);

    public static Behavior<Command> create(
            NodeServices node,
            Start start,
            VaultedMachine machine,
            MachineParts parts,
            ActorRef<VmActor.Command> owner) {
        return Behaviors.setup(context -> Behaviors.withTimers(
                timers -> new MigrationTarget(context, timers, node, start, machine, parts, owner)));
    }

    private MigrationTarget(
            ActorContext<Command> context,
            TimerScheduler<Command> timers,
            NodeServices node,
            Start start,
            VaultedMachine machine,
            MachineParts parts,
            ActorRef<VmActor.Command> owner) {
        super(context);
        this.node = node;
        this.manifest = start.manifest();
        this.source = start.source();
        this.machine = machine;
        this.parts = parts;
        this.owner = owner;
        this.timers = timers;
        this.announcer = new Announcer(
                context.getSystem(), machine.machine(), manifest.settings().announcement());
        this.ledgerReplies = context.messageAdapter(DirectoryActor.Reply.class, LedgerReplied::new);
        this.journal = new MigrationJournal(
                node,
                manifest.migrationId(),
                manifest.vm(),
                manifest.vm().owner().hostId(),
                node.hostId(),
                "target",
                () -> MigrationParameters.NONE);
        this.version = manifest.protocol().meet(node.migration().protocol()).orElseThrow();
        this.protocol = new TargetSwitchover(
                manifest.migrationId(),
                manifest.vm().id(),
                manifest.vm().epoch(),
                manifest.vm().owner(),
                node.ownership().self(),
                node.migration().timers());
        this.ownSecret = manifest.secret() == null ? null : SecretPart.fresh();
        this.engine = new IncomingMigration(IncomingContext.of(
                machine.machine(),
                node.migration().transport(),
                node.migration()
                        .incoming(
                                manifest.migrationId(),
                                manifest.settings().lanes().channels(),
                                SessionSecret.of(manifest.secret(), ownSecret)),
                manifest.settings().verify(),
                new EngineListener(context.getSelf())));
        this.journal.engine(engine::progress);
        if (ownSecret != null) {
            this.journal.sealed();
        }
        context.watchWith(source, new Happened(new TargetEvent.SourceGone("the source's side of the migration ended")));
        context.pipeToSelf(
                engine.endpoints(),
                (lanes, failure) -> failure == null
                        ? new Listening(lanes)
                        : new Happened(
                                new TargetEvent.Failed("the lanes could not be opened: " + failure.getMessage())));
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Listening.class, this::onListening)
                .onMessage(Happened.class, message -> feed(message.event()))
                .onMessage(EngineClosed.class, message -> onEngineClosed())
                .onMessage(LookForPages.class, message -> onLookForPages())
                .onMessage(EngineReady.class, this::onEngineReady)
                .onMessage(Go.class, message -> feed(new TargetEvent.Go()))
                .onMessage(Dismissed.class, this::onDismissed)
                .onMessage(LedgerReplied.class, this::onLedgerReplied)
                .onSignal(PostStop.class, this::onPostStop)
                .build();
    }

    private Behavior<Command> onListening(Listening listening) {
        Behavior<Command> next = feed(new TargetEvent.Start());
        timers.startTimerWithFixedDelay(LookForPages.INSTANCE, LOOK_INTERVAL);
        source.tell(new MigrationSource.Admitted(
                node.ownership().self(), getContext().getSelf(), listening.lanes(), version, ownSecret));
        return next;
    }

    /** The protocol gives a source that never begins a limited time; one that has begun is watched by its stream. */
    private Behavior<Command> onLookForPages() {
        MigrationProgress progress = engine.progress();
        if (progress.normalPages() + progress.duplicatePages() == 0) {
            return this;
        }
        timers.cancel(LookForPages.INSTANCE);
        return feed(new TargetEvent.StreamActive());
    }

    private Behavior<Command> feed(TargetEvent event) {
        List<TargetAction> actions = protocol.on(event);
        journal.update(protocol.status(), protocol.detail(), protocol.waitingFor());
        for (TargetAction action : actions) {
            perform(action);
        }
        return protocol.finished() ? conclude() : this;
    }

    private void perform(TargetAction action) {
        getContext().getLog().debug("migration {}: {}", manifest.migrationId(), action);
        if (action instanceof TargetAction.RestoreAndVerify) {
            // The engine restores as soon as the stream's end was checked: its summary says so.
        } else if (action instanceof TargetAction.SendReady ready) {
            source.tell(new MigrationSource.Ready(ready.verification(), digest));
        } else if (action instanceof TargetAction.RunMachine) {
            runMachine();
        } else if (action instanceof TargetAction.SendRunning) {
            source.tell(new MigrationSource.Running());
        } else if (action instanceof TargetAction.SendFailed failed) {
            source.tell(new MigrationSource.Failed(failed.reason()));
        } else if (action instanceof TargetAction.Submit submit) {
            askedIn.putIfAbsent(submit.command().requestId(), node.permits().period());
            // The guest first: the ledger's word is not waited for, and its voters may need this host's cores.
            resumed.whenComplete((done, failure) ->
                    node.directory().tell(new DirectoryActor.Submit(submit.command(), ledgerReplies)));
        } else if (action instanceof TargetAction.DiscardMachine) {
            outcome = new VmMove.NotArrived(manifest.migrationId(), protocol.detail(), isWorthKeeping());
        } else if (action instanceof TargetAction.StopMachine stop) {
            parts.pause();
            outcome = new VmMove.Disputed(manifest.migrationId(), stop.reason());
        } else if (action instanceof TargetAction.ReportLost lost) {
            outcome = new VmMove.LostOnTheWay(manifest.migrationId(), lost.reason());
        } else if (action instanceof TargetAction.ArmTimer arm) {
            timers.startSingleTimer(
                    arm.timer(),
                    new Happened(new TargetEvent.TimerFired(arm.timer())),
                    Duration.ofMillis(arm.delayMs()));
        } else if (action instanceof TargetAction.CancelTimers) {
            for (TargetTimer timer : TargetTimer.values()) {
                timers.cancel(timer);
            }
        }
    }

    /** For an operator to look into: something arrived, and what ended the migration was a failure. */
    private boolean isWorthKeeping() {
        return manifest.settings().keepTargetOnFailure()
                && !cancelled
                && engine.progress().normalPages() + engine.progress().duplicatePages() > 0;
    }

    private Behavior<Command> onDismissed(Dismissed dismissed) {
        cancelled = dismissed.cancelled();
        return feed(new TargetEvent.Dismissed(dismissed.reason()));
    }

    /** Called on the engine's thread: everything becomes a message. */
    private record EngineListener(ActorRef<Command> self) implements IncomingListener {
        @Override
        public void onReady(IncomingSummary summary) {
            self.tell(new EngineReady(summary));
        }

        @Override
        public void onFailed(String reason, boolean peerLost) {
            self.tell(new Happened(peerLost ? new TargetEvent.SourceGone(reason) : new TargetEvent.Failed(reason)));
        }
    }

    private Behavior<Command> onEngineReady(EngineReady ready) {
        journal.waitedFor();
        machine.handedOver(manifest.migrationId());
        MemoryDigest memory = ready.summary().digest();
        digest = memory == null ? new byte[0] : memory.encode();
        Behavior<Command> next = feed(new TargetEvent.FinalReceived());
        if (next != this) {
            return next;
        }
        next = feed(new TargetEvent.Restored(
                new Verification(true, ready.summary().pages() + " pages arrived, checked and restored")));
        getContext().getLog().info("migration {}: received, {}", manifest.migrationId(), ready.summary());
        return next;
    }

    /** After Go the VM is this host's, whether its vCPUs start or not: what they died of is its owner's to show. */
    private void runMachine() {
        ActorRef<Command> self = getContext().getSelf();
        Happened running = new Happened(new TargetEvent.Running());
        if (manifest.running()) {
            resumed = parts.resume();
            resumed.whenComplete((done, failure) -> {
                if (failure == null) {
                    announcer.start();
                }
                owner.tell(
                        failure == null
                                ? new VmMove.ObeyedGo(VmStatus.RUNNING, "")
                                : new VmMove.ObeyedGo(VmStatus.PAUSED, "the vCPUs did not start: " + failure));
                if (failure != null || parts.isLively()) {
                    self.tell(running);
                }
                journal.runsAgain();
                engine.close(); // what the stream took is not waited for any more
            });
        } else {
            owner.tell(new VmMove.ObeyedGo(VmStatus.PAUSED, ""));
            self.tell(running);
        }
    }

    private Behavior<Command> onLedgerReplied(LedgerReplied replied) {
        if (replied.reply() instanceof DirectoryActor.Answered answered) {
            if (answered.answer() instanceof LedgerAnswer.Applied applied && applied.vm() != null) {
                committed = applied.vm();
            }
            Behavior<Command> next =
                    feed(new TargetEvent.LedgerAnswered(answered.command().requestId(), answered.answer()));
            if (protocol.finished() && protocol.status() == MigrationStatus.COMPLETED) {
                own(answered);
            }
            return next;
        } else if (replied.reply() instanceof DirectoryActor.Unavailable unavailable) {
            return feed(new TargetEvent.LedgerUnreachable(unavailable.requestId(), unavailable.reason()));
        }
        return this;
    }

    /** A decision that was recorded before may be older than this host's permit: it is no evidence. */
    private void own(DirectoryActor.Answered answered) {
        boolean fresh = answered.answer() instanceof LedgerAnswer.Applied;
        long period = askedIn.getOrDefault(answered.command().requestId(), RunPermits.NEVER);
        node.guarding().own(committed == null ? expectedRecord() : committed, fresh ? period : RunPermits.NEVER);
    }

    /** The owner may unmap the machine as soon as it is told: the engine has to be out of it by then. */
    private Behavior<Command> conclude() {
        if (!ended) {
            ended = true;
            journal.close();
            engine.close();
            getContext().pipeToSelf(engine.closed(), (closed, failure) -> EngineClosed.INSTANCE);
        }
        return this;
    }

    private Behavior<Command> onEngineClosed() {
        owner.tell(outcome == null ? arrived() : outcome);
        return Behaviors.stopped();
    }

    private VmActor.Command arrived() {
        machine.settled();
        return new VmMove.Arrived(manifest.migrationId(), committed == null ? expectedRecord() : committed);
    }

    /** The ledger said that the commit was recorded before, without the record: this is what it made of it. */
    private VmRecord expectedRecord() {
        return manifest.vm().committedTo(node.ownership().self(), manifest.migrationId());
    }

    private Behavior<Command> onPostStop(PostStop signal) {
        if (!ended) {
            engine.close();
            journal.abandon();
        }
        return this;
    }
}
