package io.godwit.node.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The cluster, as one host sees it.
 *
 * @param host the host that answers
 * @param permit of the host that answers
 * @param leader the member that speaks for the membership, if it is known
 * @param cpuBaseline what guests may be given so that they may move to every host
 * @param fencing what stands between a host that is down and a second writer of shared disks
 * @param alarms what hosts noticed of themselves of late, newest first
 * @param hostLosses what the loss of each host that is up would mean; null while the ledger cannot be read
 */
public record ClusterInfo(
        String name,
        String host,
        String version,
        @Nullable String leader,
        List<Member> members,
        LedgerInfo ledger,
        PermitInfo permit,
        CpuBaselineInfo cpuBaseline,
        FencingInfo fencing,
        List<AlarmInfo> alarms,
        @Nullable List<HostLoss> hostLosses) {
    public ClusterInfo {
        members = List.copyOf(members);
    }

    /**
     * What the CPUs of the hosts have in common.
     *
     * @param features that guests get on every host considered
     * @param hosts those considered, with what guests get there beside
     * @param vendors of their CPUs: where there are several, guests cannot move between all of them
     * @param notConsidered hosts that do not answer
     */
    public record CpuBaselineInfo(
            List<String> features, List<HostCpu> hosts, List<String> vendors, List<String> notConsidered) {
        public CpuBaselineInfo {
            features = List.copyOf(features);
            hosts = List.copyOf(hosts);
            vendors = List.copyOf(vendors);
            notConsidered = List.copyOf(notConsidered);
        }
    }

    /** @param beyond what guests get on this host and not on every one */
    public record HostCpu(String host, List<String> beyond) {
        public HostCpu {
            beyond = List.copyOf(beyond);
        }
    }

    /**
     * What would become of a host's VMs without it.
     *
     * @param survived whether the others could take all of them that may be started elsewhere
     * @param homeless those that they could not take
     */
    public record HostLoss(String host, boolean survived, List<Homeless> homeless) {
        public HostLoss {
            homeless = List.copyOf(homeless);
        }
    }

    /** @param reasons one for each other host */
    public record Homeless(String vm, List<String> reasons) {
        public Homeless {
            reasons = List.copyOf(reasons);
        }
    }

    /**
     * A node of the cluster.
     *
     * @param host its name; empty while it has not said it
     * @param state {@code up}, {@code joining}, {@code leaving}, {@code unreachable} ...
     * @param role {@code member}, or {@code witness} of one that runs no VMs; null where its host does not answer
     */
    public record Member(
            String host,
            String address,
            String state,
            @Nullable String role) {}

    /**
     * The replicated log.
     *
     * @param available whether a majority answered a linearizable read just now
     * @param detail why it did not; else empty
     * @param quorum {@code held} or {@code lost}: whether a leader that a majority stands by answered just now
     * @param missing voters that do not answer
     * @param leader the voter that leads, if it is known
     * @param caveat what to know before a host is lost: that nothing fails over, and what helps; null where there is nothing
     */
    public record LedgerInfo(
            boolean available,
            String detail,
            String quorum,
            List<String> missing,
            @Nullable String leader,
            List<VoterInfo> voters,
            int vms,
            @Nullable String caveat) {
        public LedgerInfo {
            missing = List.copyOf(missing);
            voters = List.copyOf(voters);
        }
    }

    /** A host that keeps the ledger. */
    public record VoterInfo(String host, String address) {}
}
