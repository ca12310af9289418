package io.godwit.migration.convergence;

/**
 * What switchovers of this host cost beside sending pages, learned from those that happened. One per node, used by all
 * its migrations.
 */
public final class SwitchoverCost {
    private static final double FIRST_GUESS_MS = 10;
    private static final double WEIGHT_OF_LAST = 0.3;

    /** Of the way back to the first guess, at each migration's start. */
    private static final double FADING = 0.1;

    /** One switchover counts as this many times the cost expected, or as {@link #LEAST_CLAMP_MS}, at most. */
    private static final double MOST_OF_EXPECTED = 4;

    private static final double LEAST_CLAMP_MS = 50;

    private double costMs = FIRST_GUESS_MS;

    public synchronized double expectedMs() {
        return costMs;
    }

    /**
     * A migration begins. What was learned fades a little: only switchovers correct the guess, and one that is above
     * the downtime limit lets none happen.
     */
    public synchronized void begun() {
        costMs += (FIRST_GUESS_MS - costMs) * FADING;
    }

    /**
     * Takes one observed switchover.
     *
     * @param blackoutMs from the request to pause to the target's readiness
     * @param transferMs of it, sending the last pages
     */
    public synchronized void observe(double blackoutMs, double transferMs) {
        // One that met a busy moment says little about the next.
        double most = Math.max(costMs * MOST_OF_EXPECTED, LEAST_CLAMP_MS);
        double observed = Math.min(most, Math.max(0, blackoutMs - transferMs));
        costMs += (observed - costMs) * WEIGHT_OF_LAST;
    }
}
