package io.godwit.actors.ledger;

import io.godwit.control.join.JoinAnswer;
import io.godwit.control.join.JoinArbiter;
import io.godwit.control.join.JoinQuestion;
import io.godwit.control.join.JoinTimes;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongPredicate;
import java.util.function.LongSupplier;

/** A voter's part in joining: {@link JoinArbiter} with the voter's clock, and the rounds that confirm that it leads. */
final class VoterJoins {
    private final JoinArbiter arbiter = new JoinArbiter(JoinTimes.DEFAULT);
    private final VoterPermits permits;
    private final LongSupplier clockMs;
    private final LongPredicate isFirst;

    /**
     * @param clockMs {@code CLOCK_BOOTTIME}, in ms
     * @param isFirst whether the log has no entry of an earlier term than that; called under no lock, for it may take the
     *     log's
     */
    VoterJoins(VoterPermits permits, LongSupplier clockMs, LongPredicate isFirst) {
        this.permits = permits;
        this.clockMs = clockMs;
        this.isFirst = isFirst;
    }

    CompletableFuture<VoterMessage> answer(JoinQuestion question) {
        return permits.led()
                .thenApply(led -> led.flatMap(confirmed -> decide(
                                new JoinArbiter.Led(
                                        confirmed.term(), confirmed.sinceMs(), isFirst.test(confirmed.term())),
                                question))
                        .<VoterMessage>map(VoterMessage.Joining::new)
                        .orElseGet(permits::notLeading));
    }

    private synchronized Optional<JoinAnswer> decide(JoinArbiter.Led led, JoinQuestion question) {
        return arbiter.answer(led, question, clockMs.getAsLong());
    }
}
