package io.godwit.migration.convergence;

import io.godwit.config.MigrationSettings;

/**
 * The longest pause that a migration may take by itself. That is the downtime limit; with {@code quickly-finish} it
 * doubles with each harvest after the fourth, up to 30 s or the limit, whichever is more.
 */
public final class AllowedPause {
    /** The first harvest is all of RAM, so three rounds of what was dirtied get the limit as it was set. */
    static final int HARVESTS_BEFORE_GROWTH = 4;

    public static final long CEILING_MS = 30_000;

    private AllowedPause() {}

    /** @param harvests made so far */
    public static long ms(MigrationSettings settings, int harvests) {
        long limit = settings.downtimeLimitMs();
        int doublings = harvests - HARVESTS_BEFORE_GROWTH;
        if (!settings.ending().quicklyFinish() || doublings <= 0) {
            return limit;
        }
        long ceiling = Math.max(limit, CEILING_MS);
        return doublings >= Long.numberOfLeadingZeros(limit) ? ceiling : Math.min(ceiling, limit << doublings);
    }
}
