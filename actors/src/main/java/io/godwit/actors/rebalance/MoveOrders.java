package io.godwit.actors.rebalance;

import io.godwit.actors.cluster.ClusterClient;
import io.godwit.actors.cluster.NodeServices;
import io.godwit.actors.directory.Ownership;
import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.ProblemException;
import io.godwit.config.Destination;
import io.godwit.config.MigrationParameters;
import io.godwit.control.balance.Move;
import io.godwit.control.ledger.BalanceMove;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.VmRecord;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Has moves recorded, and then asked for: an ordinary migration under the id that the ledger knows. */
final class MoveOrders {
    /** What came of an order. */
    enum Kind {
        /** The migration is under way. */
        BEGUN,
        /** The ledger refused it or did not answer: no migration was asked for. */
        NOT_RECORDED,
        /** It is recorded, and its migration was refused. */
        REFUSED,
        /** It is recorded; whether the migration began nobody said. */
        UNCERTAIN
    }

    /** @param why it is not under way; empty where it is */
    record Outcome(Kind kind, String why) {}

    private final NodeServices node;
    private final ClusterClient client;

    MoveOrders(NodeServices node, ClusterClient client) {
        this.node = node;
        this.client = client;
    }

    /** The order for one VM of a move. */
    static BalanceMove of(VmRecord vm, Move move, boolean asked, long epochMs) {
        return new BalanceMove(
                UUID.randomUUID().toString(),
                vm.id(),
                vm.spec().name(),
                Objects.requireNonNull(move.from(), "only VMs that run somewhere are moved"),
                move.to(),
                vm.epoch(),
                asked,
                BalanceMove.shortened(move.reason()),
                move.gain(),
                RebalancerView.predictedMs(move),
                move.predicted().bytes(),
                epochMs,
                BalanceMove.State.BEGUN,
                "",
                0,
                0);
    }

    /** Does not fail. */
    CompletionStage<Outcome> carryOut(BalanceMove move) {
        return node.ownership()
                .rebalance(new LedgerCommand.BeginBalanceMove(Ownership.requestId(), move))
                .handle((recorded, failure) -> failure == null
                        ? migrate(move)
                        : CompletableFuture.completedStage(
                                new Outcome(Kind.NOT_RECORDED, problem(failure).detail())))
                .thenCompose(stage -> stage);
    }

    private CompletionStage<Outcome> migrate(BalanceMove move) {
        node.events()
                .vm(
                        "rebalance.begun",
                        move.vmId(),
                        "migration",
                        move.migrationId(),
                        "from",
                        move.from(),
                        "to",
                        move.to(),
                        "reason",
                        move.reason());
        return client.migrate(move.migrationId(), move.vmId(), Destination.of(move.to()), MigrationParameters.NONE)
                .handle((view, failure) -> failure == null ? new Outcome(Kind.BEGUN, "") : refused(problem(failure)));
    }

    /** A host that did not answer in time may have begun it. */
    private static Outcome refused(Problem problem) {
        return new Outcome(
                problem.kind() == Problem.Kind.UNAVAILABLE || problem.kind() == Problem.Kind.FAILED
                        ? Kind.UNCERTAIN
                        : Kind.REFUSED,
                problem.detail());
    }

    private static Problem problem(Throwable failure) {
        return ProblemException.problemOf(failure);
    }
}
