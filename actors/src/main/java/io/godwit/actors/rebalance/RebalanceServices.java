package io.godwit.actors.rebalance;

import io.godwit.actors.ledger.LeaderView;
import io.godwit.control.balance.BalanceSettings;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * What the rebalancer has beside a voter.
 *
 * @param leader what the voter knows while it leads
 * @param clockMs of a clock that does not go back
 * @param settings whether anything is moved unasked is the ledger's to say
 * @param round between two looks
 */
public record RebalanceServices(LeaderView leader, LongSupplier clockMs, BalanceSettings settings, Duration round) {}
