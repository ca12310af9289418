package io.godwit.migration.convergence;

/** What to do at a round's end. Throttling, post-copy and suspension join here as further records. */
public sealed interface Verdict {
    Prediction prediction();

    /**
     * One more round.
     *
     * @param converging false when the rounds have stopped bringing the downtime nearer to its limit
     */
    record Continue(Prediction prediction, boolean converging) implements Verdict {}

    /** Pause now: the rest fits the limit and a further round would hardly shorten the pause. */
    record SwitchOver(Prediction prediction) implements Verdict {}

    /** End the migration; the machine goes on at the source. */
    record GiveUp(Prediction prediction, String reason) implements Verdict {}
}
