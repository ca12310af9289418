package io.godwit.actors.migration;

import io.godwit.actors.cluster.NodeServices;
import io.godwit.actors.host.HostActor;
import io.godwit.actors.serialization.Wire;
import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.ProblemException;
import io.godwit.actors.vm.VmActor;
import io.godwit.actors.vm.VmMove;
import io.godwit.config.Encryption;
import io.godwit.config.device.DiskSpec;
import io.godwit.config.device.VolumeRef;
import io.godwit.control.cold.ColdOutcome;
import io.godwit.control.cold.ColdSourceMove;
import io.godwit.control.cold.ColdSourceMove.Action;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.LedgerAnswer;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.switchover.MigrationStatus;
import io.godwit.migration.disk.DiskPages;
import io.godwit.transport.LaneStripes;
import io.godwit.transport.StreamEndpoint;
import io.godwit.transport.stream.OutgoingSettings;
import io.godwit.transport.stream.OutgoingStream;
import io.godwit.vmm.storage.MoveFile;
import io.godwit.vmm.storage.VolumeLayout;
import io.godwit.vmm.storage.VolumeMoves;
import io.godwit.vmm.storage.VolumesLeaving;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
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
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;

/** The source's side of a cold migration: carries out what {@link ColdSourceMove} decides, and decides nothing itself. */
public final class ColdSource extends AbstractBehavior<ColdSource.Command> {
    private static final Duration ADMISSION_PATIENCE = Duration.ofSeconds(30);
    private static final Duration LEDGER_RETRY = Duration.ofSeconds(1);

    public sealed interface Command {}

    /** What the target says. */
    public sealed interface FromTarget extends Command, Wire {}

    /**
     * There is room.
     *
     * @param lanes where the disks are to be sent; none where there are none to send
     * @param secret the target's part of the session secret, null where pages are not sealed
     */
    public record Admitted(
            HostIdentity host,
            ActorRef<ColdTarget.Command> target,
            List<StreamEndpoint> lanes,
            @Nullable SecretPart secret)
            implements FromTarget {
        public Admitted {
            lanes = List.copyOf(lanes);
        }
    }

    /**
     * @param staged whether all is compared and on disk at the target
     * @param reasons why it cannot be; none where it is
     */
    public record Answered(boolean staged, List<String> reasons) implements FromTarget {
        public Answered {
            reasons = List.copyOf(reasons);
        }
    }

    /** An operator's. */
    public record CancelRequested(ActorRef<VmActor.Answer> replyTo) implements Command {}

    private record Opened(VmRecord vm, VolumesLeaving volumes) implements Command {}

    private record Broke(String reason) implements Command {}

    private enum Overdue implements Command {
        INSTANCE
    }

    private enum TargetGone implements Command {
        INSTANCE
    }

    private record Marked(String failure) implements Command {}

    /**
     * @param prepare whether that was asked, rather than the commit
     * @param waitedOut whether time has passed since
     */
    private record LedgerSaid(boolean prepare, ColdOutcome outcome, String reason, boolean waitedOut)
            implements Command {}

    private record Cleared(String leftBehind) implements Command {}

    /** What was asked for. */
    public record Order(
            String migrationId, VmRecord vm, String target, boolean autoStart, ActorRef<VmActor.Answer> replyTo) {}

    private final NodeServices node;
    private final Order order;
    private final ActorRef<VmActor.Command> owner;
    private final TimerScheduler<Command> timers;
    private final ColdSourceMove move = new ColdSourceMove();
    private final VolumeMoves moves;
    private final List<VolumeRef> local;
    private final @Nullable SecretPart ownSecret;
    private VmRecord vm;
    private @Nullable ColdJournal journal;
    private @Nullable VolumesLeaving volumes;
    private @Nullable OutgoingStream stream;
    private @Nullable OutgoingSettings settings;
    private @Nullable Admitted admitted;
    private boolean answered;

    public static Behavior<Command> create(NodeServices node, Order order, ActorRef<VmActor.Command> owner) {
        return Behaviors.setup(
                context -> Behaviors.withTimers(timers -> new ColdSource(context, timers, node, order, owner)));
    }

    private ColdSource(
            ActorContext<Command> context,
            TimerScheduler<Command> timers,
            NodeServices node,
            Order order,
            ActorRef<VmActor.Command> owner) {
        super(context);
        this.node = node;
        this.order = order;
        this.owner = owner;
        this.timers = timers;
        this.vm = order.vm();
        this.moves = node.volumes().moves();
        this.local = order.vm().spec().disks().stream()
                .map(DiskSpec::volume)
                .filter(volume -> !node.volumes().isShared(volume.pool()))
                .distinct()
                .toList();
        this.ownSecret = local.isEmpty() ? null : node.migration().security().newPart(Encryption.AUTO);
        // The host's next life may have taken the VM back since its actor was told of it.
        CompletionStage<Opened> opened = node.ownership()
                .find(order.vm().id())
                .thenCompose(now -> node.ownership().reclaimed(now.orElse(order.vm())))
                .thenCompose(mine -> node.vault().compute(() -> new Opened(mine, moves.leave(local))));
        context.pipeToSelf(opened, (ready, failure) -> failure == null ? ready : new Broke(reasonOf(failure)));
        timers.startSingleTimer(Overdue.INSTANCE, ADMISSION_PATIENCE);
    }

    private static String reasonOf(Throwable failure) {
        return ProblemException.problemOf(failure).detail();
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Opened.class, this::onOpened)
                .onMessage(Broke.class, broke -> perform(move.failed(broke.reason())))
                .onMessage(Overdue.class, overdue -> onOverdue())
                .onMessage(Admitted.class, this::onAdmitted)
                .onMessage(Answered.class, this::onAnswered)
                .onMessage(TargetGone.class, gone -> perform(move.targetGone("the target's side ended")))
                .onMessage(CancelRequested.class, this::onCancel)
                .onMessage(Marked.class, this::onMarked)
                .onMessage(LedgerSaid.class, this::onLedgerSaid)
                .onMessage(Cleared.class, cleared -> perform(move.cleared(cleared.leftBehind())))
                .onSignal(PostStop.class, this::onPostStop)
                .build();
    }

    private Behavior<Command> onOpened(Opened opened) {
        if (move.phase() != ColdSourceMove.Phase.ADMITTING) {
            opened.volumes().close();
            return this;
        }
        vm = opened.vm();
        volumes = opened.volumes();
        journal = new ColdJournal(
                node,
                order.migrationId(),
                vm,
                order.target(),
                order.autoStart(),
                "source",
                opened.volumes().layout().lengthBytes());
        HostActor.AdmitCold request = new HostActor.AdmitCold(
                order.migrationId(),
                vm,
                order.autoStart(),
                opened.volumes().layout().volumes(),
                ownSecret,
                getContext().getSelf());
        ActorRef<Command> self = getContext().getSelf();
        node.hosts().find(order.target()).whenComplete((found, failure) -> {
            if (failure == null && found.isPresent()) {
                found.get().tell(request);
            } else {
                self.tell(new Broke("host " + order.target() + " is not in the cluster or cannot be reached"));
            }
        });
        return this;
    }

    private Behavior<Command> onOverdue() {
        return move.phase() == ColdSourceMove.Phase.ADMITTING
                ? perform(move.failed(
                        "host " + order.target() + " did not answer within " + ADMISSION_PATIENCE.toSeconds() + " s"))
                : this;
    }

    private Behavior<Command> onAdmitted(Admitted admission) {
        boolean sends = !local.isEmpty();
        boolean fine = admission.host().hostId().equals(order.target())
                && admission.lanes().size() <= LaneStripes.MAX_LANES
                && sends != admission.lanes().isEmpty()
                && (ownSecret == null) == (admission.secret() == null);
        if (!fine) {
            return perform(move.failed("host " + order.target() + " answered for host "
                    + admission.host().hostId() + " with " + admission.lanes().size() + " lanes"));
        } else if (admitted != null) {
            return this;
        }
        admitted = admission;
        getContext().watchWith(admission.target(), TargetGone.INSTANCE);
        return perform(move.admitted());
    }

    private Behavior<Command> onAnswered(Answered answer) {
        return perform(answer.staged() ? move.staged() : move.refused(String.join("; ", answer.reasons())));
    }

    private Behavior<Command> onCancel(CancelRequested request) {
        List<Action> actions = move.cancel();
        if (actions.isEmpty()) {
            request.replyTo()
                    .tell(new VmActor.Rejected(Problem.of(
                            Problem.Kind.CONFLICT,
                            "migration " + order.migrationId()
                                    + " can no longer be cancelled: the ledger is asked to give the VM to host "
                                    + order.target())));
            return this;
        }
        Behavior<Command> next = perform(actions);
        request.replyTo().tell(new VmActor.MigrationAccepted(view()));
        return next;
    }

    private MigrationView view() {
        return node.migrations()
                .find(order.migrationId())
                .orElseGet(() -> MigrationView.withoutMemory(
                        order.migrationId(),
                        vm,
                        order.target(),
                        new TreeMap<>(),
                        "source",
                        "cancelled",
                        "",
                        System.currentTimeMillis(),
                        0,
                        MigrationView.Copied.NOTHING));
    }

    private Behavior<Command> onMarked(Marked marked) {
        return perform(marked.failure().isEmpty() ? move.marked() : move.notMarked(marked.failure()));
    }

    /** After an answer that promises nothing some time passes before the same is asked again. */
    private Behavior<Command> onLedgerSaid(LedgerSaid said) {
        if (said.outcome() == ColdOutcome.UNKNOWN && !said.waitedOut()) {
            Objects.requireNonNull(journal).update(MigrationStatus.DEVICE, "the ledger does not answer");
            timers.startSingleTimer(new LedgerSaid(said.prepare(), said.outcome(), "", true), LEDGER_RETRY);
            return this;
        }
        return perform(
                said.prepare()
                        ? move.prepareAnswered(said.outcome(), said.reason())
                        : move.commitAnswered(said.outcome(), said.reason()));
    }

    private Behavior<Command> perform(List<Action> actions) {
        Behavior<Command> next = this;
        for (Action action : actions) {
            if (action instanceof Action.Send) {
                send(Objects.requireNonNull(admitted, "the target has admitted it"));
            } else if (action instanceof Action.Mark) {
                mark();
            } else if (action instanceof Action.Prepare) {
                ask(
                        true,
                        new LedgerCommand.Prepare(
                                order.migrationId() + "/cold/prepare",
                                vm.id(),
                                order.migrationId(),
                                vm.epoch(),
                                vm.owner(),
                                Objects.requireNonNull(admitted).host()));
            } else if (action instanceof Action.Commit) {
                ask(
                        false,
                        new LedgerCommand.Commit(order.migrationId() + "/cold/commit", vm.id(), order.migrationId()));
            } else if (action instanceof Action.HandOver) {
                tellTarget(new ColdTarget.SourceSays(true, ""));
            } else if (action instanceof Action.Dismiss) {
                tellTarget(new ColdTarget.SourceSays(false, "the source has ended the migration"));
            } else if (action instanceof Action.Unmark) {
                unmark();
            } else if (action instanceof Action.Clear) {
                clear();
            } else {
                next = end((Action.End) action);
            }
        }
        return next;
    }

    private void tellTarget(ColdTarget.SourceSays word) {
        if (admitted != null) {
            admitted.target().tell(word);
        }
    }

    /** The checksums are computed beside the copying, and go behind the last page. */
    private void send(Admitted to) {
        answer(new VmActor.MigrationAccepted(view()));
        if (local.isEmpty()) {
            return;
        }
        VolumesLeaving from = Objects.requireNonNull(volumes);
        settings = node.migration().outgoing(order.migrationId(), to.lanes(), SessionSecret.of(ownSecret, to.secret()));
        OutgoingStream out = node.migration().transport().openOutgoing(settings, new DiskPages(from));
        stream = out;
        Objects.requireNonNull(journal)
                .copying(
                        () -> (out.counters().normalPages() + out.counters().zeroPages()) * VolumeLayout.PAGE_BYTES,
                        ownSecret != null);
        CompletionStage<byte[]> digests = node.vault().compute(from::digests);
        Materializer materializer = Materializer.matFromSystem(getContext().getSystem());
        CompletionStage<?> sent = Source.from(new DiskPages(from).ranges())
                .runWith(out.round(0), materializer)
                .thenCombine(digests, (round, sums) -> sums)
                .thenCompose(out::sendDeviceState)
                .thenCompose(all -> out.end());
        ActorRef<Command> self = getContext().getSelf();
        sent.whenComplete((done, failure) -> {
            if (failure != null) {
                self.tell(new Broke("the disks could not be sent: " + reasonOf(failure)));
            }
        });
    }

    private void mark() {
        Objects.requireNonNull(journal).update(MigrationStatus.DEVICE, "the ledger is asked for it");
        CompletionStage<Boolean> noted = node.vault().compute(() -> {
            moves.mark(order.migrationId(), vm.id(), vm.epoch(), local);
            return true;
        });
        getContext().pipeToSelf(noted, (done, failure) -> new Marked(failure == null ? "" : reasonOf(failure)));
    }

    private void ask(boolean prepare, LedgerCommand command) {
        CompletionStage<Command> said = node.ownership()
                .settle(command)
                .handle((answer, failure) -> new LedgerSaid(
                        prepare,
                        failure == null
                                ? ColdOutcome.of(answer, prepare ? ColdOutcome.PREPARED : ColdOutcome.COMMITTED)
                                : ColdOutcome.UNKNOWN,
                        answer instanceof LedgerAnswer.Refused refused ? refused.reason() : "",
                        false));
        getContext().pipeToSelf(said, (message, impossible) -> message);
    }

    private List<MoveFile> notes() {
        return local.stream()
                .map(volume -> new MoveFile(MoveFile.Kind.LEFT, order.migrationId(), vm.id(), vm.epoch(), volume))
                .toList();
    }

    /** A note that stays is found by the host's next look, which knows that the VM is here. */
    private void unmark() {
        List<MoveFile> notes = notes();
        var unused = node.vault().compute(() -> {
            notes.forEach(moves::discard);
            return true;
        });
    }

    private void clear() {
        List<MoveFile> notes = notes();
        CompletionStage<Boolean> cleared = release()
                .thenCompose(unlocked -> node.vault().compute(() -> {
                    notes.forEach(moves::clear);
                    return true;
                }));
        getContext()
                .pipeToSelf(
                        cleared,
                        (done, failure) -> new Cleared(
                                failure == null
                                        ? ""
                                        : "a disk is left at the source and is deleted later: " + reasonOf(failure)));
    }

    private Behavior<Command> end(Action.End end) {
        boolean gone = end.status().equals("completed");
        var unused = release();
        if (journal != null) {
            journal.update(status(end.status()), end.reason());
        }
        answer(new VmActor.Rejected(
                Problem.refused("cold migration of VM " + vm.spec().name(), List.of(end.reason()))));
        owner.tell(new VmMove.ColdEnded(order.migrationId(), vm, gone));
        return Behaviors.stopped();
    }

    private static MigrationStatus status(String label) {
        return switch (label) {
            case "completed" -> MigrationStatus.COMPLETED;
            case "cancelled" -> MigrationStatus.CANCELLED;
            default -> MigrationStatus.FAILED;
        };
    }

    /** Who asked is answered once: that it has begun, or why it did not. */
    private void answer(VmActor.Answer answer) {
        if (!answered) {
            answered = true;
            order.replyTo().tell(answer);
        }
    }

    /** Lanes read the volumes until the stream is closed: the locks go after it. */
    private CompletionStage<Void> release() {
        OutgoingStream open = stream;
        VolumesLeaving held = volumes;
        OutgoingSettings used = settings;
        stream = null;
        volumes = null;
        settings = null;
        if (used != null && used.secret() != null) {
            used.secret().close();
        }
        CompletionStage<Void> unread = CompletableFuture.completedStage(null);
        if (open != null) {
            open.close();
            unread = open.closed();
        }
        return unread.thenRun(() -> {
            if (held != null) {
                held.close();
            }
        });
    }

    private Behavior<Command> onPostStop(PostStop signal) {
        var unused = release();
        if (journal != null) {
            journal.abandon();
        }
        return this;
    }
}
