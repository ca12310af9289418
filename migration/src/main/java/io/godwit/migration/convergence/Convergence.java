package io.godwit.migration.convergence;

import io.godwit.config.EndingSettings;
import io.godwit.config.MigrationSettings;
import io.godwit.config.ThrottleSettings;
import io.godwit.config.TimeoutAction;

/**
 * Decides at each round's end whether to go on, to slow the guest, to pause, or to give up. Pure: the same situation
 * and settings get the same verdict.
 *
 * <p>The limit is a ceiling, not an aim. While rounds still shrink, one more costs a few milliseconds of running time
 * and saves as many of standing still, so a rest that fits is polished before the pause.
 */
public final class Convergence {
    /** Of a round's own time, what it has to save of a pause that comes near to the limit. */
    private static final double LEAST_GAIN_NEAR_LIMIT = 0.1;

    /** The same, of a pause that is short already: seconds are not spent on polishing milliseconds away. */
    private static final double LEAST_GAIN = 0.5;

    /** Of the limit: a longer pause is near to it. What was measured may be that far off. */
    private static final double NEAR_LIMIT = 0.5;

    /** Rounds in a row that bring nothing, before a guest is held back at all; one may be chance. */
    static final int ROUNDS_BEFORE_THROTTLE = 2;

    private final ConvergencePolicy policy;

    public Convergence(ConvergencePolicy policy) {
        this.policy = policy;
    }

    public Verdict decide(Situation now, MigrationSettings settings) {
        Prediction prediction = now.prediction(AllowedPause.ms(settings, now.rounds()));
        Ending ending = Ending.of(settings.ending(), now.elapsedMs(), now.finishNow());
        if (ending == Ending.CANCEL) {
            return new Verdict.Cancel(prediction, overdue(settings) + notConverged(now, prediction));
        }
        if (ending == Ending.PAUSE && now.mayPause()) {
            String why = now.finishNow() ? "an operator asked to finish: " : overdue(settings);
            return new Verdict.Suspend(prediction, why + prediction);
        }
        if (prediction.fits()) {
            boolean pause = now.mayPause()
                    && (now.polishRounds() >= policy.maxPolishRounds() || !anotherRoundPays(now, prediction));
            return pause ? new Verdict.SwitchOver(prediction) : new Verdict.Continue(prediction, true);
        }
        if (policy.maxRounds() > 0 && now.rounds() >= policy.maxRounds()) {
            return new Verdict.GiveUp(prediction, notConverged(now, prediction));
        }
        if (isHopeless(now, settings, prediction)) {
            return new Verdict.GiveUp(prediction, tooCostly(prediction));
        }
        int percent = throttle(now, settings.throttle());
        return percent == now.throttlePercent()
                ? new Verdict.Continue(prediction, now.roundsWithoutProgress() < policy.patienceRounds())
                : new Verdict.Throttle(prediction, percent);
    }

    /** One step up when rounds bring nothing; back to what is allowed when that was changed. */
    private static int throttle(Situation now, ThrottleSettings settings) {
        int percent = now.throttlePercent();
        if (!settings.autoConverge()) {
            return 0;
        }
        int patience = percent == 0 ? ROUNDS_BEFORE_THROTTLE : 1;
        if (now.roundsWithoutProgress() < patience) {
            return Math.min(percent, settings.maxPercent());
        }
        int next = percent == 0 ? settings.initialPercent() : percent + settings.incrementPercent();
        return Math.min(next, settings.maxPercent());
    }

    /**
     * Whether next to nothing is left to send, a switchover is still expected to take too long, and nothing that was
     * asked for will end it. The limit stays a ceiling although the cost is a guess: the next migration guesses anew.
     */
    private boolean isHopeless(Situation now, MigrationSettings settings, Prediction prediction) {
        EndingSettings ending = settings.ending();
        boolean endsAnyhow = now.finishNow()
                || ending.quicklyFinish()
                || (ending.timeoutMs() > 0 && ending.timeoutAction() != TimeoutAction.IGNORE);
        return !endsAnyhow
                && prediction.fixedCostMs() > prediction.limitMs()
                && prediction.transferMs() < policy.minGainMs()
                && now.roundsWithoutProgress() >= policy.patienceRounds();
    }

    private static String tooCostly(Prediction prediction) {
        return String.format(
                "did not converge: a switchover is expected to cost %.1f ms beside sending pages, more than the downtime"
                        + " limit of %d ms; no further round can change that",
                prediction.fixedCostMs(), prediction.limitMs());
    }

    private boolean anotherRoundPays(Situation now, Prediction prediction) {
        double gainMs =
                prediction.transferMs() - now.afterAnotherRound(prediction).transferMs();
        boolean nearLimit = prediction.downtimeMs() > prediction.limitMs() * NEAR_LIMIT;
        double leastGain = nearLimit ? LEAST_GAIN_NEAR_LIMIT : LEAST_GAIN;
        return gainMs >= policy.minGainMs() && gainMs >= prediction.roundMs() * leastGain;
    }

    private static String overdue(MigrationSettings settings) {
        return "the timeout of " + settings.ending().timeoutMs() + " ms has passed: ";
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
