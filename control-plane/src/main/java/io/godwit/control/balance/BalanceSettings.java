package io.godwit.control.balance;

import io.godwit.config.InvalidValueException;
import java.util.Locale;

/**
 * When VMs are moved unasked, and how many.
 *
 * @param threshold of the imbalance, above which it is worth moving anything; 0 to 10
 * @param holdRounds in a row for which it has to be above; 1 to 1000
 * @param margin share of the imbalance that a plan has to take away, 0 to 1: a plan that brings less is not begun
 * @param cooldownMs after a move in which a VM is not moved again unasked; 0 to 7 days
 * @param maxMigrations under way in the cluster, 1 to 1000
 * @param maxMigrationsPerHost from or to it, 1 to 1000
 * @param armed false: nothing is moved unasked; hosts are still emptied that an operator drains
 * @param recommendOnly whether moves for balance are only told
 */
public record BalanceSettings(
        Policy policy,
        double threshold,
        int holdRounds,
        double margin,
        long cooldownMs,
        int maxMigrations,
        int maxMigrationsPerHost,
        boolean armed,
        boolean recommendOnly) {
    /** What the moves are for. */
    public enum Policy {
        /** All hosts alike. */
        BALANCE,
        /** As few hosts as carry it. */
        CONSOLIDATE;

        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public static final BalanceSettings DEFAULT =
            new BalanceSettings(Policy.BALANCE, 0.3, 3, 0.1, 3_600_000, 5, 2, true, false);

    private static final long MAX_COOLDOWN_MS = 7L * 24 * 3_600_000;
    private static final int MAX_COUNT = 1_000;

    public BalanceSettings {
        check("threshold", threshold, 0, 10);
        check("hold-rounds", holdRounds, 1, MAX_COUNT);
        check("margin", margin, 0, 1);
        check("cooldown", (double) cooldownMs, 0, MAX_COOLDOWN_MS);
        check("max-migrations", maxMigrations, 1, MAX_COUNT);
        check("max-migrations-per-host", maxMigrationsPerHost, 1, MAX_COUNT);
    }

    private static void check(String field, double value, double least, double most) {
        if (!(value >= least && value <= most)) {
            throw new InvalidValueException(field, value, (long) least + " to " + (long) most);
        }
    }

    public BalanceSettings armed(boolean now) {
        return new BalanceSettings(
                policy,
                threshold,
                holdRounds,
                margin,
                cooldownMs,
                maxMigrations,
                maxMigrationsPerHost,
                now,
                recommendOnly);
    }
}
