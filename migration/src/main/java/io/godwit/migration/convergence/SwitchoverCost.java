package io.godwit.migration.convergence;

/**
 * What switchovers of this host cost beside sending pages, learned from those that happened. One per node, used by all
 * its migrations.
 */
public final class SwitchoverCost {
    private static final double FIRST_GUESS_MS = 10;
    private static final double WEIGHT_OF_LAST = 0.3;

    private double costMs = FIRST_GUESS_MS;

    public synchronized double expectedMs() {
        return costMs;
    }

    /**
     * Takes one observed switchover.
     *
     * @param blackoutMs from the request to pause to the target's readiness
     * @param transferMs of it, sending the last pages
     */
    public synchronized void observe(double blackoutMs, double transferMs) {
        double observed = Math.max(0, blackoutMs - transferMs);
        costMs += (observed - costMs) * WEIGHT_OF_LAST;
    }
}
