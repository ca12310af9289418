package io.godwit.actors.ledger;

import io.godwit.control.ledger.LedgerAnswer;
import io.godwit.control.ledger.LedgerFormatException;
import io.godwit.control.permit.PermitGrantor.ClaimVerdict;

/**
 * A claim that the leader keeps out of the log. Ratis carries a state machine's exception to the client by its class and
 * message and makes it anew from the string, hence the constructor; the message is the waiting time in ms, a space, and
 * the reason.
 */
public final class EarlyClaimException extends Exception {
    private static final long serialVersionUID = 1;

    public EarlyClaimException(String message) {
        super(message);
    }

    static EarlyClaimException of(ClaimVerdict.Refused refused) {
        return new EarlyClaimException(refused.waitMs() + " " + refused.reason());
    }

    /** @throws LedgerFormatException if a voter wrote something else */
    LedgerAnswer.NotYet toAnswer() {
        String text = String.valueOf(getMessage());
        int space = text.indexOf(' ');
        try {
            return new LedgerAnswer.NotYet(text.substring(space + 1), Long.parseLong(text, 0, Math.max(space, 0), 10));
        } catch (NumberFormatException e) {
            throw new LedgerFormatException("refusal of a claim \"" + text + "\"; expected \"MS REASON\"", e);
        }
    }
}
