package io.godwit.actors.ledger;

import io.godwit.control.ledger.LedgerLevel;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * What a voter asks the others before it serves: who votes, and of which level the ledger is. One that was away for long may be none any more, and where the
 * ledger was made anew without it, it must not take up the old one with others that were away.
 */
final class VoterInquiry {
    /**
     * Who does not answer by then is not waited for: a majority has to come back without the rest. One that answers, and is
     * of another generation, is waited for until it has said of which.
     */
    private static final long TIMEOUT_MS = 2_000;

    private VoterInquiry() {}

    /**
     * @param named whether one of them knows a host of this name: it has been in the cluster before
     * @param level the highest that the ledger has at one of them; the first where none says
     */
    record Heard(boolean named, int level) {
        static final Heard NOTHING = new Heard(false, LedgerLevel.FIRST);

        Heard and(Heard other) {
            return new Heard(named || other.named, Math.max(level, other.level));
        }
    }

    /** The book knows afterwards what those said who answered. Blocks. */
    static Heard ask(LedgerSettings settings, VoterBook book, String self) {
        VoterSet known = book.current();
        List<VoterLine> lines = known.voters().stream()
                .filter(voter -> !voter.id().equals(self))
                .map(voter -> new VoterLine(settings, known.generation(), voter, TIMEOUT_MS, stranger -> {}))
                .toList();
        if (lines.isEmpty()) {
            return Heard.NOTHING;
        }
        try {
            List<CompletableFuture<Heard>> answers =
                    lines.stream().map(line -> ask(line, book, self)).toList();
            CompletableFuture.allOf(answers.toArray(CompletableFuture<?>[]::new))
                    .join();
            return answers.stream().map(CompletableFuture::join).reduce(Heard.NOTHING, Heard::and);
        } finally {
            lines.forEach(VoterLine::close);
        }
    }

    private static CompletableFuture<Heard> ask(VoterLine line, VoterBook book, String self) {
        CompletableFuture<Boolean> named = line.ask(new VoterMessage.AskName(self))
                .handle((answer, failure) -> answer instanceof VoterMessage.Name name && name.known());
        // One that was started with a build of the first level knows no such question.
        CompletableFuture<Integer> level = line.ask(new VoterMessage.AskLevel())
                .handle((answer, failure) ->
                        answer instanceof VoterMessage.Level said ? said.level() : LedgerLevel.FIRST);
        return who(line, book).thenCombine(named.thenCombine(level, Heard::new), (learnt, heard) -> heard);
    }

    private static CompletableFuture<Void> who(VoterLine line, VoterBook book) {
        return line.ask(new VoterMessage.AskStatus())
                .thenCompose(answer -> answer instanceof VoterMessage.Status status
                        ? book.learn(status.voters())
                        : CompletableFuture.completedFuture(null))
                .exceptionallyCompose(failure -> VoterLine.isStranger(failure)
                        ? book.lookUp(line.voter())
                        : CompletableFuture.completedFuture(null));
    }
}
