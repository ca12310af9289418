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

    /** What members tell of their cluster is only noted, again and again: a round for each would wake all voters. */
    CompletableFuture<VoterMessage> answer(JoinQuestion question) {
        if (question.isInside()) {
            Optional<JoinAnswer> noted = permits.presumablyLed().flatMap(led -> decide(led, question));
            if (noted.isPresent() && noted.get() instanceof JoinAnswer.Wait) {
                return CompletableFuture.completedFuture(new VoterMessage.Joining(noted.get()));
            }
        }
        return permits.led()
                .thenApply(led -> led.flatMap(confirmed -> decide(confirmed, question))
                        .<VoterMessage>map(VoterMessage.Joining::new)
                        .orElseGet(permits::notLeading));
    }

    private Optional<JoinAnswer> decide(VoterPermits.Led led, JoinQuestion question) {
        JoinArbiter.Led term = new JoinArbiter.Led(led.term(), led.sinceMs(), isFirst.test(led.term()));
        synchronized (this) {
            return arbiter.answer(term, question, clockMs.getAsLong());
        }
    }
}
