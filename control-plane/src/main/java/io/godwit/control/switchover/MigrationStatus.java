package io.godwit.control.switchover;

import java.util.Arrays;
import java.util.Optional;

/** A migration as operators see it, in QEMU's words ({@code query-migrate}). */
public enum MigrationStatus {
    NONE("none"),
    /** Admission, manifest, machine and streams on the target. */
    SETUP("setup"),
    /** Rounds of pages while the guest runs at the source; the ledger's {@code Prepare} is still part of it. */
    ACTIVE("active"),
    /** The guest is being paused, or stands paused and waits for an operator to continue. */
    PRE_SWITCHOVER("pre-switchover"),
    /** The guest is paused: last pages, device states, verification, {@code Go}. */
    DEVICE("device"),
    /** Reserved for post-copy. */
    POSTCOPY_ACTIVE("postcopy-active"),
    /** Reserved for post-copy. */
    POSTCOPY_PAUSED("postcopy-paused"),
    COMPLETED("completed"),
    /** An operator's cancel waits for the ledger. */
    CANCELLING("cancelling"),
    CANCELLED("cancelled"),
    FAILED("failed");

    private final String label;

    MigrationStatus(String label) {
        this.label = label;
    }

    /** QEMU's spelling. */
    public String label() {
        return label;
    }

    /** Whether the migration is over: completed, cancelled or failed. */
    public boolean ended() {
        return this == COMPLETED || this == CANCELLED || this == FAILED;
    }

    public static Optional<MigrationStatus> fromLabel(String label) {
        return Arrays.stream(values())
                .filter(status -> status.label.equals(label))
                .findFirst();
    }
}
