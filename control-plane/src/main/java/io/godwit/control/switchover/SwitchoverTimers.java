package io.godwit.control.switchover;

import io.godwit.config.InvalidValueException;

/**
 * How long each side waits, in ms.
 *
 * @param setupMs source: from asking for admission until the engine is active
 * @param prepareMs source: for the ledger's answer to {@code Prepare} before it gives up; the guest runs meanwhile
 * @param readyMs source: from the end of the stream until the target is {@code Ready}, before it asks for {@code Abort}
 * @param goResendMs source: between repetitions of {@code Go}
 * @param acknowledgeMs source: from {@code Go} until it asks the ledger for {@code Commit}
 * @param ledgerRetryMs both: before an unanswered command is repeated
 * @param streamMs target: from the reservation to the first frame, before it gives the reservation up
 * @param readyResendMs target: between repetitions of {@code Ready}
 * @param goMs target: from {@code Ready} until it asks the ledger for {@code Commit} without {@code Go}
 */
public record SwitchoverTimers(
        long setupMs,
        long prepareMs,
        long readyMs,
        long goResendMs,
        long acknowledgeMs,
        long ledgerRetryMs,
        long streamMs,
        long readyResendMs,
        long goMs) {
    public static final SwitchoverTimers DEFAULT =
            new SwitchoverTimers(30_000, 30_000, 10_000, 200, 2_000, 500, 30_000, 200, 5_000);

    private static final long MAX_MS = 86_400_000;

    public SwitchoverTimers {
        check("setupMs", setupMs);
        check("prepareMs", prepareMs);
        check("readyMs", readyMs);
        check("goResendMs", goResendMs);
        check("acknowledgeMs", acknowledgeMs);
        check("ledgerRetryMs", ledgerRetryMs);
        check("streamMs", streamMs);
        check("readyResendMs", readyResendMs);
        check("goMs", goMs);
    }

    private static void check(String field, long ms) {
        if (ms < 1 || ms > MAX_MS) {
            throw new InvalidValueException(field, ms, "1 to " + MAX_MS);
        }
    }
}
