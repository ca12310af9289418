package io.godwit.control.ledger;

/** No majority of voters answered in time; the command may still be applied. */
public final class LedgerUnavailableException extends RuntimeException {
    public LedgerUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
