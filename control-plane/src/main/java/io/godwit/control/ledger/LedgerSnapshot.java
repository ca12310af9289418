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
 * @param failover what says whether a VM may be claimed
 * @param maintenance hosts of which something is to be remembered, in the order in which they first were drained
 * @param names whose the hosts' names are, in the order in which they were asked for
 * @param level see {@link LedgerLevel}
 */
public record LedgerSnapshot(
        List<VmRecord> vms,
        List<History> histories,
        List<String> retiredIds,
        ClusterParameters cluster,
        Failover failover,
        List<HostMaintenance> maintenance,
        List<HostName> names,
        int level) {
    public LedgerSnapshot {
        if (level < LedgerLevel.FIRST) {
            throw new IllegalArgumentException("ledger snapshot has level " + level + "; expected 1 or higher");
        }
        vms = List.copyOf(vms);
        histories = List.copyOf(histories);
        retiredIds = List.copyOf(retiredIds);
        maintenance = List.copyOf(maintenance);
        names = List.copyOf(names);
    }

    /** @param stateId of the state directory whose the name is */
    public record HostName(String hostId, String stateId) {}

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
    public record ClusterParameters(MigrationParameters parameters, List<Answered> requests, Rebalancer rebalancer) {
        public ClusterParameters {
            requests = List.copyOf(requests);
        }
    }

    /**
     * @param mode what it may do unasked
     * @param moves that it began: those under way, then the last that are over, the newest first
     */
    public record Rebalancer(RebalancerMode mode, List<BalanceMove> moves) {
        /** Of a cluster that never heard of it. */
        public static final Rebalancer USUAL = new Rebalancer(RebalancerMode.RECOMMEND_ONLY, List.of());

        public Rebalancer {
            moves = List.copyOf(moves);
        }
    }

    /**
     * @param guarded ids of VMs that run only under permits, in the order in which they became so
     * @param confirmedDead lives of hosts that an operator said are over, the oldest first
     * @param keeping names of hosts whose VMs are not started elsewhere without an operator's word
     */
    public record Failover(List<String> guarded, List<HostIdentity> confirmedDead, List<String> keeping) {
        public Failover {
            guarded = List.copyOf(guarded);
            confirmedDead = List.copyOf(confirmedDead);
            keeping = List.copyOf(keeping);
        }

        /** No host keeps its VMs. */
        public Failover(List<String> guarded, List<HostIdentity> confirmedDead) {
            this(guarded, confirmedDead, List.of());
        }
    }

    public record Answered(LedgerCommand command, LedgerAnswer answer) {}
}
