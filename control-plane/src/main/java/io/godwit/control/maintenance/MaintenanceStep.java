package io.godwit.control.maintenance;

/** What the shell of a {@link MaintenanceRun} is to do. */
public sealed interface MaintenanceStep {
    /** Have the ledger note the move, then report {@link MaintenanceRun#noted} or {@link MaintenanceRun#failed}. */
    record Note(String vmId, String target) implements MaintenanceStep {}

    /** Begin a migration, then report {@link MaintenanceRun#begun} and its end, or {@link MaintenanceRun#failed}. */
    record Migrate(String vmId, String target) implements MaintenanceStep {}

    /** End that migration if it can still be ended. It is reported as any other end. */
    record Cancel(String vmId, String migrationId) implements MaintenanceStep {}

    /** Have the ledger record the end, then report {@link MaintenanceRun#recorded} or {@link MaintenanceRun#notRecorded}. */
    record End(boolean completed) implements MaintenanceStep {}
}
