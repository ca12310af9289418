package io.godwit.actors.ledger;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import java.util.function.Predicate;

/** Lines to voters, laid when they are first used. No call blocks. */
final class VoterLines implements AutoCloseable {
    private final Map<Place, VoterLine> lines = new ConcurrentHashMap<>();
    private final BiFunction<Generation, LedgerSettings.Voter, VoterLine> laying;

    private record Place(Generation generation, LedgerSettings.Voter voter) {}

    VoterLines(BiFunction<Generation, LedgerSettings.Voter, VoterLine> laying) {
        this.laying = laying;
    }

    /** Fails if there is no answer in time, or one that cannot be read. */
    CompletableFuture<VoterMessage> ask(Generation generation, LedgerSettings.Voter voter, VoterMessage question) {
        return lines.computeIfAbsent(
                        new Place(generation, voter), place -> laying.apply(place.generation(), place.voter()))
                .ask(question);
    }

    /** Somebody says that this host's voter is there. */
    void heardOf(String hostId) {
        lines.forEach((place, line) -> {
            if (place.voter().id().equals(hostId)) {
                line.heardOf();
            }
        });
    }

    /** Closes the lines to all others. */
    void retain(VoterSet voters) {
        closeIf(place -> !place.generation().equals(voters.generation())
                || !voters.voters().contains(place.voter()));
    }

    /** They are laid anew where they are used again. */
    void closeAll() {
        closeIf(place -> true);
    }

    private void closeIf(Predicate<Place> obsolete) {
        lines.keySet().stream().filter(obsolete).forEach(place -> {
            VoterLine line = lines.remove(place);
            if (line != null) {
                line.close();
            }
        });
    }

    @Override
    public void close() {
        closeAll();
    }
}
