package io.godwit.node.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The cluster, as one host sees it.
 *
 * @param host the host that answers
 * @param permit of the host that answers
 * @param leader the member that speaks for the membership, if it is known
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
        @Nullable List<HostLoss> hostLosses) {
    public ClusterInfo {
        members = List.copyOf(members);
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
     */
    public record Member(String host, String address, String state) {}

    /**
     * The replicated log.
     *
     * @param available whether a majority answered a linearizable read just now
     * @param detail why it did not; else empty
     * @param quorum {@code held} or {@code lost}: whether a leader that a majority stands by answered just now
     * @param missing voters that do not answer
     * @param leader the voter that leads, if it is known
     */
    public record LedgerInfo(
            boolean available,
            String detail,
            String quorum,
            List<String> missing,
            @Nullable String leader,
            List<VoterInfo> voters,
            int vms) {
        public LedgerInfo {
            missing = List.copyOf(missing);
            voters = List.copyOf(voters);
        }
    }

    /** A host that keeps the ledger. */
    public record VoterInfo(String host, String address) {}
}
