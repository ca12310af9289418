package io.godwit.control.ledger;

import org.jspecify.annotations.Nullable;

/** No majority of voters answered in time; the command may still be applied. */
public final class LedgerUnavailableException extends RuntimeException {
    public LedgerUnavailableException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
