package io.godwit.actors.ledger;

import java.util.Collection;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.function.Function;
import java.util.function.Predicate;

/** Lines to voters, laid when they are first used. No call blocks; what closes does so on a thread of its own. */
final class VoterLines implements AutoCloseable {
    private final Map<LedgerSettings.Voter, VoterLine> lines = new ConcurrentHashMap<>();
    private final Function<LedgerSettings.Voter, VoterLine> laying;
    private final ExecutorService closer;

    /** @param name of the thread that closes */
    VoterLines(String name, Function<LedgerSettings.Voter, VoterLine> laying) {
        this.laying = laying;
        this.closer = Daemons.one(name);
    }

    /** Fails if there is no answer in time, or one that cannot be read. */
    CompletableFuture<VoterMessage> ask(LedgerSettings.Voter voter, VoterMessage question) {
        return lines.computeIfAbsent(voter, laying).ask(question);
    }

    /** Somebody says that this host's voter is there. */
    void heardOf(String hostId) {
        lines.forEach((voter, line) -> {
            if (voter.id().equals(hostId)) {
                line.heardOf();
            }
        });
    }

    /** Closes the lines to all others. */
    void retain(Collection<LedgerSettings.Voter> voters) {
        closeIf(voter -> !voters.contains(voter));
    }

    private void closeIf(Predicate<LedgerSettings.Voter> obsolete) {
        lines.keySet().stream().filter(obsolete).forEach(voter -> {
            VoterLine line = lines.remove(voter);
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
