package io.godwit.control.cold;

import io.godwit.control.ledger.Decision;
import io.godwit.control.ledger.LedgerAnswer;

/** What the ledger said about a move. */
public enum ColdOutcome {
    /** A {@code Prepare} was recorded: the move is undecided and the VM belongs to it. */
    PREPARED,
    /** The VM is the target's. */
    COMMITTED,
    /** The VM is not the target's by this move, and never will be. */
    ABORTED,
    /** It refused the command, and recorded nothing. */
    REFUSED,
    /** No answer came, or one that promises nothing: the command may be recorded, or be it later. */
    UNKNOWN;

    /**
     * Reads an answer.
     *
     * @param applied what it means that the command was applied
     */
    public static ColdOutcome of(LedgerAnswer answer, ColdOutcome applied) {
        if (answer instanceof LedgerAnswer.Applied) {
            return applied;
        } else if (answer instanceof LedgerAnswer.AlreadyDecided decided) {
            return decided.decision().outcome() == Decision.Outcome.COMMITTED ? COMMITTED : ABORTED;
        }
        return answer instanceof LedgerAnswer.Refused ? REFUSED : UNKNOWN;
    }
}
