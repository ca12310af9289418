package io.godwit.migration.convergence;

import io.godwit.config.MigrationSettings;

/**
 * The course that one migration takes: what its rounds showed so far, and what follows from it. Knows no clock and no
 * machine, so the engine, a {@link Forecast} and tests on a virtual clock run the same. Not thread-safe.
 */
public final class Course {
    /** A round counts as progress when it lowers the predicted downtime by a twentieth. */
    private static final double PROGRESS = 0.95;

    /**
     * The second harvest is of the long first round: a page that was written in it a hundred times counts once, and
     * the rate so measured says too little of what a short round will find.
     */
    static final int HARVESTS_BEFORE_LOOKING_AHEAD = 3;

    private final Convergence convergence;
    private final BandwidthEstimate bandwidth;
    private final RateEstimate dirtied = new RateEstimate(0.2);
    private double lastDirtyRate;
    private long remainingBytes;
    private int harvests;
    private int roundsWithoutProgress;
    private int polishRounds;
    private int throttlePercent;
    private double lowestDowntimeMs = Double.POSITIVE_INFINITY;
    private boolean fitsSoon;

    public Course(ConvergencePolicy policy) {
        this(policy, new BandwidthEstimate());
    }

    Course(ConvergencePolicy policy, BandwidthEstimate bandwidth) {
        this.convergence = new Convergence(policy);
        this.bandwidth = bandwidth;
    }

    /** The first harvest: all of RAM. */
    public void begun(long bytes) {
        begun(bytes, 0);
    }

    /** @param harvestsBefore made already, where this is the course of what is left of a migration */
    void begun(long bytes, int harvestsBefore) {
        remainingBytes = bytes;
        harvests = harvestsBefore + 1;
    }

    /**
     * A harvest.
     *
     * @param newBytes distinct pages dirtied since the last one
     * @param bytes of all pages that are to be sent, with those the last round left out
     */
    public void harvested(long newBytes, long bytes, double seconds) {
        dirtied.add((double) newBytes, seconds);
        lastDirtyRate = seconds > 0 ? newBytes / seconds : 0;
        remainingBytes = bytes;
        harvests++;
    }

    /** A round was sent: so much of it as pages, so much only as markers. */
    public void sent(long pageBytes, long zeroBytes, double seconds) {
        bandwidth.addRound(pageBytes, zeroBytes, seconds);
    }

    /** New limits: what was no progress towards the old ones may be some towards these. */
    public void limitsChanged() {
        lowestDowntimeMs = Double.POSITIVE_INFINITY;
        roundsWithoutProgress = 0;
    }

    /**
     * Decides what follows on the last harvest.
     *
     * @param fixedCostMs of a switchover beside sending pages
     * @param mayPause the ledger has recorded {@code Prepared}
     * @param elapsedMs since the first round began
     */
    public Verdict decide(
            MigrationSettings settings, double fixedCostMs, boolean mayPause, double elapsedMs, boolean finishNow) {
        Situation now = situation(settings, fixedCostMs, mayPause, elapsedMs, finishNow);
        double downtimeMs = now.prediction(settings.downtimeLimitMs()).downtimeMs();
        if (downtimeMs < lowestDowntimeMs * PROGRESS) {
            lowestDowntimeMs = downtimeMs;
            roundsWithoutProgress = 0;
        } else {
            roundsWithoutProgress++;
        }
        now = situation(settings, fixedCostMs, mayPause, elapsedMs, finishNow);
        Verdict verdict = convergence.decide(now, settings);
        fitsSoon = verdict.prediction().fits() || fitsAfterAnotherRound(now, verdict.prediction());
        if (verdict instanceof Verdict.Throttle throttle) {
            throttlePercent = throttle.percent();
            roundsWithoutProgress = 0;
            lowestDowntimeMs = downtimeMs;
        }
        polishRounds = mayPause && verdict.prediction().fits() ? polishRounds + 1 : 0;
        return verdict;
    }

    /** At the last round's rate, where the average is lower: that may still be the first round's. */
    private boolean fitsAfterAnotherRound(Situation now, Prediction present) {
        double rate = Math.max(now.dirtyBytesPerSecond(), lastDirtyRate);
        return harvests >= HARVESTS_BEFORE_LOOKING_AHEAD
                && now.afterAnotherRound(present, rate).fits();
    }

    private Situation situation(
            MigrationSettings settings, double fixedCostMs, boolean mayPause, double elapsedMs, boolean finishNow) {
        return new Situation(
                remainingBytes,
                dirtied.perSecond(),
                bandwidth.bytesPerSecond(settings.maxBandwidthBytesPerSecond()),
                fixedCostMs,
                harvests,
                roundsWithoutProgress,
                mayPause,
                polishRounds,
                throttlePercent,
                elapsedMs,
                finishNow);
    }

    /** Whether the rest fits now or is expected to after the next round: the ledger's leave is asked for meanwhile. */
    public boolean fitsSoon() {
        return fitsSoon;
    }

    /** Whether the next round only shortens a pause that is allowed and fits: it begins at once. */
    public boolean isPolishing() {
        return polishRounds > 0;
    }

    public int throttlePercent() {
        return throttlePercent;
    }

    public double dirtyBytesPerSecond() {
        return dirtied.perSecond();
    }

    /** What the stream was seen to carry, without the operator's limit; 0 while nothing was measured. */
    public double measuredBytesPerSecond() {
        return bandwidth.isKnown() ? bandwidth.bytesPerSecond(0) : 0;
    }
}
