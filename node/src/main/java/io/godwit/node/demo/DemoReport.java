package io.godwit.node.demo;

import io.godwit.config.Units;
import io.godwit.vmm.probe.ProbeCounters;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the demo found, and what of it was not as promised. */
final class DemoReport {
    private final List<DemoMigration> migrations = new ArrayList<>();
    private final List<String> broken = new ArrayList<>();
    private String backend = "";
    private @Nullable ProbeCounters guest;
    private HostLoss.@Nullable Outcome loss;

    void backend(String name) {
        backend = name;
    }

    void migration(DemoMigration migration) {
        migrations.add(migration);
        String route = migration.from() + " to " + migration.to();
        promise(migration.status().equals("completed"), route + " " + migration.status() + ": " + migration.reason());
        if (migration.status().equals("completed")) {
            promise(migration.verified(), route + ": memory was not verified equal");
            promise(migration.blackoutMs() >= 0, route + ": the guest was not seen to run on at the target");
        }
    }

    void guest(@Nullable ProbeCounters counters) {
        guest = counters;
        promise(counters != null, "the guest's counters could not be read");
        if (counters != null) {
            promise(
                    counters.errors() == 0,
                    "the guest found " + counters.errors() + " errors, the first at guest address 0x"
                            + Long.toHexString(counters.firstErrorAddress()));
        }
    }

    void loss(HostLoss.Outcome outcome) {
        loss = outcome;
        promise(outcome.vmRunning(), "the VM did not run on after host " + outcome.host() + " was killed");
        promise(outcome.ledgerWriteMs() >= 0, "the two survivors could not write the ledger: " + outcome.lastRefusal());
        promise(outcome.noticedMs() >= 0, "the survivors did not notice that host " + outcome.host() + " is gone");
    }

    void broken(String what) {
        broken.add(what);
    }

    private void promise(boolean kept, String otherwise) {
        if (!kept) {
            broken.add(otherwise);
        }
    }

    List<String> broken() {
        return broken;
    }

    static String line(DemoMigration migration) {
        String route = "%-5s → %-5s  ".formatted(migration.from(), migration.to());
        if (!migration.status().equals("completed")) {
            return route + migration.status() + ": " + migration.reason();
        }
        return route
                + "%s in all, %d rounds, %s sent, downtime %s, blackout seen by the guest %s, memory %s"
                        .formatted(
                                Units.formatMeasuredMs(migration.totalMs()),
                                migration.rounds(),
                                Units.formatApproximateSize(migration.transferredBytes()),
                                Units.formatMeasuredMs(migration.downtimeMs()),
                                migration.blackoutMs() < 0 ? "unknown" : Units.formatMeasuredMs(migration.blackoutMs()),
                                migration.verified() ? "verified equal" : "NOT verified");
    }

    Map<String, Object> asJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("backend", backend);
        json.put("hosts", DemoCluster.NAMES);
        json.put("vm", vm());
        json.put("guest", guestAsJson());
        json.put("migrations", migrations);
        json.put("killed", loss);
        json.put("broken", broken);
        return json;
    }

    private static Map<String, Object> vm() {
        Map<String, Object> vm = new LinkedHashMap<>();
        vm.put("name", DemoVm.NAME);
        vm.put("memoryBytes", (long) DemoVm.MEMORY_MIB << 20);
        vm.put("vcpus", 1);
        vm.put("dirtyBytesPerSecond", DemoVm.RATE_MB_PER_SECOND * 1_000_000L);
        return vm;
    }

    private Map<String, Object> guestAsJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("errors", guest == null ? null : guest.errors());
        json.put("bytesWritten", guest == null ? null : guest.bytesWritten());
        json.put("bytesChecked", guest == null ? null : guest.bytesChecked());
        return json;
    }
}
