package io.godwit.integration.harness;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.Callable;
import org.awaitility.core.ThrowingRunnable;

/** Waiting for a condition, never for a time. */
public final class Deadline {
    private static final Duration POLL = Duration.ofMillis(50);

    private Deadline() {}

    /** Waits until the condition holds; what it throws meanwhile counts as not yet. */
    public static void within(Duration limit, String what, Callable<Boolean> condition) {
        await(what)
                .atMost(limit)
                .pollInterval(POLL)
                .pollDelay(Duration.ZERO)
                .ignoreExceptions()
                .until(condition);
    }

    /** Waits until what is asserted holds; a failure tells what was found last. */
    public static void asserted(Duration limit, String what, ThrowingRunnable assertion) {
        await(what)
                .atMost(limit)
                .pollInterval(POLL)
                .pollDelay(Duration.ZERO)
                .ignoreExceptions()
                .untilAsserted(assertion);
    }
}
