package io.godwit.migration.convergence;

import io.godwit.config.InvalidValueException;

/**
 * How long to try, and how hard to shorten a pause that already fits.
 *
 * @param patienceRounds rounds without a new low of the predicted downtime after which a migration counts as not
 *     converging; it goes on all the same
 * @param maxRounds rounds after which a migration whose rest does not fit is given up; 0 for never: it then ends by
 *     fitting, by changed limits, or by being cancelled
 * @param maxPolishRounds further rounds at most, once the machine may be paused and the rest fits
 * @param minGainMs a further round is worth its while when it is expected to shorten the pause by this much
 */
public record ConvergencePolicy(int patienceRounds, int maxRounds, int maxPolishRounds, double minGainMs) {
    public static final ConvergencePolicy DEFAULT = new ConvergencePolicy(5, 0, 8, 1.0);

    public ConvergencePolicy {
        if (patienceRounds < 1) {
            throw new InvalidValueException("patienceRounds", patienceRounds, "1 or more");
        }
        if (maxRounds < 0) {
            throw new InvalidValueException("maxRounds", maxRounds, "0 (no limit) or more");
        }
        if (maxPolishRounds < 0) {
            throw new InvalidValueException("maxPolishRounds", maxPolishRounds, "0 or more");
        }
        if (!(minGainMs >= 0)) {
            throw new InvalidValueException("minGainMs", minGainMs, "0 or more");
        }
    }

    public ConvergencePolicy withMaxRounds(int rounds) {
        return new ConvergencePolicy(patienceRounds, rounds, maxPolishRounds, minGainMs);
    }
}
