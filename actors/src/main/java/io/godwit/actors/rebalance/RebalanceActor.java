package io.godwit.actors.rebalance;

import io.godwit.actors.cluster.ClusterClient;
import io.godwit.actors.cluster.NodeServices;
import io.godwit.actors.ledger.LeaderView.Leading;
import io.godwit.actors.serialization.Wire;
import io.godwit.actors.vm.ProblemException;
import io.godwit.config.ValueType;
import io.godwit.control.balance.Decision;
import io.godwit.control.balance.Move;
import io.godwit.control.ledger.BalanceMove;
import io.godwit.control.ledger.DesiredState;
import io.godwit.control.ledger.LedgerCommand.EndBalanceMove;
import io.godwit.control.ledger.RebalancerMode;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.actor.typed.receptionist.Receptionist;
import org.apache.pekko.actor.typed.receptionist.ServiceKey;
import org.jspecify.annotations.Nullable;

/**
 * The rebalancer beside a voter. While that leads and the operator has not turned it off, it looks at the hosts every
 * round, and says what {@link io.godwit.control.balance.Rebalancer} would move; armed, it moves that by ordinary
 * migrations. Each move is in the ledger before it begins, so that the next leader finds what this one began, and of two
 * that both believe they lead one moves a VM. What it measured the next leader measures again: it moves later, not more.
 *
 * <p>What it reads of the ledger is the voter's own copy: nothing is read through the log. For a dispatcher that may block:
 * the voter's state is behind a lock, and a plan of a large cluster takes a while.
 */
public final class RebalanceActor extends AbstractBehavior<RebalanceActor.Command> {
    public static final ServiceKey<Command> KEY = ServiceKey.create(Command.class, "godwit-rebalancer");

    /** Between the two looks that an operator's request waits for. */
    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(2);

    private static final long NO_TERM = -1;

    public sealed interface Command {}

    /** What other nodes may ask. */
    public sealed interface Request extends Command, Wire {}

    public record Describe(ActorRef<RebalancerView> replyTo) implements Request {}

    /**
     * An operator's wish to balance now, whatever the rebalancer may do unasked.
     *
     * @param dryRun whether only to say what would be moved
     */
    public record Rebalance(boolean dryRun, ActorRef<RebalancerView> replyTo) implements Request {}

    private enum Round implements Command {
        INSTANCE
    }

    private enum LookAgain implements Command {
        INSTANCE
    }

    private record Seen(long term, Sight sight) implements Command {}

    private record NotSeen(String reason) implements Command {}

    private record Answered(BalanceMove move, MoveOrders.Outcome outcome) implements Command {}

    private record EndAnswered(EndBalanceMove end, String refusal) implements Command {}

    private final NodeServices node;
    private final ClusterClient client;
    private final RebalanceServices services;
    private final MoveOrders orders;
    private final TimerScheduler<Command> timers;
    private final List<Rebalance> waiting = new ArrayList<>();
    private BalanceState state;
    private Settlement settlement = new Settlement();
    private long term = NO_TERM;
    private boolean looking;
    private boolean roundDue;
    private boolean lookAgain;
    private @Nullable RebalancerView last;
    private @Nullable RebalancerMode modeSeen;
    /** Null too where it was off already when this term began. */
    private @Nullable Instant offSince;

    public static Behavior<Command> create(NodeServices node, ClusterClient client, RebalanceServices services) {
        return Behaviors.setup(context -> Behaviors.withTimers(timers -> {
            timers.startTimerWithFixedDelay(Round.INSTANCE, services.round());
            context.getSystem().receptionist().tell(Receptionist.register(KEY, context.getSelf()));
            return new RebalanceActor(context, timers, node, client, services);
        }));
    }

    private RebalanceActor(
            ActorContext<Command> context,
            TimerScheduler<Command> timers,
            NodeServices node,
            ClusterClient client,
            RebalanceServices services) {
        super(context);
        this.timers = timers;
        this.node = node;
        this.client = client;
        this.services = services;
        this.orders = new MoveOrders(node, client);
        this.state = new BalanceState(services.settings(), context.getSystem());
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Round.class, message -> onRound())
                .onMessage(LookAgain.class, message -> onLookAgain())
                .onMessage(Seen.class, this::onSeen)
                .onMessage(NotSeen.class, this::onNotSeen)
                .onMessage(Answered.class, this::onAnswered)
                .onMessage(EndAnswered.class, this::onEndAnswered)
                .onMessage(Describe.class, this::onDescribe)
                .onMessage(Rebalance.class, this::onRebalance)
                .build();
    }

    /** What the voter knows, if it leads; what was measured in an earlier term is given up. */
    private Optional<Leading> leading() {
        Optional<Leading> leading = services.leader().leading();
        long now = leading.map(Leading::term).orElse(NO_TERM);
        if (now != term) {
            term = now;
            state = new BalanceState(services.settings(), getContext().getSystem());
            settlement = new Settlement();
            last = null;
            modeSeen = null;
        }
        leading.ifPresent(voter -> note(voter.rebalancer().mode()));
        return leading;
    }

    private void note(RebalancerMode mode) {
        if (mode != modeSeen) {
            boolean turnedOff = mode == RebalancerMode.OFF && modeSeen != null;
            offSince = turnedOff ? Instant.now().truncatedTo(ChronoUnit.SECONDS) : null;
            modeSeen = mode;
        }
    }

    private Behavior<Command> onRound() {
        leading().filter(RebalanceActor::isNeeded).ifPresent(leading -> {
            roundDue = true;
            look(leading);
        });
        return this;
    }

    private static boolean isNeeded(Leading leading) {
        boolean looks = leading.rebalancer().mode() != RebalancerMode.OFF
                && leading.lives().size() > 1
                && leading.vms().stream().anyMatch(vm -> vm.desired() != DesiredState.STOPPED);
        return looks || hasMovesUnderWay(leading);
    }

    private static boolean hasMovesUnderWay(Leading leading) {
        return leading.rebalancer().moves().stream().anyMatch(move -> !move.isOver());
    }

    private Behavior<Command> onLookAgain() {
        leading().ifPresentOrElse(this::look, this::tellNotLeading);
        return this;
    }

    private void look(Leading leading) {
        if (!looking) {
            looking = true;
            long asked = leading.term();
            getContext()
                    .pipeToSelf(
                            Sight.take(getContext().getSystem(), node.hosts(), client, hasMovesUnderWay(leading)),
                            (sight, failure) -> failure == null
                                    ? new Seen(asked, sight)
                                    : new NotSeen(
                                            ProblemException.problemOf(failure).detail()));
        }
    }

    private Behavior<Command> onNotSeen(NotSeen message) {
        looking = false;
        getContext().getLog().warn("the rebalancer could not look at the hosts: {}", message.reason());
        tellNotLeading();
        return this;
    }

    private Behavior<Command> onSeen(Seen seen) {
        looking = false;
        Optional<Leading> leading = leading();
        if (leading.isEmpty() || seen.term() != term) {
            tellNotLeading();
            return this;
        }
        Leading now = leading.get();
        long nowMs = services.clockMs().getAsLong();
        state.saw(now, seen.sight(), nowMs, System.currentTimeMillis());
        settlement
                .ended(now, seen.sight().migrations(), state.inventory(), nowMs)
                .forEach(this::end);
        RebalancerMode mode = now.rebalancer().mode();
        if (roundDue && mode != RebalancerMode.OFF) {
            Decision decision = state.round(mode, nowMs);
            List<Move> begun = mode == RebalancerMode.ARMED ? begin(decision, false) : List.of();
            last = RebalancerView.of(ValueType.nameOf(mode), decision, begun, List.of());
        }
        roundDue = false;
        answer(now, nowMs);
        return this;
    }

    /** Loads are known from two looks: whoever asks waits for both. */
    private void answer(Leading now, long nowMs) {
        if (waiting.isEmpty()) {
            return;
        }
        if (lookAgain) {
            lookAgain = false;
            timers.startSingleTimer(LookAgain.INSTANCE, BETWEEN_LOOKS);
            return;
        }
        for (Rebalance request : waiting) {
            Decision decision = state.once(request.dryRun(), nowMs);
            List<Move> begun = request.dryRun() ? List.of() : begin(decision, true);
            String mode = ValueType.nameOf(now.rebalancer().mode());
            request.replyTo()
                    .tell(RebalancerView.of(
                            mode, decision, begun, now.rebalancer().moves()));
        }
        waiting.clear();
    }

    /** @param asked whether by an operator */
    private List<Move> begin(Decision decision, boolean asked) {
        List<Move> begun = state.movable(decision.started());
        for (Move move : begun) {
            move.vms().stream()
                    .flatMap(vm -> state.record(vm).stream())
                    .map(vm -> MoveOrders.of(vm, move, asked, System.currentTimeMillis()))
                    .forEach(this::order);
        }
        return begun;
    }

    private void order(BalanceMove move) {
        state.asks(move);
        getContext().pipeToSelf(orders.carryOut(move), (outcome, never) -> new Answered(move, outcome));
    }

    private Behavior<Command> onAnswered(Answered answered) {
        BalanceMove move = answered.move();
        state.answered(move.vm());
        switch (answered.outcome().kind()) {
            case BEGUN ->
                getContext().getLog().info("VM {} moves from {} to {} for balance", move.vm(), move.from(), move.to());
            case REFUSED ->
                end(Settlement.failed(
                        move, BalanceMove.State.FAILED, answered.outcome().why()));
            case NOT_RECORDED, UNCERTAIN ->
                getContext()
                        .getLog()
                        .info(
                                "VM {} was to move for balance: {}",
                                move.vm(),
                                answered.outcome().why());
        }
        return this;
    }

    private void end(EndBalanceMove end) {
        getContext()
                .pipeToSelf(
                        node.ownership().rebalance(end),
                        (done, failure) -> new EndAnswered(
                                end,
                                failure == null
                                        ? ""
                                        : ProblemException.problemOf(failure).detail()));
    }

    private Behavior<Command> onEndAnswered(EndAnswered answered) {
        EndBalanceMove end = answered.end();
        settlement.answered(end.migrationId());
        if (answered.refusal().isEmpty()) {
            node.events()
                    .vm(
                            "rebalance.ended",
                            end.vmId(),
                            "migration",
                            end.migrationId(),
                            "state",
                            ValueType.nameOf(end.state()));
        } else {
            getContext()
                    .getLog()
                    .info("the end of migration {} was not recorded: {}", end.migrationId(), answered.refusal());
        }
        return this;
    }

    private Behavior<Command> onDescribe(Describe request) {
        request.replyTo().tell(leading().map(this::view).orElse(RebalancerView.NOT_LEADING));
        return this;
    }

    private RebalancerView view(Leading leading) {
        RebalancerView seen = last;
        RebalancerMode mode = leading.rebalancer().mode();
        List<BalanceMove> moves = leading.rebalancer().moves();
        if (mode == RebalancerMode.OFF) {
            return RebalancerView.off(ValueType.nameOf(mode), Optional.ofNullable(offSince), moves);
        }
        return seen == null
                ? RebalancerView.unseen(ValueType.nameOf(mode), moves)
                : seen.now(ValueType.nameOf(mode), moves);
    }

    private Behavior<Command> onRebalance(Rebalance request) {
        Optional<Leading> leading = leading();
        if (leading.isEmpty()) {
            request.replyTo().tell(RebalancerView.NOT_LEADING);
            return this;
        }
        waiting.add(request);
        lookAgain = true;
        look(leading.get());
        return this;
    }

    private void tellNotLeading() {
        waiting.forEach(request -> request.replyTo().tell(RebalancerView.NOT_LEADING));
        waiting.clear();
    }
}
