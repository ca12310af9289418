package io.godwit.node.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rebalancer.
 *
 * @param mode {@code off}, {@code recommend-only} or {@code armed}
 * @param why nothing was moved for balance in the last round, or why something was; empty before the first
 * @param imbalance then, and {@code after} all of the plan
 * @param plan of that round, in an order in which it can be made
 * @param notes what could not be done in it and why
 * @param moves that were begun: those under way, then the last that are over, the newest first
 */
public record RebalancerInfo(
        String mode,
        String why,
        double imbalance,
        double after,
        List<PlannedInfo> plan,
        List<String> notes,
        List<MoveInfo> moves) {
    public RebalancerInfo {
        plan = List.copyOf(plan);
        notes = List.copyOf(notes);
        moves = List.copyOf(moves);
    }

    /**
     * What would be moved: one VM, or those that must stay together.
     *
     * @param required whether rules ask for it; else it is for balance
     * @param gain by how much the imbalance would fall
     * @param costMs predicted of its migration; null where the guest writes faster than the link carries
     * @param begun whether it was begun in that round
     */
    public record PlannedInfo(
            List<String> vms,
            String from,
            String to,
            boolean required,
            double gain,
            @Nullable Long costMs,
            long costBytes,
            String reason,
            boolean begun) {
        public PlannedInfo {
            vms = List.copyOf(vms);
        }
    }

    /**
     * What was moved.
     *
     * @param migration the id that its migration has, if it became one
     * @param state {@code begun}, {@code completed}, {@code failed} or {@code cancelled}
     * @param detail why it did not complete; else empty
     * @param asked whether an operator asked for it; else it was moved unasked
     * @param beganAt RFC 3339, UTC
     * @param gain expected, of the whole move that it is part of
     * @param costMs expected; null where the guest writes faster than the link carries
     * @param measuredGain of a move that has completed: by how much the imbalance was lower at its end than without it
     * @param measuredMs likewise: how long it took; null too where no host could say that any more
     */
    public record MoveInfo(
            String migration,
            String vm,
            String from,
            String to,
            String state,
            String detail,
            boolean asked,
            String reason,
            String beganAt,
            double gain,
            @Nullable Long costMs,
            long costBytes,
            @Nullable Double measuredGain,
            @Nullable Long measuredMs) {}
}
