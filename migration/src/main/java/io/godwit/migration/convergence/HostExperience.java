package io.godwit.migration.convergence;

/**
 * What this host's migrations have shown: the cost of a switchover, what links carry, and what comes before and between
 * the rounds. One per node, shared by its migrations; a {@link Forecast} starts from it. Thread-safe.
 */
public final class HostExperience {
    private static final double WEIGHT_OF_LAST = 0.3;
    private static final double FIRST_SETUP_MS = 100;
    private static final double FIRST_PREPARE_MS = 30;

    private final SwitchoverCost switchover = new SwitchoverCost();
    private double bytesPerSecond;
    private double setupMs = FIRST_SETUP_MS;
    private double prepareMs = FIRST_PREPARE_MS;

    public SwitchoverCost switchover() {
        return switchover;
    }

    /** Page bytes per second that a stream carries; a gigabit link's until one was measured. */
    public synchronized double bytesPerSecond() {
        return bytesPerSecond == 0 ? BandwidthEstimate.UNMEASURED_BYTES_PER_SECOND : bytesPerSecond;
    }

    /** Whether {@link #bytesPerSecond()} was measured here. */
    public synchronized boolean isBandwidthKnown() {
        return bytesPerSecond > 0;
    }

    /** From the request until the first round begins. */
    public synchronized double setupMs() {
        return setupMs;
    }

    /** Until the ledger has recorded that the machine may be paused. */
    public synchronized double prepareMs() {
        return prepareMs;
    }

    /**
     * Takes what one migration's stream carried.
     *
     * @param limitBytesPerSecond the operator's cap at that time, 0 for none: what was held back tells little
     */
    public synchronized void observeBandwidth(double measured, long limitBytesPerSecond) {
        boolean heldBack = limitBytesPerSecond > 0 && measured > 0.8 * limitBytesPerSecond;
        if (measured > 0 && (!heldBack || measured > bytesPerSecond)) {
            bytesPerSecond = bytesPerSecond == 0 ? measured : toward(bytesPerSecond, measured);
        }
    }

    public synchronized void observeSetup(double ms) {
        setupMs = toward(setupMs, ms);
    }

    public synchronized void observePrepare(double ms) {
        prepareMs = toward(prepareMs, ms);
    }

    private static double toward(double known, double observed) {
        return known + (observed - known) * WEIGHT_OF_LAST;
    }
}
