package io.godwit.migration.convergence;

/**
 * What the stream carries, measured on rounds that moved enough to say something. The time spent on finding zero pages
 * is taken off: a mostly empty VM would otherwise seem to have a slow link. Not thread-safe.
 */
public final class BandwidthEstimate {
    /** Assumed until a round has been measured: a gigabit link. */
    static final double UNMEASURED_BYTES_PER_SECOND = 110e6;

    /** Rounds with less tell latency, not bandwidth. */
    static final long MIN_SAMPLE_BYTES = 1L << 20;

    /** A plain loop over longs, per core, with room to spare. */
    static final double ZERO_SCAN_BYTES_PER_SECOND = 8e9;

    private final RateEstimate rate = new RateEstimate(1.0);

    /**
     * Takes one round's figures.
     *
     * @param sentBytes bytes of pages that were sent as such
     * @param zeroBytes bytes of pages that were only looked at
     */
    public void addRound(long sentBytes, long zeroBytes, double seconds) {
        double sendingSeconds = seconds - zeroBytes / ZERO_SCAN_BYTES_PER_SECOND;
        if (sentBytes >= MIN_SAMPLE_BYTES && sendingSeconds > 0) {
            rate.add((double) sentBytes, sendingSeconds);
        }
    }

    /** Whether a round has been measured. */
    public boolean isKnown() {
        return rate.isKnown();
    }

    /** @param limitBytesPerSecond the operator's cap, 0 for none */
    public double bytesPerSecond(long limitBytesPerSecond) {
        double measured = rate.isKnown() ? rate.perSecond() : UNMEASURED_BYTES_PER_SECOND;
        return limitBytesPerSecond > 0 ? Math.min(measured, (double) limitBytesPerSecond) : measured;
    }
}
