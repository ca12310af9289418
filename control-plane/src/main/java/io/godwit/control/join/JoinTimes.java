package io.godwit.control.join;

/**
 * The times of joining. All hosts of a cluster have the same.
 *
 * @param grantMs how long the right to form a cluster lasts, from when it was asked for
 * @param beginMs by then the answer must be there: what is left of the right is for membership to ask the others once more
 * @param rememberMs how long the leader takes a cluster to be there that it does not hear of any more
 * @param patienceMs for so long a node that is not to form the cluster at once looks for one, from when the ledger answers
 * @param askMs between questions of a node that is in no cluster
 * @param tellMs between those of a node that is in one
 * @param strayMs for so long a node in a cluster is told that another one counts before it leaves its own
 * @param driftPerMille ρ: how far the rate of a host's clock may be off
 * @param marginMs what the leader waits beyond that
 */
public record JoinTimes(
        long grantMs,
        long beginMs,
        long rememberMs,
        long patienceMs,
        long askMs,
        long tellMs,
        long strayMs,
        int driftPerMille,
        long marginMs) {
    /**
     * Pekko's first seed asks the others for 5 s, and looks at the time each second. A cluster tells the leader of itself at
     * least twice before a new leader grants anything.
     */
    public static final JoinTimes DEFAULT = new JoinTimes(10_000, 2_000, 20_000, 30_000, 2_000, 4_000, 8_000, 10, 500);

    private static final long WHOLE = 1_000;

    /**
     * How long the leader waits by its clock after it granted the right, or after it became leader, before it grants it to
     * another: the node's clock may be slow by ρ and the leader's fast by ρ, as with run permits.
     */
    public long waitMs() {
        long stretched = grantMs * (WHOLE + driftPerMille);
        long shortest = WHOLE - driftPerMille;
        return (stretched + shortest - 1) / shortest + marginMs;
    }
}
