package io.godwit.control.ledger;

/**
 * One VM's move for balance, as the ledger keeps it: what was expected of it, and what it turned out to be.
 *
 * @param migrationId of the migration that it is to become, chosen before it is asked for: whoever leads next finds it by that
 * @param vm its name
 * @param epoch of the VM before the move
 * @param asked whether an operator asked for it; else it is the rebalancer's own
 * @param reason for which it was begun, at most {@value #MAX_TEXT} characters
 * @param gain by how much the imbalance was to fall, of the whole move that it is part of
 * @param costMs predicted; {@link #NEVER} where the guest writes faster than the link carries
 * @param costBytes predicted
 * @param detail why it did not complete; else empty; at most {@value #MAX_TEXT} characters
 * @param measuredGain by how much the imbalance was lower at its end than without it; 0 until it has completed
 * @param measuredMs how long it took; 0 until it has completed, and where no host could say that any more
 */
public record BalanceMove(
        String migrationId,
        String vmId,
        String vm,
        String from,
        String to,
        long epoch,
        boolean asked,
        String reason,
        double gain,
        long costMs,
        long costBytes,
        long beganAtEpochMs,
        State state,
        String detail,
        double measuredGain,
        long measuredMs) {
    /** Longest {@code reason} and {@code detail}. */
    public static final int MAX_TEXT = 200;
    /** As a predicted duration. */
    public static final long NEVER = -1;

    public enum State {
        BEGUN,
        COMPLETED,
        FAILED,
        CANCELLED
    }

    /** As much of a text as is kept. */
    public static String shortened(String text) {
        return text.substring(0, Math.min(text.length(), MAX_TEXT));
    }

    public boolean isOver() {
        return state != State.BEGUN;
    }

    BalanceMove ended(LedgerCommand.EndBalanceMove end) {
        return new BalanceMove(
                migrationId,
                vmId,
                vm,
                from,
                to,
                epoch,
                asked,
                reason,
                gain,
                costMs,
                costBytes,
                beganAtEpochMs,
                end.state(),
                end.detail(),
                end.measuredGain(),
                end.measuredMs());
    }
}
