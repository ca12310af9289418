package io.godwit.actors.rebalance;

import io.godwit.actors.serialization.Wire;
import io.godwit.control.balance.Decision;
import io.godwit.control.balance.Move;
import io.godwit.control.ledger.BalanceMove;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The rebalancer as operators see it.
 *
 * @param leads whether the voter beside it leads: another's answer is empty
 * @param mode {@code off}, {@code recommend-only} or {@code armed}
 * @param why it moved nothing for balance in the last round, or why it did; empty before the first
 * @param imbalance in the last round, and {@code after} all that was planned in it
 * @param plan of that round, at most the first {@value #MAX_PLAN} moves
 * @param notes what could not be done in it and why, at most {@value #MAX_NOTES}, each cut to {@value BalanceMove#MAX_TEXT}
 *     characters
 * @param moves that were begun: those under way, then the last that are over, the newest first; at most {@value #MAX_MOVES}
 */
public record RebalancerView(
        boolean leads,
        String mode,
        String why,
        double imbalance,
        double after,
        List<PlannedMove> plan,
        List<String> notes,
        List<BalanceMove> moves)
        implements Wire {
    /** With the other two: what fits one message between hosts. */
    private static final int MAX_PLAN = 100;

    private static final int MAX_NOTES = 100;
    private static final int MAX_MOVES = 200;

    static final RebalancerView NOT_LEADING = new RebalancerView(false, "", "", 0, 0, List.of(), List.of(), List.of());

    /**
     * @param required whether rules ask for it; else it is for balance
     * @param gain by how much the imbalance would fall
     * @param costMs predicted; {@link BalanceMove#NEVER} where the guest writes faster than the link carries
     * @param begun whether it was begun in that round
     */
    public record PlannedMove(
            List<String> vms,
            String from,
            String to,
            boolean required,
            double gain,
            long costMs,
            long costBytes,
            String reason,
            boolean begun) {
        public PlannedMove {
            vms = List.copyOf(vms);
        }

        static PlannedMove of(Move move, boolean begun) {
            String from = move.from();
            return new PlannedMove(
                    move.vms(),
                    from == null ? "" : from,
                    move.to(),
                    move.required(),
                    move.gain(),
                    predictedMs(move),
                    move.predicted().bytes(),
                    move.reason(),
                    begun);
        }
    }

    public RebalancerView {
        plan = plan.stream().limit(MAX_PLAN).toList();
        notes = notes.stream().limit(MAX_NOTES).map(BalanceMove::shortened).toList();
        moves = moves.stream().limit(MAX_MOVES).toList();
    }

    static long predictedMs(Move move) {
        return move.predicted().ends() ? move.predicted().durationMs() : BalanceMove.NEVER;
    }

    /** Before the first round, or while nobody looks. */
    static RebalancerView unseen(String mode, List<BalanceMove> moves) {
        return new RebalancerView(true, mode, "", 0, 0, List.of(), List.of(), moves);
    }

    /** While it is off, since when if that was seen. */
    static RebalancerView off(String mode, Optional<Instant> since, List<BalanceMove> moves) {
        List<String> notes = since.map(at -> "off since " + at).stream().toList();
        return new RebalancerView(true, mode, "", 0, 0, List.of(), notes, moves);
    }

    /** @param begun of the decision, what was begun */
    static RebalancerView of(String mode, Decision decision, List<Move> begun, List<BalanceMove> moves) {
        return new RebalancerView(
                true,
                mode,
                decision.why(),
                decision.plan().before(),
                decision.plan().after(),
                decision.plan().moves().stream()
                        .map(move -> PlannedMove.of(move, begun.contains(move)))
                        .toList(),
                decision.plan().notes(),
                moves);
    }

    RebalancerView now(String modeNow, List<BalanceMove> movesNow) {
        return new RebalancerView(true, modeNow, why, imbalance, after, plan, notes, movesNow);
    }
}
