package io.godwit.migration.convergence;

/**
 * What is known at a round's end, when {@link Convergence} is asked.
 *
 * @param remainingBytes dirty and not yet sent
 * @param dirtyBytesPerSecond distinct pages dirtied per second, in bytes
 * @param bandwidthBytesPerSecond what the stream carries, already capped by the operator's limit; 0 while unknown
 * @param fixedCostMs what a switchover takes beside sending pages: pausing, device states, the target's answer
 * @param rounds harvests made so far
 * @param roundsWithoutProgress rounds since the predicted downtime last reached a new low, or the throttle rose
 * @param mayPause the ledger has recorded {@code Prepared}
 * @param polishRounds rounds made although the machine might have been paused
 * @param throttlePercent share of their time that the vCPUs which dirty are held back now
 * @param elapsedMs since the first round began
 * @param finishNow an operator wants it finished
 */
public record Situation(
        long remainingBytes,
        double dirtyBytesPerSecond,
        double bandwidthBytesPerSecond,
        double fixedCostMs,
        int rounds,
        int roundsWithoutProgress,
        boolean mayPause,
        int polishRounds,
        int throttlePercent,
        double elapsedMs,
        boolean finishNow) {

    /** The downtime if the machine were paused now. */
    public Prediction prediction(long allowedMs) {
        return new Prediction(transferMs((double) remainingBytes), fixedCostMs, allowedMs);
    }

    /** What {@link #prediction} will be when those pages have gone out as a round, at the present rates. */
    Prediction afterAnotherRound(Prediction present) {
        return afterAnotherRound(present, dirtyBytesPerSecond);
    }

    /** The same, for a guest that dirties at another rate than the average. */
    Prediction afterAnotherRound(Prediction present, double bytesPerSecond) {
        double dirtied = bytesPerSecond * present.roundMs() / 1000;
        return new Prediction(transferMs(dirtied), present.fixedCostMs(), present.limitMs());
    }

    /** Milliseconds that sending these bytes takes; infinite while the bandwidth is not known. */
    double transferMs(double bytes) {
        return bytes == 0 ? 0 : bytes / bandwidthBytesPerSecond * 1000;
    }
}
