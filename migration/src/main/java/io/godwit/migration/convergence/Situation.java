package io.godwit.migration.convergence;

/**
 * What is known at a round's end, when {@link Convergence} is asked.
 *
 * @param remainingBytes dirty and not yet sent
 * @param dirtyBytesPerSecond distinct pages dirtied per second, in bytes
 * @param bandwidthBytesPerSecond what the stream carries, already capped by the operator's limit; 0 while unknown
 * @param fixedCostMs what a switchover takes beside sending pages: pausing, device states, the target's answer
 * @param downtimeLimitMs the longest pause asked for
 * @param rounds harvests made so far
 * @param roundsWithoutProgress rounds since the predicted downtime last reached a new low
 * @param mayPause the ledger has recorded {@code Prepared}
 * @param polishRounds rounds made although the machine might have been paused
 */
public record Situation(
        long remainingBytes,
        double dirtyBytesPerSecond,
        double bandwidthBytesPerSecond,
        double fixedCostMs,
        long downtimeLimitMs,
        int rounds,
        int roundsWithoutProgress,
        boolean mayPause,
        int polishRounds) {

    /** The downtime if the machine were paused now. */
    public Prediction prediction() {
        return new Prediction(transferMs((double) remainingBytes), fixedCostMs, downtimeLimitMs);
    }

    /** Milliseconds that sending these bytes takes; infinite while the bandwidth is not known. */
    double transferMs(double bytes) {
        return bytes == 0 ? 0 : bytes / bandwidthBytesPerSecond * 1000;
    }
}
