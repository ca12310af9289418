package io.godwit.migration.convergence;

/**
 * Decides at each round's end whether to go on, to pause, or to give up. Pure: the same situation gets the same
 * verdict.
 *
 * <p>The limit is a ceiling, not an aim. While rounds still shrink, one more costs a few milliseconds of running time
 * and saves as many of standing still, so a rest that fits is polished before the pause.
 */
public final class Convergence {
    /** Harvest and start of a round, beside sending its pages. */
    private static final double ROUND_OVERHEAD_MS = 2;

    private final ConvergencePolicy policy;

    public Convergence(ConvergencePolicy policy) {
        this.policy = policy;
    }

    public Verdict decide(Situation now) {
        Prediction prediction = now.prediction();
        if (prediction.fits()) {
            boolean pause = now.mayPause()
                    && (now.polishRounds() >= policy.maxPolishRounds() || !anotherRoundPays(now, prediction));
            return pause ? new Verdict.SwitchOver(prediction) : new Verdict.Continue(prediction, true);
        }
        if (policy.maxRounds() > 0 && now.rounds() >= policy.maxRounds()) {
            return new Verdict.GiveUp(prediction, notConverged(now, prediction));
        }
        return new Verdict.Continue(prediction, now.roundsWithoutProgress() < policy.patienceRounds());
    }

    private boolean anotherRoundPays(Situation now, Prediction prediction) {
        double roundSeconds = (prediction.transferMs() + ROUND_OVERHEAD_MS) / 1000;
        double nextTransferMs = now.transferMs(now.dirtyBytesPerSecond() * roundSeconds);
        return prediction.transferMs() - nextTransferMs >= policy.minGainMs();
    }

    private static String notConverged(Situation now, Prediction prediction) {
        return String.format(
                "did not converge in %d rounds: %d bytes remain, %.1f MB/s are dirtied and %.1f MB/s sent; %s",
                now.rounds(),
                now.remainingBytes(),
                now.dirtyBytesPerSecond() / 1e6,
                now.bandwidthBytesPerSecond() / 1e6,
                prediction);
    }
}
