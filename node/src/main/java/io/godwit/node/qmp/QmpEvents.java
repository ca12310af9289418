package io.godwit.node.qmp;

import io.godwit.actors.cluster.ClusterEvent;
import io.godwit.control.switchover.MigrationStatus;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What happens to one VM on this host, as QMP's events. Used by one thread. */
final class QmpEvents {
    static final List<String> NAMES = List.of(
            "GUEST_PANICKED", "MIGRATION", "MIGRATION_PASS", "POWERDOWN", "RESET", "RESUME", "SHUTDOWN", "STOP");

    private static final String MIGRATION = "migration.";

    /** Whether the guest stands still for a migration, which it did not before. */
    private boolean stoppedToMove;

    private boolean paused;

    /** Takes note that the VM stands still from the beginning. */
    void startsPaused() {
        paused = true;
    }

    /** The events that one of the cluster's is; often none. */
    List<Map<String, Object>> of(ClusterEvent event) {
        List<Map<String, Object>> events = new ArrayList<>();
        if (event.kind().startsWith(MIGRATION)) {
            migration(event, event.kind().substring(MIGRATION.length()), events);
        } else {
            vm(event, events);
        }
        return events;
    }

    private void migration(ClusterEvent event, String status, List<Map<String, Object>> events) {
        if (status.equals("pass")) {
            events.add(made(
                    event,
                    "MIGRATION_PASS",
                    Map.of("pass", number(event.details().get("pass")))));
        } else if (status.equals("guest-stopped") && !paused && !stoppedToMove) {
            stoppedToMove = true;
            events.add(made(event, "STOP", Map.of()));
        } else if (status.equals("guest-resumed")) {
            resumed(event, events);
        } else if (MigrationStatus.fromLabel(status).isPresent()) {
            stoppedToMove &= !status.equals("setup"); // one that came back stands still no longer
            events.add(made(event, "MIGRATION", Map.of("status", status)));
        }
    }

    private void resumed(ClusterEvent event, List<Map<String, Object>> events) {
        if (stoppedToMove) {
            stoppedToMove = false;
            events.add(made(event, "RESUME", Map.of()));
        }
    }

    private static long number(@org.jspecify.annotations.Nullable String text) {
        return text == null ? 0 : Long.parseLong(text);
    }

    private void vm(ClusterEvent event, List<Map<String, Object>> events) {
        String by = event.details().getOrDefault("by", "");
        switch (event.kind()) {
            case "vm.paused" -> {
                paused = true;
                events.add(made(event, "STOP", Map.of()));
            }
            case "vm.running" -> {
                paused = false;
                if (by.equals("reboot")) {
                    resumed(event, events); // it reset itself at the switchover, and stood still since
                } else {
                    stoppedToMove = false;
                    events.add(made(event, "RESUME", Map.of()));
                }
            }
            case "vm.stopped" -> {
                if (by.equals("stop")) {
                    events.add(made(event, "SHUTDOWN", reason(false, "host-qmp-quit")));
                }
            }
            case "vm.powerdown" -> events.add(made(event, "POWERDOWN", Map.of()));
            case "vm.reset" -> events.add(made(event, "RESET", reason(false, "host-qmp-system-reset")));
            case "vm.guest-event" -> guest(event, events);
            default -> {
                // Creation, deletion and the like: the socket's coming and going tells of them.
            }
        }
    }

    private static void guest(ClusterEvent event, List<Map<String, Object>> events) {
        switch (event.details().getOrDefault("act", "")) {
            case "power-off", "debug-exit" -> events.add(made(event, "SHUTDOWN", reason(true, "guest-shutdown")));
            case "reset", "triple-fault" -> events.add(made(event, "RESET", reason(true, "guest-reset")));
            case "panic" -> {
                events.add(made(event, "STOP", Map.of()));
                events.add(made(event, "GUEST_PANICKED", Map.of("action", "pause")));
            }
            case "failure" -> events.add(made(event, "STOP", Map.of()));
            default -> {
                // An act of a newer node.
            }
        }
    }

    private static Map<String, Object> reason(boolean guest, String reason) {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("guest", guest);
        data.put("reason", reason);
        return data;
    }

    private static Map<String, Object> made(ClusterEvent event, String name, Map<String, Object> data) {
        Map<String, Object> timestamp = new LinkedHashMap<>();
        timestamp.put("seconds", event.atEpochMs() / 1_000);
        timestamp.put("microseconds", event.atEpochMs() % 1_000 * 1_000);
        Map<String, Object> made = new LinkedHashMap<>();
        made.put("timestamp", timestamp);
        made.put("event", name);
        if (!data.isEmpty()) {
            made.put("data", data);
        }
        return made;
    }
}
