package io.godwit.actors.ledger;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The ledger as one host sees it, with or without a leader.
 *
 * @param quorum whether a leader that a majority stood by answered just now
 * @param detail why not; else empty
 * @param voters who votes, and by which entry of the log
 * @param states of each voter, in their order
 * @param levels of which level it is, and which the hosts speak
 * @param notes what this host has to say of its own part, each a sentence; mostly none
 */
public record LedgerStatus(
        boolean quorum,
        String detail,
        VoterSet voters,
        List<VoterState> states,
        LedgerLevels levels,
        List<String> notes) {
    public LedgerStatus {
        states = List.copyOf(states);
        notes = List.copyOf(notes);
    }

    /** Nothing to note, and nobody asked for levels. */
    public LedgerStatus(boolean quorum, String detail, VoterSet voters, List<VoterState> states) {
        this(quorum, detail, voters, states, new LedgerLevels(OptionalInt.empty(), Map.of()), List.of());
    }

    public LedgerStatus with(LedgerLevels seen) {
        return new LedgerStatus(quorum, detail, voters, states, seen, notes);
    }

    public LedgerStatus noting(List<String> more) {
        return new LedgerStatus(quorum, detail, voters, states, levels, more);
    }

    /**
     * What a voter said of itself.
     *
     * @param role empty for one that did not answer
     * @param detail why it did not; else empty
     */
    public record VoterState(LedgerSettings.Voter voter, Optional<LedgerServer.RoleInfo> role, String detail) {
        public boolean isReachable() {
            return role.isPresent();
        }
    }

    /** The voter that leads; empty without a quorum, whatever some voter thinks. */
    public Optional<String> leader() {
        return quorum
                ? states.stream()
                        .flatMap(state -> state.role().stream())
                        .filter(role -> role.role().equals("leader"))
                        .max(Comparator.comparingLong(LedgerServer.RoleInfo::term))
                        .map(LedgerServer.RoleInfo::id)
                : Optional.empty();
    }

    /** Voters that did not answer. */
    public List<String> missing() {
        return states.stream()
                .filter(state -> !state.isReachable())
                .map(state -> state.voter().id())
                .toList();
    }
}
