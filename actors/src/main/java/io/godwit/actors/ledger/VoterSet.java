package io.godwit.actors.ledger;

import io.godwit.config.InvalidValueException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Who votes, from one entry of the ledger's log on. Of two sets that of the later generation, else that with the higher
 * index is the later one, on whichever host each is known: those of one generation are committed entries of one log.
 *
 * @param index of that entry; {@link #BOOTSTRAP} for those who founded the generation
 */
public record VoterSet(Generation generation, long index, List<LedgerSettings.Voter> voters) {
    public static final long BOOTSTRAP = -1;

    public VoterSet {
        voters = List.copyOf(voters);
        if (voters.isEmpty()) {
            throw new InvalidValueException("ledger.voters", "no voters", "at least one");
        }
        Set<String> ids = new HashSet<>();
        for (LedgerSettings.Voter voter : voters) {
            if (!ids.add(voter.id())) {
                throw new InvalidValueException("ledger.voters.id", voter.id(), "a different id for each voter");
            }
        }
    }

    /** Of the first generation. */
    public VoterSet(long index, List<LedgerSettings.Voter> voters) {
        this(Generation.FIRST, index, voters);
    }

    boolean isLaterThan(VoterSet other) {
        return generation.equals(other.generation) ? index > other.index : generation.isLaterThan(other.generation);
    }

    /** The list of the configuration file, which any host has. */
    public boolean isOfConfiguration() {
        return generation.equals(Generation.FIRST) && index == BOOTSTRAP;
    }

    public Optional<LedgerSettings.Voter> voter(String hostId) {
        return voters.stream().filter(voter -> voter.id().equals(hostId)).findFirst();
    }

    public List<String> ids() {
        return voters.stream().map(LedgerSettings.Voter::id).toList();
    }

    /** The voters with another in the place of one of them. */
    List<LedgerSettings.Voter> replaced(String out, LedgerSettings.Voter in) {
        return voters.stream().map(voter -> voter.id().equals(out) ? in : voter).toList();
    }

    /** The voters and one more. */
    List<LedgerSettings.Voter> with(LedgerSettings.Voter in) {
        List<LedgerSettings.Voter> more = new ArrayList<>(voters);
        more.add(in);
        return more;
    }

    /** The voters but one. */
    List<LedgerSettings.Voter> without(String out) {
        return voters.stream().filter(voter -> !voter.id().equals(out)).toList();
    }

    boolean isSameAs(VoterSet other) {
        return generation.equals(other.generation) && Set.copyOf(voters).equals(Set.copyOf(other.voters));
    }
}
