package io.godwit.control.balance;

import java.util.List;

/**
 * What one round decided.
 *
 * @param plan all that would be moved if nothing changed; its imbalance counts VMs under way where they are going
 * @param started those of it to be begun now
 * @param why it moves nothing for balance, or why it does
 */
public record Decision(Plan plan, List<Move> started, String why) {
    public Decision {
        started = List.copyOf(started);
    }
}
