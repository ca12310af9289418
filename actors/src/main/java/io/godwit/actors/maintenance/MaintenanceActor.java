package io.godwit.actors.maintenance;

import io.godwit.actors.cluster.NodeServices;
import io.godwit.actors.host.HostActor;
import io.godwit.actors.migration.MigrationView;
import io.godwit.actors.serialization.Wire;
import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.ProblemException;
import io.godwit.control.ledger.HostMaintenance;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.maintenance.MaintenanceRun;
import io.godwit.control.maintenance.MaintenanceRun.Running;
import io.godwit.control.maintenance.MaintenanceStep;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;

/**
 * Carries out the drains and restores of its own host. That host's node does it because it is the one end that every move
 * of them has: where it is gone there is nothing to drain and nobody to come back to, and no two nodes can do it at once.
 * What the ledger says is taken up again when the node starts.
 */
public final class MaintenanceActor extends AbstractBehavior<MaintenanceActor.Command> {
    private static final Duration LEDGER_RETRY = Duration.ofSeconds(1);
    private static final Duration INTERVAL = Duration.ofMillis(500);
    /** Begins the id of the drain of a host that is shut down; the life that ends follows. */
    private static final String SHUTDOWN = "shutdown-";
    /** Of operations that ended, together: an answer that lists them has to fit into one message. */
    private static final int KEPT_VMS = 512;

    public sealed interface Command {}

    /** What other nodes may ask, by way of the host. */
    public sealed interface Request extends Command, Wire {
        ActorRef<Answer> replyTo();
    }

    public record Begin(boolean restore, int concurrency, ActorRef<Answer> replyTo) implements Request {}

    /** Answered when the ledger has it, so that no restart forgets it. */
    public record Cancel(String operationId, boolean finishRunning, ActorRef<Answer> replyTo) implements Request {}

    public record Describe(ActorRef<Answer> replyTo) implements Request {}

    /**
     * The node is to end: has the host drained, and answers when that is over, however long it takes. What moved comes back
     * with the host's next life.
     */
    public record Leave(ActorRef<Answer> replyTo) implements Request {}

    public sealed interface Answer extends Wire {}

    /** Newest first; exactly one where one was begun or cancelled. */
    public record Operations(List<MaintenanceView> operations) implements Answer {
        public Operations {
            operations = List.copyOf(operations);
        }
    }

    public record Rejected(Problem problem) implements Answer {}

    private record StateRead(HostMaintenance state, Optional<ActorRef<Answer>> begunFor) implements Command {}

    private record Unreachable(String reason) implements Command {}

    private record NotBegun(Problem problem, Optional<ActorRef<Answer>> begunFor) implements Command {}

    private record MigrationsEnded(List<MaintenanceWork.Ended> ended) implements Command {}

    private record Looked(MaintenanceWork.Sight sight) implements Command {}

    private record NotLooked(String reason) implements Command {}

    private record Noted(String operationId, String vmId) implements Command {}

    private record MoveBegun(String operationId, MigrationView migration) implements Command {}

    private record MoveFailed(String operationId, String vmId, String reason) implements Command {}

    private record EndAnswered(String operationId, MaintenanceWork.EndOutcome outcome) implements Command {}

    private record EndUnknown(String operationId, Problem problem) implements Command {}

    private enum Tick implements Command {
        READ,
        LOOK
    }

    private final NodeServices node;
    private final MaintenanceWork work;
    private final TimerScheduler<Command> timers;
    private final List<MaintenanceView> past = new ArrayList<>();
    private final List<ActorRef<Answer>> cancelling = new ArrayList<>();
    private final List<ActorRef<Answer>> leaving = new ArrayList<>();
    private boolean known;
    private boolean beginning;
    private boolean looking;
    private long startedAtEpochMs;
    private @Nullable HostMaintenance state;
    private @Nullable MaintenanceRun run;

    /** @param host this host's actor */
    public static Behavior<Command> create(NodeServices node, ActorRef<HostActor.Command> host) {
        return Behaviors.setup(
                context -> Behaviors.withTimers(timers -> new MaintenanceActor(context, timers, node, host)));
    }

    private MaintenanceActor(
            ActorContext<Command> context,
            TimerScheduler<Command> timers,
            NodeServices node,
            ActorRef<HostActor.Command> host) {
        super(context);
        this.node = node;
        this.timers = timers;
        this.work = new MaintenanceWork(node, context.getSystem(), host);
        context.getSelf().tell(Tick.READ);
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Tick.class, this::onTick)
                .onMessage(StateRead.class, this::onStateRead)
                .onMessage(Unreachable.class, this::onUnreachable)
                .onMessage(Begin.class, this::onBegin)
                .onMessage(NotBegun.class, this::onNotBegun)
                .onMessage(Cancel.class, this::onCancel)
                .onMessage(Describe.class, this::onDescribe)
                .onMessage(Leave.class, this::onLeave)
                .onMessage(MigrationsEnded.class, this::onMigrationsEnded)
                .onMessage(Looked.class, this::onLooked)
                .onMessage(NotLooked.class, this::onNotLooked)
                .onMessage(Noted.class, this::onNoted)
                .onMessage(MoveBegun.class, this::onMoveBegun)
                .onMessage(MoveFailed.class, this::onMoveFailed)
                .onMessage(EndAnswered.class, this::onEndAnswered)
                .onMessage(EndUnknown.class, this::onEndUnknown)
                .build();
    }

    /** A witness leaves its maintenance to the member that it was, and may be again. */
    private Behavior<Command> onTick(Tick tick) {
        if (node.resources().isWitness()) {
            return this;
        } else if (tick == Tick.READ) {
            read(Optional.empty());
        } else if (run != null && !looking) {
            looking = true;
            getContext()
                    .pipeToSelf(
                            work.ended(run.migrations()),
                            (ended, failure) ->
                                    failure == null ? new MigrationsEnded(ended) : new NotLooked(reason(failure)));
        }
        return this;
    }

    private void read(Optional<ActorRef<Answer>> begunFor) {
        getContext()
                .pipeToSelf(
                        work.state(),
                        (found, failure) ->
                                failure == null ? new StateRead(found, begunFor) : new Unreachable(reason(failure)));
    }

    private Behavior<Command> onUnreachable(Unreachable message) {
        getContext().getLog().warn("waiting for the ledger: {}", message.reason());
        timers.startSingleTimer(Tick.READ, Tick.READ, LEDGER_RETRY);
        return this;
    }

    private Behavior<Command> onStateRead(StateRead read) {
        HostMaintenance now = read.state();
        boolean fresh = state == null || !state.operationId().equals(now.operationId());
        known = true;
        beginning = false;
        enter(now);
        if (isOfEarlierShutdown(now)) {
            comeBack(now);
        } else if (fresh && isUnderWay(now)) {
            run = new MaintenanceRun(now);
            startedAtEpochMs = System.currentTimeMillis();
            timers.startTimerAtFixedRate(Tick.LOOK, Tick.LOOK, INTERVAL);
            getContext().getSelf().tell(Tick.LOOK);
        }
        read.begunFor().ifPresent(replyTo -> replyTo.tell(current()));
        goOnLeaving();
        return this;
    }

    private boolean isOfEarlierShutdown(HostMaintenance now) {
        return now.operationId().startsWith(SHUTDOWN) && !now.operationId().equals(shutdownId());
    }

    private String shutdownId() {
        return SHUTDOWN + node.vault().identity().incarnation();
    }

    /** The host was shut down and is back: what was moved away for that comes back too. */
    private void comeBack(HostMaintenance now) {
        if (now.state() == HostMaintenance.State.DRAINING) {
            begin(new LedgerCommand.EndMaintenance(newId(), node.hostId(), now.operationId(), false), Optional.empty());
        } else if (now.state() == HostMaintenance.State.MAINTENANCE
                || !now.moves().isEmpty()) {
            begin(true, now.concurrency(), newId(), Optional.empty());
        }
    }

    private static boolean isUnderWay(HostMaintenance now) {
        return now.state() == HostMaintenance.State.DRAINING || now.state() == HostMaintenance.State.RESTORING;
    }

    private void enter(HostMaintenance now) {
        node.maintenance().enter(now.state());
        if (state == null ? now.state() != HostMaintenance.State.ACTIVE : state.state() != now.state()) {
            node.events().host("host." + now.state().name().toLowerCase(Locale.ROOT), "operation", now.operationId());
        }
        state = now;
    }

    private Behavior<Command> onBegin(Begin request) {
        List<String> objections = node.resources().objections(node.hostId());
        if (!objections.isEmpty()) {
            String what = request.restore() ? "brought back" : "drained";
            request.replyTo().tell(new Rejected(Problem.refused("nothing can be " + what, objections)));
            return this;
        } else if (!known || beginning) {
            request.replyTo()
                    .tell(new Rejected(Problem.of(
                            Problem.Kind.UNAVAILABLE,
                            "host " + node.hostId() + " waits for the ledger's word on its maintenance; try again")));
            return this;
        } else if (run != null) {
            request.replyTo()
                    .tell(new Rejected(Problem.of(
                            Problem.Kind.CONFLICT,
                            "host " + node.hostId() + " is at operation " + run.operationId()
                                    + ", whose moves are not over")));
            return this;
        }
        begin(request.restore(), request.concurrency(), newId(), Optional.of(request.replyTo()));
        return this;
    }

    private void begin(boolean restore, int concurrency, String operationId, Optional<ActorRef<Answer>> begunFor) {
        begin(new LedgerCommand.BeginMaintenance(newId(), node.hostId(), operationId, restore, concurrency), begunFor);
    }

    private void begin(LedgerCommand command, Optional<ActorRef<Answer>> begunFor) {
        beginning = true;
        getContext()
                .pipeToSelf(
                        work.record(command).thenCompose(applied -> work.state()),
                        (now, failure) -> failure == null
                                ? new StateRead(now, begunFor)
                                : new NotBegun(ProblemException.problemOf(failure), begunFor));
    }

    /** It may have been recorded even so: what the ledger says is taken up. */
    private Behavior<Command> onNotBegun(NotBegun failed) {
        Rejected rejected = new Rejected(failed.problem());
        failed.begunFor().ifPresent(replyTo -> replyTo.tell(rejected));
        if (failed.begunFor().isEmpty()) {
            answerLeaving(rejected);
            timers.startSingleTimer(Tick.READ, Tick.READ, LEDGER_RETRY);
        } else {
            read(Optional.empty());
        }
        return this;
    }

    private Behavior<Command> onLeave(Leave request) {
        leaving.add(request.replyTo());
        goOnLeaving();
        return this;
    }

    /** A restore is ended first. Who ends the drain does not want the host emptied, and is not asked again. */
    private void goOnLeaving() {
        if (leaving.isEmpty() || state == null || beginning) {
            return;
        } else if (run != null && run.isRestore()) {
            run.abort(Running.CANCELLED).ifPresent(this::carryOut);
        } else if (run == null && state.state() == HostMaintenance.State.MAINTENANCE) {
            answerLeaving(current());
        } else if (run == null) {
            begin(false, HostMaintenance.USUAL_CONCURRENCY, shutdownId(), Optional.empty());
        }
    }

    private void answerLeaving(Answer answer) {
        leaving.forEach(replyTo -> replyTo.tell(answer));
        leaving.clear();
    }

    private Behavior<Command> onCancel(Cancel request) {
        Optional<MaintenanceRun> named = at(request.operationId());
        Optional<List<MaintenanceStep>> steps =
                named.flatMap(now -> now.abort(request.finishRunning() ? Running.FINISHED : Running.CANCELLED));
        if (steps.isPresent()) {
            cancelling.add(request.replyTo());
            carryOut(steps.get());
        } else {
            request.replyTo().tell(new Rejected(notCancelled(request.operationId(), named.isPresent())));
        }
        return this;
    }

    private Problem notCancelled(String operationId, boolean named) {
        boolean over = named || past.stream().anyMatch(view -> view.id().equals(operationId));
        return over
                ? Problem.of(Problem.Kind.CONFLICT, "operation " + operationId + " has ended and cannot be cancelled")
                : Problem.of(
                        Problem.Kind.NOT_FOUND,
                        "host " + node.hostId() + " is at no operation \"" + operationId + "\"");
    }

    private Behavior<Command> onDescribe(Describe request) {
        List<MaintenanceView> all = new ArrayList<>();
        if (run != null) {
            all.add(view(run));
        }
        all.addAll(past);
        request.replyTo().tell(new Operations(all));
        return this;
    }

    private Operations current() {
        return new Operations(run == null ? past.subList(0, Math.min(1, past.size())) : List.of(view(run)));
    }

    private MaintenanceView view(MaintenanceRun of) {
        return MaintenanceViews.of(of, state == null ? 0 : state.concurrency(), startedAtEpochMs);
    }

    /** Migrations first: a VM whose migration has ended is then seen where that left it. */
    private Behavior<Command> onMigrationsEnded(MigrationsEnded message) {
        MaintenanceRun now = run;
        if (now != null) {
            message.ended().forEach(ended -> settle(now, ended));
            finishIfOver();
        }
        MaintenanceRun left = run;
        looking = left != null && left.isLookDue(nowMs());
        if (looking) {
            getContext()
                    .pipeToSelf(
                            work.look(),
                            (sight, failure) -> failure == null ? new Looked(sight) : new NotLooked(reason(failure)));
        }
        return this;
    }

    private Behavior<Command> onLooked(Looked looked) {
        looking = false;
        MaintenanceRun now = run;
        if (now != null) {
            carryOut(now.look(looked.sight().vms(), looked.sight().chooser(), nowMs()));
            finishIfOver();
        }
        return this;
    }

    private void settle(MaintenanceRun now, MaintenanceWork.Ended ended) {
        if (!ended.migrationId().equals(now.migrations().get(ended.vmId()))) {
            return;
        } else if (ended.failure().isEmpty()) {
            now.moved(ended.vmId());
        } else {
            failed(now, ended.vmId(), ended.failure().get());
        }
    }

    private void failed(MaintenanceRun now, String vmId, String reason) {
        now.failed(vmId, reason, nowMs());
        node.events().vm("drain.move-failed", vmId, "operation", now.operationId(), "reason", reason);
    }

    private Behavior<Command> onNotLooked(NotLooked failed) {
        looking = false;
        getContext().getLog().debug("maintenance of this host waits: {}", failed.reason());
        return this;
    }

    private void carryOut(List<MaintenanceStep> steps) {
        for (MaintenanceStep step : steps) {
            if (step instanceof MaintenanceStep.Note note) {
                note(note);
            } else if (step instanceof MaintenanceStep.Migrate migrate) {
                migrate(migrate);
            } else if (step instanceof MaintenanceStep.Cancel cancel) {
                work.cancel(cancel.migrationId());
            } else {
                end(((MaintenanceStep.End) step).completed());
            }
        }
    }

    private String operation() {
        return Objects.requireNonNull(run).operationId();
    }

    private void note(MaintenanceStep.Note step) {
        String operation = operation();
        getContext()
                .pipeToSelf(
                        work.record(new LedgerCommand.NoteMove(
                                newId(), node.hostId(), operation, step.vmId(), step.target())),
                        (applied, failure) -> failure == null
                                ? new Noted(operation, step.vmId())
                                : new MoveFailed(operation, step.vmId(), reason(failure)));
    }

    private void migrate(MaintenanceStep.Migrate step) {
        String operation = operation();
        getContext()
                .pipeToSelf(
                        work.migrate(step.vmId(), step.target()),
                        (migration, failure) -> failure == null
                                ? new MoveBegun(operation, migration)
                                : new MoveFailed(operation, step.vmId(), reason(failure)));
    }

    private void end(boolean completed) {
        String operation = operation();
        getContext()
                .pipeToSelf(
                        work.end(new LedgerCommand.EndMaintenance(newId(), node.hostId(), operation, completed)),
                        (outcome, failure) -> failure == null
                                ? new EndAnswered(operation, outcome)
                                : new EndUnknown(operation, ProblemException.problemOf(failure)));
    }

    private Optional<MaintenanceRun> at(String operationId) {
        return Optional.ofNullable(run).filter(now -> now.operationId().equals(operationId));
    }

    private Behavior<Command> onNoted(Noted noted) {
        at(noted.operationId()).ifPresent(now -> carryOut(now.noted(noted.vmId())));
        finishIfOver();
        return this;
    }

    private Behavior<Command> onMoveBegun(MoveBegun begun) {
        MigrationView migration = begun.migration();
        at(begun.operationId()).ifPresent(now -> carryOut(now.begun(migration.vmId(), migration.id())));
        return this;
    }

    private Behavior<Command> onMoveFailed(MoveFailed failed) {
        at(failed.operationId()).ifPresent(now -> failed(now, failed.vmId(), failed.reason()));
        finishIfOver();
        return this;
    }

    /** What the ledger says of the host decides: an earlier request may have been applied, its answer lost. */
    private Behavior<Command> onEndAnswered(EndAnswered answered) {
        HostMaintenance now = answered.outcome().state();
        at(answered.operationId()).ifPresent(ending -> {
            if (isUnderWay(now) && now.operationId().equals(ending.operationId())) {
                notEnded(ending, answered.outcome().refusal());
            } else {
                ending.recorded(
                        ending.isRestore() ? now.moves().isEmpty() : now.state() == HostMaintenance.State.MAINTENANCE);
                enter(now);
                answerCancelling(current());
                finishIfOver();
            }
        });
        return this;
    }

    private Behavior<Command> onEndUnknown(EndUnknown unknown) {
        at(unknown.operationId()).ifPresent(ending -> notEnded(ending, unknown.problem()));
        return this;
    }

    private void notEnded(MaintenanceRun ending, Problem problem) {
        getContext().getLog().info("operation {} did not end: {}", ending.operationId(), problem.detail());
        ending.notRecorded();
        answerCancelling(new Rejected(problem));
    }

    private void answerCancelling(Answer answer) {
        cancelling.forEach(replyTo -> replyTo.tell(answer));
        cancelling.clear();
    }

    private void finishIfOver() {
        MaintenanceRun now = run;
        if (now != null && now.isOver()) {
            timers.cancel(Tick.LOOK);
            past.add(0, view(now));
            while (past.size() > 1
                    && past.stream().mapToInt(view -> 1 + view.vms().size()).sum() > KEPT_VMS) {
                past.remove(past.size() - 1);
            }
            run = null;
            if (now.isRestore()) {
                goOnLeaving();
            } else {
                answerLeaving(current());
            }
        }
    }

    private static long nowMs() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    }

    private static String newId() {
        return UUID.randomUUID().toString();
    }

    private static String reason(Throwable failure) {
        return ProblemException.problemOf(failure).detail();
    }
}
