package io.godwit.actors.rebalance;

import io.godwit.control.ledger.RebalancerMode;
import java.util.concurrent.CompletionStage;

/** The rebalancer, wherever it is. No call blocks; stages fail with {@link io.godwit.actors.vm.ProblemException}. */
public interface Rebalancing {
    CompletionStage<RebalancerView> status();

    /** What would be moved for balance now; where it is not only a dry run, as much of that is begun as may be under way. */
    CompletionStage<RebalancerView> rebalance(boolean dryRun);

    /** Says what it may do unasked, and ends with what it is about. */
    CompletionStage<RebalancerView> setMode(RebalancerMode mode);
}
