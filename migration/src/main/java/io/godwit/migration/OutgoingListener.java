package io.godwit.migration;

import io.godwit.migration.convergence.Prediction;
import java.util.concurrent.CompletionStage;

/**
 * What the source half tells its owner, on the engine's thread: do not block. Exactly one of {@link #onRestSent},
 * {@link #onCancelled} and {@link #onFailed} is called.
 */
public interface OutgoingListener {
    /**
     * The rest fits the downtime limit for the first time. Rounds go on; the engine pauses nothing before
     * {@link OutgoingMigration#allowSwitchover()}.
     */
    void onConverged(Prediction prediction);

    /**
     * Pauses every vCPU, then quiesces every device. The engine waits, up to its deadline, then saves the machine's
     * state and makes the last harvest itself. If the migration ends otherwise afterwards, the machine is the owner's to
     * resume.
     */
    CompletionStage<Void> pauseMachine();

    /** The last page, the machine's state and the end frame were handed to the stream. The target's answer is next. */
    void onRestSent(SwitchoverSummary summary);

    /** Cancelled as asked. If {@link #pauseMachine()} was called the machine may be paused. */
    void onCancelled();

    /** @param peerLost whether the target, or the way to it, is gone; false for causes on this host */
    void onFailed(String reason, boolean peerLost);
}
