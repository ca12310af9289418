package io.godwit.node.http;

import io.godwit.actors.rebalance.RebalancerView;
import io.godwit.actors.rebalance.RebalancerView.PlannedMove;
import io.godwit.actors.rebalance.Rebalancing;
import io.godwit.config.FieldReader;
import io.godwit.config.ValueType;
import io.godwit.control.ledger.BalanceMove;
import io.godwit.control.ledger.RebalancerMode;
import io.godwit.node.api.RebalancerInfo;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;

/** Moving VMs so that hosts carry alike: what would be moved, what is, and whether that may happen unasked. */
final class RebalanceApi {
    private static final String REBALANCE = "/v1/rebalance";
    private static final String DRY_RUN = "dryRun";

    private final Rebalancing rebalancing;

    RebalanceApi(Rebalancing rebalancing) {
        this.rebalancing = rebalancing;
    }

    List<Endpoint> endpoints() {
        return List.of(
                Endpoint.of("GET", REBALANCE, call -> answer(rebalancing.status())),
                new Endpoint("POST", REBALANCE, Set.of(DRY_RUN), this::rebalance),
                Endpoint.of("POST", REBALANCE + "/mode", this::setMode));
    }

    private CompletionStage<HttpResponse> rebalance(Call call) {
        boolean dryRun = call.query(DRY_RUN, ValueType.bool()).orElse(false);
        return call.json().thenCompose(body -> {
            new FieldReader(body).finish(() -> true);
            return answer(rebalancing.rebalance(dryRun));
        });
    }

    private CompletionStage<HttpResponse> setMode(Call call) {
        return call.json().thenCompose(body -> {
            FieldReader reader = new FieldReader(body);
            Optional<RebalancerMode> mode = reader.required("mode", ValueType.oneOf(RebalancerMode.class));
            return answer(rebalancing.setMode(reader.finish(mode::orElseThrow)));
        });
    }

    private static CompletionStage<HttpResponse> answer(CompletionStage<RebalancerView> view) {
        return view.thenApply(seen -> Responses.ok(info(seen)));
    }

    private static RebalancerInfo info(RebalancerView view) {
        return new RebalancerInfo(
                view.mode(),
                view.why(),
                view.imbalance(),
                view.after(),
                view.plan().stream().map(RebalanceApi::planned).toList(),
                view.notes(),
                view.moves().stream().map(RebalanceApi::move).toList());
    }

    private static RebalancerInfo.PlannedInfo planned(PlannedMove move) {
        return new RebalancerInfo.PlannedInfo(
                move.vms(),
                move.from(),
                move.to(),
                move.required(),
                move.gain(),
                cost(move.costMs()),
                move.costBytes(),
                move.reason(),
                move.begun());
    }

    private static RebalancerInfo.MoveInfo move(BalanceMove move) {
        boolean completed = move.state() == BalanceMove.State.COMPLETED;
        return new RebalancerInfo.MoveInfo(
                move.migrationId(),
                move.vm(),
                move.from(),
                move.to(),
                ValueType.nameOf(move.state()),
                move.detail(),
                move.asked(),
                move.reason(),
                Views.time(move.beganAtEpochMs()),
                move.gain(),
                cost(move.costMs()),
                move.costBytes(),
                completed ? move.measuredGain() : null,
                completed && move.measuredMs() > 0 ? move.measuredMs() : null);
    }

    private static @Nullable Long cost(long costMs) {
        return costMs == BalanceMove.NEVER ? null : costMs;
    }
}
