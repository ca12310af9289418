package io.godwit.node.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The ledger, as one host sees it, with or without a leader.
 *
 * @param quorum whether a leader that a majority stands by answered just now
 * @param detail why not; else empty
 * @param leader the voter that leads; null without a quorum
 * @param missing voters that do not answer
 * @param generation 0 for the ledger that the configuration file founded; one more each time it was made anew of one
 *     voter's copy
 * @param votersSince index of the ledger's entry that says who votes; -1 for those who founded the generation
 * @param level of the ledger; null where no voter says
 * @param hosts which levels the builds of voters and members speak
 * @param notes what the host that was asked has to say of its own part; mostly nothing
 */
public record LedgerStatusInfo(
        boolean quorum,
        String detail,
        @Nullable String leader,
        List<String> missing,
        int generation,
        long votersSince,
        List<Voter> voters,
        @Nullable Integer level,
        List<Host> hosts,
        List<String> notes) {
    public LedgerStatusInfo {
        notes = List.copyOf(notes);
        missing = List.copyOf(missing);
        voters = List.copyOf(voters);
        hosts = List.copyOf(hosts);
    }

    /**
     * @param speaks the highest level that the host's build speaks; null where it cannot be asked
     * @param detail why nothing more is known, or what the host says of itself; else empty
     */
    public record Host(String host, @Nullable Integer speaks, String detail) {}

    /**
     * A host that keeps the ledger, by its own account.
     *
     * @param detail why it did not answer; else empty
     * @param role {@code leader}, {@code follower}, {@code candidate} or {@code stopped}; null, like what follows, where it
     *     did not answer
     * @param leader whom it takes for the leader; null also where it knows of none
     * @param lastApplied index of the last entry in its state
     * @param committed index of the last entry that it knows to be on a majority's disks
     */
    public record Voter(
            String host,
            String address,
            boolean reachable,
            String detail,
            @Nullable String role,
            @Nullable String leader,
            @Nullable Long term,
            @Nullable Long lastApplied,
            @Nullable Long committed) {}
}
