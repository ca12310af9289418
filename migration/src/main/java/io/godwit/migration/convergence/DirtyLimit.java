package io.godwit.migration.convergence;

/**
 * Holds one vCPU to a rate of dirtied bytes, as QEMU's {@code dirty-limit} does: by the share of its time that it may
 * run. What it dirties is taken as proportional to that share, so each look brings it near; a share grows by at most a
 * quarter at a time, so that a pause in its writing does not become a burst.
 */
public final class DirtyLimit {
    private static final double TOLERANCE = 0.05;
    private static final double MOST_GROWTH = 1.25;
    private static final double LEAST_SHARE = 0.01;

    private double share = 1;

    /**
     * Takes a look.
     *
     * @param bytesPerSecond dirtied since the last one
     * @param limitBytesPerSecond wanted at most; 0 for no limit
     * @return the throttle from now on, 0 to 99 percent
     */
    public int look(double bytesPerSecond, long limitBytesPerSecond) {
        if (limitBytesPerSecond == 0) {
            share = 1;
        } else if (bytesPerSecond > limitBytesPerSecond * (1 + TOLERANCE)) {
            share = Math.max(LEAST_SHARE, share * limitBytesPerSecond / bytesPerSecond);
        } else if (bytesPerSecond < limitBytesPerSecond * (1 - TOLERANCE)) {
            double wanted = bytesPerSecond <= 0 ? MOST_GROWTH : limitBytesPerSecond / bytesPerSecond;
            share = Math.min(1, share * Math.min(wanted, MOST_GROWTH));
        }
        return (int) Math.round((1 - share) * 100);
    }
}
