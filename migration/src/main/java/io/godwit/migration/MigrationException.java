package io.godwit.migration;

/** A migration cannot go on; the message names what, the value and what would be accepted. */
public final class MigrationException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public MigrationException(String message) {
        super(message);
    }
}
