package io.godwit.actors.migration;

import io.godwit.actors.vm.MachineParts;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Between the engine's thread, which pauses, and the actor, which may have given the migration up: a pause that comes
 * after the resume would stop the VM for good.
 */
final class PauseGate {
    private final MachineParts parts;
    private boolean shut;

    PauseGate(MachineParts parts) {
        this.parts = parts;
    }

    synchronized CompletionStage<Void> pause() {
        return shut
                ? CompletableFuture.failedFuture(new IllegalStateException("the migration was given up"))
                : parts.hold();
    }

    synchronized void shut() {
        shut = true;
    }
}
