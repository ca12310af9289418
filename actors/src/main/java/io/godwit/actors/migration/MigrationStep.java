package io.godwit.actors.migration;

/** What an operator may tell a migration that would not do it by itself. */
public enum MigrationStep {
    /** Pause the VM as soon as the ledger allows it and send the rest, however long that takes. */
    FORCE_COMPLETE("force-complete"),
    /** Switch over: the VM stands paused and waits for that. */
    CONTINUE("migrate-continue");

    private final String label;

    MigrationStep(String label) {
        this.label = label;
    }

    /** As operators type it. */
    public String label() {
        return label;
    }
}
