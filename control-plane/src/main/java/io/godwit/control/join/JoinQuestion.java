package io.godwit.control.join;

import java.util.List;

/**
 * A node asks the ledger's leader by which addresses it joins the cluster. One that is in a cluster asks too: that tells
 * the leader that there is one, and the node whether it is the one.
 *
 * @param self who asks
 * @param forms whether it would form a cluster, if it may; false in a cluster
 * @param members of the cluster that it is up in, the oldest first, {@link #MOST_MEMBERS} at most; empty where it is in none
 * @param size how many members that cluster has that are up and in reach; 0 where it is in none
 */
public record JoinQuestion(ClusterNode self, boolean forms, List<ClusterNode> members, int size) {
    /** Enough that some are in reach; these, and no others, tell the leader of their cluster. */
    public static final int MOST_MEMBERS = 8;

    public JoinQuestion {
        members = List.copyOf(members);
    }

    static JoinQuestion outside(ClusterNode self, boolean forms) {
        return new JoinQuestion(self, forms, List.of(), 0);
    }

    /** Whether it comes from a member of a cluster, which tells of that. */
    public boolean isInside() {
        return !members.isEmpty();
    }
}
