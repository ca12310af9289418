package io.godwit.actors.recovery;

import io.godwit.actors.ledger.LeaderView;
import java.util.function.LongSupplier;

/**
 * What recovery has beside a voter.
 *
 * @param leader what the voter knows while it leads
 * @param clockMs the voter's {@code CLOCK_BOOTTIME}
 * @param fenceRetries attempts after the first before an operator is called
 */
public record RecoveryServices(LeaderView leader, LongSupplier clockMs, Fencer fencer, int fenceRetries) {
    /** Whether there is a fence to run. */
    public boolean hasFence() {
        return fencer != Fencer.NONE;
    }
}
