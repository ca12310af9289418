package io.godwit.actors.maintenance;

import io.godwit.control.maintenance.MaintenanceRun;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Runs as operators see them. */
final class MaintenanceViews {
    private static final int MAX_REASON_CHARS = 200;

    private MaintenanceViews() {}

    static MaintenanceView of(MaintenanceRun run, int concurrency, long startedAtEpochMs) {
        Map<String, String> migrations = run.migrations();
        List<VmMoveView> vms = run.progress().stream()
                .map(vm -> new VmMoveView(
                        vm.vmId(),
                        vm.vmName(),
                        vm.phase().name().toLowerCase(Locale.ROOT),
                        vm.host(),
                        migrations.getOrDefault(vm.vmId(), ""),
                        shortened(vm.reason())))
                .toList();
        return new MaintenanceView(
                run.operationId(),
                run.hostId(),
                run.isRestore() ? "restore" : "drain",
                state(run),
                concurrency,
                startedAtEpochMs,
                vms);
    }

    private static String shortened(String reason) {
        return reason.length() > MAX_REASON_CHARS ? reason.substring(0, MAX_REASON_CHARS) + "…" : reason;
    }

    private static String state(MaintenanceRun run) {
        if (run.isOver()) {
            return run.isCompleted() ? "completed" : "cancelled";
        }
        return run.isAborted() ? "cancelling" : "active";
    }
}
