package io.godwit.actors.ledger;

import io.godwit.config.InvalidValueException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Who votes, from one entry of the ledger's log on. Of two sets that with the higher index is the later one, on whichever
 * host each is known: both are committed entries of one log.
 *
 * @param index of that entry; {@link #BOOTSTRAP} for the list of the configuration file
 */
public record VoterSet(long index, List<LedgerSettings.Voter> voters) {
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

    boolean isSameAs(VoterSet other) {
        return Set.copyOf(voters).equals(Set.copyOf(other.voters));
    }
}
