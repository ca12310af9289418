package io.godwit.control.ledger;

import io.godwit.config.MigrationParameters;
import java.util.List;

/**
 * Everything a {@link LedgerState} holds, in an order that is the same on every voter.
 *
 * @param vms in the order of creation
 * @param histories one for each VM that is known or was asked about, the longest unused first
 * @param retiredIds ids of deleted VMs, the oldest first
 * @param cluster what concerns all VMs
 */
public record LedgerSnapshot(
        List<VmRecord> vms, List<History> histories, List<String> retiredIds, ClusterParameters cluster) {
    public LedgerSnapshot {
        vms = List.copyOf(vms);
        histories = List.copyOf(histories);
        retiredIds = List.copyOf(retiredIds);
    }

    /**
     * What was asked and decided about one VM id, the oldest first.
     *
     * @param requests answered commands
     * @param decisions decided migrations
     */
    public record History(String vmId, List<Answered> requests, List<Decision> decisions) {
        public History {
            requests = List.copyOf(requests);
            decisions = List.copyOf(decisions);
        }
    }

    /**
     * What is set about the migrations of all VMs.
     *
     * @param requests the last changes with their answers, the oldest first
     */
    public record ClusterParameters(MigrationParameters parameters, List<Answered> requests) {
        public ClusterParameters {
            requests = List.copyOf(requests);
        }
    }

    public record Answered(LedgerCommand command, LedgerAnswer answer) {}
}
