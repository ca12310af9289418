package io.godwit.migration.convergence;

/**
 * How long the machine would stand still if it were paused now.
 *
 * @param transferMs sending the pages that are still dirty; infinite while the bandwidth is not known
 * @param fixedCostMs everything else between pause and the target's readiness
 * @param limitMs the longest pause asked for
 */
public record Prediction(double transferMs, double fixedCostMs, long limitMs) {
    /** Harvest and start of a round, beside sending its pages. */
    static final double ROUND_OVERHEAD_MS = 2;

    public double downtimeMs() {
        return transferMs + fixedCostMs;
    }

    public boolean fits() {
        return downtimeMs() <= limitMs;
    }

    /** How long the same pages take as a round, while the machine runs. */
    double roundMs() {
        return transferMs + ROUND_OVERHEAD_MS;
    }

    @Override
    public String toString() {
        return String.format(
                "%.1f ms predicted (%.1f transfer, %.1f fixed), limit %d ms",
                downtimeMs(), transferMs, fixedCostMs, limitMs);
    }
}
