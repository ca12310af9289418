package io.godwit.actors.maintenance;

import io.godwit.actors.serialization.Wire;
import java.util.List;

/**
 * A drain, or the restore behind it, as operators see it.
 *
 * @param kind {@code drain} or {@code restore}
 * @param state {@code active}, {@code cancelling} while moves of a cancelled one end, {@code cancelled}, {@code completed}
 * @param concurrency most migrations at a time
 * @param startedAtEpochMs when it began, or was taken up again by a node that started
 * @param vms one for each VM that it concerns
 */
public record MaintenanceView(
        String id, String host, String kind, String state, int concurrency, long startedAtEpochMs, List<VmMoveView> vms)
        implements Wire {
    public MaintenanceView {
        vms = List.copyOf(vms);
    }

    public boolean ended() {
        return state.equals("cancelled") || state.equals("completed");
    }
}
