package io.godwit.control.simulate;

import io.godwit.control.balance.BalanceSettings;
import io.godwit.control.balance.Decision;
import io.godwit.control.balance.InFlight;
import io.godwit.control.balance.Rebalancer;
import io.godwit.control.inventory.Inventory;
import java.util.List;

/** Who decides in a simulation: the {@link Rebalancer}, or one with a mistake that the invariants have to catch. */
interface Decider {
    Decision decide(long nowMs, Inventory inventory, List<InFlight> inFlight);

    void set(BalanceSettings settings);

    static Decider of(Rebalancer rebalancer) {
        return new Decider() {
            @Override
            public Decision decide(long nowMs, Inventory inventory, List<InFlight> inFlight) {
                return rebalancer.decide(nowMs, inventory, inFlight);
            }

            @Override
            public void set(BalanceSettings settings) {
                rebalancer.set(settings);
            }
        };
    }
}
