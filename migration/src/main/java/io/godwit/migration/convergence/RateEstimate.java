package io.godwit.migration.convergence;

/**
 * An exponentially weighted rate: what was counted divided by the time it took, where older samples count half for
 * each half-life of measured time since. Long samples weigh more than short ones, so that a burst of tiny rounds does
 * not drown one good measurement. Not thread-safe.
 */
public final class RateEstimate {
    private final double halfLifeSeconds;
    private double amount;
    private double seconds;

    public RateEstimate(double halfLifeSeconds) {
        if (!(halfLifeSeconds > 0)) {
            throw new IllegalArgumentException("half-life " + halfLifeSeconds + " s is not positive");
        }
        this.halfLifeSeconds = halfLifeSeconds;
    }

    /** A sample; one that took no time says nothing and is left out. */
    public void add(double sampleAmount, double sampleSeconds) {
        if (sampleSeconds <= 0) {
            return;
        }
        double keep = Math.pow(0.5, sampleSeconds / halfLifeSeconds);
        amount = amount * keep + sampleAmount;
        seconds = seconds * keep + sampleSeconds;
    }

    /** Amount per second; 0 before the first sample. */
    public double perSecond() {
        return seconds == 0 ? 0 : amount / seconds;
    }

    public boolean isKnown() {
        return seconds > 0;
    }
}
