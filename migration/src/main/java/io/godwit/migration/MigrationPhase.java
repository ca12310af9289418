package io.godwit.migration;

/** Where one half of a migration is, in the words operators know. */
public enum MigrationPhase {
    /** Not connected yet. */
    SETUP,
    /** Rounds; the machine runs at the source. */
    ACTIVE,
    /** The machine stands still: its last pages and device states are on their way. */
    DEVICE,
    /** This half has done its work: all was sent, or received, checked and restored. */
    COMPLETED,
    CANCELLED,
    FAILED;

    public boolean isOver() {
        return this == COMPLETED || this == CANCELLED || this == FAILED;
    }
}
