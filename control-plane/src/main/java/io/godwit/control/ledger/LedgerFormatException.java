package io.godwit.control.ledger;

import org.jspecify.annotations.Nullable;

/** Bytes that are not this ledger's, or of a version it does not read. */
public class LedgerFormatException extends RuntimeException {
    public LedgerFormatException(String message) {
        this(message, null);
    }

    public LedgerFormatException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
