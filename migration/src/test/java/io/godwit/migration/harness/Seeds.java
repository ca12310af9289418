package io.godwit.migration.harness;

import java.util.SplittableRandom;

/** Randomness that can be had again: {@code -Dgodwit.seed=N}. */
public final class Seeds {
    private Seeds() {}

    /** Prints the seed it uses. */
    public static SplittableRandom random() {
        long seed = Long.getLong("godwit.seed", System.nanoTime());
        System.out.println("seed " + seed);
        return new SplittableRandom(seed);
    }
}
