package io.godwit.control.balance;

import java.util.List;

/**
 * What to move, in an order in which each move may be made when those before it have ended.
 *
 * @param before the imbalance now
 * @param after the imbalance then
 * @param notes what could not be done and why, and what was left out of account
 */
public record Plan(List<Move> moves, double before, double after, List<String> notes) {
    public Plan {
        moves = List.copyOf(moves);
        notes = List.copyOf(notes);
    }

    /** VMs that change their host. */
    public int migrations() {
        return moves.stream().mapToInt(move -> move.vms().size()).sum();
    }
}
