package io.godwit.actors.ledger;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.function.BiFunction;
import java.util.function.Predicate;

/** Lines to voters, laid when they are first used. No call blocks; what closes does so on a thread of its own. */
final class VoterLines implements AutoCloseable {
    private final Map<Place, VoterLine> lines = new ConcurrentHashMap<>();
    private final BiFunction<Generation, LedgerSettings.Voter, VoterLine> laying;
    private final ExecutorService closer;

    private record Place(Generation generation, LedgerSettings.Voter voter) {}

    /** @param name of the thread that closes */
    VoterLines(String name, BiFunction<Generation, LedgerSettings.Voter, VoterLine> laying) {
        this.laying = laying;
        this.closer = Daemons.one(name);
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
            if (line != null && !closer.isShutdown()) {
                closer.execute(line::close);
            }
        });
    }

    @Override
    public void close() {
        VoterLine.close(lines.values());
        closer.shutdown();
    }
}
