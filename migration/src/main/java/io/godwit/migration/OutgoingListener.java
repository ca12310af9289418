package io.godwit.migration;

import io.godwit.config.EndingSettings;
import io.godwit.migration.convergence.Prediction;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * What the source half tells its owner, on the engine's thread: do not block. Exactly one of {@link #onRestSent},
 * {@link #onCancelled} and {@link #onFailed} is called.
 */
public interface OutgoingListener {
    /**
     * The rest fits the downtime limit, is expected to after another round, or is to be sent however long that takes,
     * for the first time. Rounds go on; the engine pauses nothing before {@link OutgoingMigration#allowSwitchover()},
     * and then not before the rest fits.
     */
    void onConverged(Prediction prediction);

    /**
     * Pauses every vCPU, then quiesces every device. The engine waits, up to its deadline, then saves the machine's
     * state and makes the last harvest itself. If the migration ends otherwise afterwards, the machine is the owner's to
     * resume.
     */
    CompletionStage<Void> pauseMachine();

    /**
     * The machine stands still. What is left is sent when the answer completes, however long that takes: an operator
     * may have asked to be waited for.
     */
    default CompletionStage<Void> mayGoOn() {
        return CompletableFuture.completedStage(null);
    }

    /** The dirty log was harvested, for the {@code harvests}th time: what it held is sent next. */
    default void onPass(int harvests) {}

    /** The timeout has passed; told once. What is done about it follows by itself. */
    default void onOverdue(EndingSettings ending) {}

    /** The last page, the machine's state and the end frame were handed to the stream. The target's answer is next. */
    void onRestSent(SwitchoverSummary summary);

    /** Cancelled, by the owner or by the timeout. If {@link #pauseMachine()} was called the machine may be paused. */
    void onCancelled(String reason);

    /** @param peerLost whether the target, or the way to it, is gone; false for causes on this host */
    void onFailed(String reason, boolean peerLost);
}
