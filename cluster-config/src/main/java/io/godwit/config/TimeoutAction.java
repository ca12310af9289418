package io.godwit.config;

/** What happens to a migration at its timeout. */
public enum TimeoutAction {
    /** The VM is paused at the source, so that the rest is sent and it moves, however long the pause gets. */
    SUSPEND,
    /** The migration ends; the VM goes on at the source. */
    CANCEL,
    /** It is told as an event; the migration goes on. */
    IGNORE
}
