package io.godwit.node.http;

import io.godwit.actors.rebalance.RebalancerView;
import io.godwit.actors.rebalance.RebalancerView.PlannedMove;
import io.godwit.actors.rebalance.Rebalancing;
import io.godwit.config.ValueType;
import io.godwit.control.ledger.BalanceMove;
import io.godwit.control.ledger.RebalancerMode;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;

/** A rebalancer that has a plan and two moves, and keeps what it was asked. */
public final class FakeRebalancing implements Rebalancing {
    final List<String> asked = new CopyOnWriteArrayList<>();
    private volatile String mode = "recommend-only";

    private static BalanceMove move(BalanceMove.State state, long costMs, double measuredGain, long measuredMs) {
        return new BalanceMove(
                "m-1",
                "v-1",
                "web",
                "alpha",
                "beta",
                3,
                true,
                "balance",
                0.3,
                costMs,
                1L << 29,
                1_000,
                state,
                "",
                measuredGain,
                measuredMs);
    }

    @Override
    public CompletionStage<RebalancerView> status() {
        return CompletableFuture.completedStage(new RebalancerView(
                true,
                mode,
                "1 moves bring imbalance 0.500 to 0.100",
                0.5,
                0.1,
                List.of(new PlannedMove(List.of("db"), "alpha", "beta", false, 0.4, 1_200, 1L << 30, "balance", false)),
                List.of("rule db.rules[0] is left out"),
                List.of(
                        move(BalanceMove.State.COMPLETED, 1_000, 0.29, 900),
                        move(BalanceMove.State.BEGUN, BalanceMove.NEVER, 0, 0))));
    }

    @Override
    public CompletionStage<RebalancerView> rebalance(boolean dryRun) {
        asked.add("rebalance dryRun=" + dryRun);
        return status();
    }

    @Override
    public CompletionStage<RebalancerView> setMode(RebalancerMode now) {
        mode = ValueType.nameOf(now);
        return status();
    }
}
