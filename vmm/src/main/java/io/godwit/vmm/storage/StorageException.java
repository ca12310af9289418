package io.godwit.vmm.storage;

/** What was asked of a pool or volume was not done; nothing half-made is left. The message names it and the reason. */
public final class StorageException extends RuntimeException {
    /** What the asker can do about it. */
    public enum Kind {
        /** Ask for something else. */
        INVALID,
        /** There is no such pool or volume. */
        NOT_FOUND,
        /** Wait, or end what is in the way. */
        CONFLICT,
        /** Make room. */
        FULL,
        /** See to the host. */
        FAILED
    }

    private final Kind kind;

    public StorageException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    public StorageException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
