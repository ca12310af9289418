package io.godwit.actors.migration;

import io.godwit.actors.cluster.NodeServices;
import io.godwit.actors.host.HostActor.AdmitCold;
import io.godwit.actors.serialization.Wire;
import io.godwit.actors.vm.ProblemException;
import io.godwit.config.device.VolumeRef;
import io.godwit.control.cold.ColdOutcome;
import io.godwit.control.cold.ColdTargetMove;
import io.godwit.control.cold.ColdTargetMove.Action;
import io.godwit.control.ledger.LedgerAnswer;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.switchover.MigrationStatus;
import io.godwit.migration.disk.DiskSink;
import io.godwit.transport.LaneStripes;
import io.godwit.transport.RoundReceived;
import io.godwit.transport.StreamCounts;
import io.godwit.transport.StreamEndpoint;
import io.godwit.transport.StreamFailure;
import io.godwit.transport.stream.IncomingListener;
import io.godwit.transport.stream.IncomingSettings;
import io.godwit.transport.stream.IncomingStream;
import io.godwit.vmm.storage.MoveFile;
import io.godwit.vmm.storage.VolumeLayout;
import io.godwit.vmm.storage.VolumeMoves;
import io.godwit.vmm.storage.VolumesComing;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;

/** The target's side of a cold migration: carries out what {@link ColdTargetMove} decides, and decides nothing itself. */
public final class ColdTarget extends AbstractBehavior<ColdTarget.Command> {
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration LEDGER_RETRY = Duration.ofSeconds(1);

    public sealed interface Command {}

    /**
     * From the source.
     *
     * @param yours whether the ledger has given the VM to this host, rather than that the source will never ask for that
     */
    public record SourceSays(boolean yours, String reason) implements Command, Wire {}

    private record Room(VolumesComing volumes) implements Command {}

    private record Refused(List<String> reasons) implements Command {}

    private record Listening(List<StreamEndpoint> lanes) implements Command {}

    private enum Received implements Command {
        INSTANCE
    }

    private record ReceiveFailed(String reason) implements Command {}

    private record Staged(String failure) implements Command {}

    private enum SourceGone implements Command {
        INSTANCE
    }

    private enum PatienceEnded implements Command {
        INSTANCE
    }

    private enum AskAgain implements Command {
        INSTANCE
    }

    private record LedgerSaid(ColdOutcome outcome, String reason) implements Command {}

    private record Published(String leftToDo) implements Command {}

    private final NodeServices node;
    private final AdmitCold request;
    private final TimerScheduler<Command> timers;
    private final Consumer<AdmitCold> arrived;
    private final ColdTargetMove move = new ColdTargetMove();
    private final VolumeMoves moves;
    private final @Nullable SecretPart ownSecret;
    private final ColdJournal journal;
    private @Nullable VolumesComing volumes;
    private @Nullable IncomingStream stream;
    private @Nullable IncomingSettings settings;
    private volatile byte[] digests = {};

    /**
     * Whether a request makes sense.
     *
     * @return every reason why not
     */
    public static List<String> faults(AdmitCold request) {
        return ColdRoom.faults(request);
    }

    /** @param arrived told once the VM and its disks are this host's; called by this actor */
    public static Behavior<Command> create(NodeServices node, AdmitCold request, Consumer<AdmitCold> arrived) {
        return Behaviors.setup(
                context -> Behaviors.withTimers(timers -> new ColdTarget(context, timers, node, request, arrived)));
    }

    private ColdTarget(
            ActorContext<Command> context,
            TimerScheduler<Command> timers,
            NodeServices node,
            AdmitCold request,
            Consumer<AdmitCold> arrived) {
        super(context);
        this.node = node;
        this.request = request;
        this.timers = timers;
        this.arrived = arrived;
        this.moves = node.volumes().moves();
        this.ownSecret = request.secret() == null ? null : SecretPart.fresh();
        this.journal = new ColdJournal(
                node,
                request.migrationId(),
                request.vm(),
                node.hostId(),
                request.autoStart(),
                "target",
                new VolumeLayout(request.disks()).lengthBytes());
        context.watchWith(request.source(), SourceGone.INSTANCE);
        CompletionStage<Command> room = node.migration()
                .security()
                .refusals(node.hostId(), request.secret(), request.source())
                .thenCompose(strangers -> strangers.isEmpty()
                        ? node.vault().<Command>compute(() -> new Room(ColdRoom.take(node, request)))
                        : CompletableFuture.completedStage(new Refused(strangers)));
        context.pipeToSelf(room, (ready, failure) -> failure == null ? ready : new Refused(reasons(failure)));
    }

    private static List<String> reasons(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return cause instanceof ColdRoom.RefusedException refused ? refused.reasons() : List.of(reasonOf(failure));
    }

    private static String reasonOf(Throwable failure) {
        return ProblemException.problemOf(failure).detail();
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Room.class, this::onRoom)
                .onMessage(Refused.class, this::onRefused)
                .onMessage(Listening.class, this::onListening)
                .onMessage(Received.class, received -> perform(move.received()))
                .onMessage(ReceiveFailed.class, failed -> perform(move.receiveFailed(failed.reason())))
                .onMessage(Staged.class, this::onStaged)
                .onMessage(SourceSays.class, this::onSourceSays)
                .onMessage(SourceGone.class, gone -> perform(move.sourceGone()))
                .onMessage(PatienceEnded.class, ended -> perform(move.patienceEnded()))
                .onMessage(AskAgain.class, again -> perform(List.of(Action.Abort.INSTANCE)))
                .onMessage(LedgerSaid.class, this::onLedgerSaid)
                .onMessage(Published.class, published -> perform(move.published(published.leftToDo())))
                .onSignal(PostStop.class, this::onPostStop)
                .build();
    }

    private Behavior<Command> onRoom(Room room) {
        volumes = room.volumes();
        if (move.phase() == ColdTargetMove.Phase.OVER) {
            room.volumes().close();
            return this;
        }
        if (request.disks().isEmpty()) {
            admit(List.of());
            return perform(move.received());
        }
        IncomingSettings incoming = node.migration()
                .incoming(request.migrationId(), LaneStripes.MAX_LANES, SessionSecret.of(request.secret(), ownSecret));
        settings = incoming;
        ActorRef<Command> self = getContext().getSelf();
        IncomingStream in = node.migration()
                .transport()
                .openIncoming(incoming, new DiskSink(room.volumes()), new Listener(self, sums -> digests = sums));
        stream = in;
        journal.copying(() -> in.received().pages() * VolumeLayout.PAGE_BYTES, ownSecret != null);
        getContext()
                .pipeToSelf(
                        in.endpoints(),
                        (lanes, failure) -> failure == null
                                ? new Listening(lanes)
                                : new ReceiveFailed("the lanes could not be opened: " + failure.getMessage()));
        return this;
    }

    /** Called on the lanes' threads: everything becomes a message. */
    private record Listener(ActorRef<Command> self, Consumer<byte[]> digests) implements IncomingListener {
        @Override
        public void onRoundEnd(RoundReceived round) {
            // the end says it all
        }

        @Override
        public void onDeviceState(byte[] state) {
            digests.accept(state);
        }

        @Override
        public void onEnd(StreamCounts total) {
            self.tell(Received.INSTANCE);
        }

        @Override
        public void onFailed(StreamFailure failure) {
            self.tell(new ReceiveFailed("the disks did not arrive: " + failure));
        }
    }

    private Behavior<Command> onRefused(Refused refused) {
        request.source().tell(new ColdSource.Answered(false, refused.reasons()));
        journal.update(MigrationStatus.FAILED, String.join("; ", refused.reasons()));
        return Behaviors.stopped();
    }

    private Behavior<Command> onListening(Listening listening) {
        admit(listening.lanes());
        return this;
    }

    private void admit(List<StreamEndpoint> lanes) {
        request.source()
                .tell(new ColdSource.Admitted(
                        node.ownership().self(), getContext().getSelf(), lanes, ownSecret));
    }

    private Behavior<Command> onStaged(Staged staged) {
        return perform(staged.failure().isEmpty() ? move.staged() : move.stageFailed(staged.failure()));
    }

    private Behavior<Command> onSourceSays(SourceSays word) {
        return perform(word.yours() ? move.handedOver() : move.dismissed(word.reason()));
    }

    private Behavior<Command> onLedgerSaid(LedgerSaid said) {
        if (said.outcome() == ColdOutcome.UNKNOWN && move.phase() == ColdTargetMove.Phase.ASKING) {
            timers.startSingleTimer(AskAgain.INSTANCE, LEDGER_RETRY);
            return this;
        }
        return perform(move.abortAnswered(said.outcome(), said.reason()));
    }

    private Behavior<Command> perform(List<Action> actions) {
        Behavior<Command> next = this;
        for (Action action : actions) {
            if (action instanceof Action.Stage) {
                stage();
            } else if (action instanceof Action.TellStaged) {
                journal.update(MigrationStatus.DEVICE, "the source asks the ledger for it");
                timers.startSingleTimer(PatienceEnded.INSTANCE, PATIENCE);
                request.source().tell(new ColdSource.Answered(true, List.of()));
            } else if (action instanceof Action.TellFailed failed) {
                request.source().tell(new ColdSource.Answered(false, List.of(failed.reason())));
            } else if (action instanceof Action.Abort) {
                abort();
            } else if (action instanceof Action.Publish) {
                publish();
            } else if (action instanceof Action.Discard) {
                discard();
            } else {
                next = end((Action.End) action);
            }
        }
        return next;
    }

    private void stage() {
        VolumesComing coming = Objects.requireNonNull(volumes);
        byte[] sent = digests;
        CompletionStage<Boolean> staged = node.vault().compute(() -> {
            coming.stage(sent);
            return true;
        });
        getContext().pipeToSelf(staged, (done, failure) -> new Staged(failure == null ? "" : reasonOf(failure)));
    }

    private void abort() {
        LedgerCommand command = new LedgerCommand.Abort(
                request.migrationId() + "/cold/abort", request.vm().id(), request.migrationId());
        getContext()
                .pipeToSelf(
                        node.ownership().settle(command),
                        (answer, failure) -> new LedgerSaid(
                                failure == null ? ColdOutcome.of(answer, ColdOutcome.ABORTED) : ColdOutcome.UNKNOWN,
                                answer instanceof LedgerAnswer.Refused refused ? refused.reason() : ""));
    }

    private List<MoveFile> copies() {
        return request.disks().stream()
                .map(disk -> new MoveFile(
                        MoveFile.Kind.CAME,
                        request.migrationId(),
                        request.vm().id(),
                        request.vm().epoch(),
                        new VolumeRef(disk.pool(), disk.name())))
                .toList();
    }

    /** One that cannot get its name now gets it when the host looks at what moves left. */
    private void publish() {
        List<MoveFile> copies = copies();
        CompletionStage<Boolean> published = node.vault().compute(() -> {
            copies.forEach(moves::publish);
            return true;
        });
        getContext().pipeToSelf(published, (done, failure) -> new Published(failure == null ? "" : reasonOf(failure)));
    }

    private void discard() {
        List<MoveFile> copies = copies();
        var unused = release()
                .thenCompose(unwritten -> node.vault().compute(() -> {
                    copies.forEach(moves::discard);
                    return true;
                }));
    }

    private Behavior<Command> end(Action.End end) {
        var unused = release();
        journal.update(end.arrived() ? MigrationStatus.COMPLETED : MigrationStatus.FAILED, end.reason());
        if (end.arrived()) {
            arrived.accept(request);
        }
        return Behaviors.stopped();
    }

    /** Lanes write the drafts until the stream is closed: they go after it. */
    private CompletionStage<Void> release() {
        IncomingStream open = stream;
        VolumesComing held = volumes;
        IncomingSettings used = settings;
        stream = null;
        volumes = null;
        settings = null;
        if (used != null && used.secret() != null) {
            used.secret().close();
        }
        CompletionStage<Void> unwritten = CompletableFuture.completedStage(null);
        if (open != null) {
            open.close();
            unwritten = open.closed();
        }
        return unwritten.thenRun(() -> {
            if (held != null) {
                held.close();
            }
        });
    }

    private Behavior<Command> onPostStop(PostStop signal) {
        var unused = release();
        journal.abandon();
        return this;
    }
}
