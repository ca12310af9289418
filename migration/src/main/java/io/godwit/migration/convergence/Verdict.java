package io.godwit.migration.convergence;

/** What to do at a round's end. */
public sealed interface Verdict {
    Prediction prediction();

    /**
     * One more round.
     *
     * @param converging false when the rounds have stopped bringing the downtime nearer to its limit
     */
    record Continue(Prediction prediction, boolean converging) implements Verdict {}

    /**
     * Hold back the vCPUs that dirty, then one more round.
     *
     * @param percent of their time; 0 lifts what was there
     */
    record Throttle(Prediction prediction, int percent) implements Verdict {}

    /** Pause now: the rest fits the limit and a further round would hardly shorten the pause. */
    record SwitchOver(Prediction prediction) implements Verdict {}

    /** Pause now, however long the rest takes: that was asked for. */
    record Suspend(Prediction prediction, String reason) implements Verdict {}

    /** The timeout asks for the end; the machine goes on at the source. */
    record Cancel(Prediction prediction, String reason) implements Verdict {}

    /** End the migration as failed; the machine goes on at the source. */
    record GiveUp(Prediction prediction, String reason) implements Verdict {}
}
