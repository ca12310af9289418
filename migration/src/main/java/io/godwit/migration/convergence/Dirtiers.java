package io.godwit.migration.convergence;

/** Which vCPUs a throttle is for: those that dirty, or at least those that run. */
public final class Dirtiers {
    /** A vCPU dirties when it has at least this part of an equal share. */
    private static final double PART_OF_EQUAL_SHARE = 0.25;

    /** A vCPU runs when it used at least this part of the time. */
    private static final double PART_OF_TIME = 0.05;

    private Dirtiers() {}

    /**
     * By what each vCPU dirtied. One that is held back already would dirty more without: that is what is compared, or
     * the throttle would wander between vCPUs that are equally to blame.
     *
     * @param pages dirtied by each vCPU in the same time
     * @param throttlePercent of each vCPU in that time
     */
    public static boolean[] byPages(long[] pages, int[] throttlePercent) {
        double[] freely = new double[pages.length];
        double total = 0;
        for (int i = 0; i < pages.length; i++) {
            freely[i] = pages[i] * 100.0 / (100 - throttlePercent[i]);
            total += freely[i];
        }
        boolean[] picked = new boolean[pages.length];
        for (int i = 0; i < pages.length; i++) {
            picked[i] = total > 0 && freely[i] >= total / pages.length * PART_OF_EQUAL_SHARE;
        }
        return picked;
    }

    /** By the CPU time each vCPU used of {@code elapsedNs}, where the log does not tell them apart. */
    public static boolean[] byCpuTime(long[] cpuNs, int[] throttlePercent, long elapsedNs) {
        boolean[] picked = new boolean[cpuNs.length];
        for (int i = 0; i < cpuNs.length; i++) {
            picked[i] = cpuNs[i] * 100.0 / (100 - throttlePercent[i]) >= elapsedNs * PART_OF_TIME;
        }
        return picked;
    }
}
