package io.godwit.actors.testing;

import io.godwit.actors.ledger.JoinLine;
import io.godwit.control.join.JoinAnswer;
import io.godwit.control.join.JoinArbiter;
import io.godwit.control.join.JoinQuestion;
import io.godwit.control.join.JoinTimes;
import io.godwit.control.ledger.Ledger;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** {@link JoinLine} to the arbiter of a ledger that has always had the same leader; out of reach where that ledger is. */
final class TestJoinLine implements JoinLine {
    private static final Map<Ledger, JoinArbiter> ARBITERS = new WeakHashMap<>();
    private static final JoinArbiter.Led LED = new JoinArbiter.Led(1, nowMs(), true);

    private final Ledger ledger;
    private final JoinArbiter arbiter;

    TestJoinLine(Ledger ledger) {
        this.ledger = ledger;
        synchronized (ARBITERS) {
            arbiter = ARBITERS.computeIfAbsent(ledger, key -> new JoinArbiter(JoinTimes.DEFAULT));
        }
    }

    private static long nowMs() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    }

    @Override
    public CompletionStage<JoinAnswer> ask(JoinQuestion question) {
        return ledger.clusterParameters().thenApply(read -> {
            synchronized (arbiter) {
                return arbiter.answer(LED, question, nowMs()).orElseThrow();
            }
        });
    }
}
