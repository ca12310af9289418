package io.godwit.actors.vm;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Passes how a stage ended to who asked, straight from the thread that ends it: no detour over a mailbox. */
final class Outcomes {
    private Outcomes() {}

    static void pass(CompletionStage<Void> stage, CompletableFuture<Void> asked) {
        stage.whenComplete((nothing, failure) -> {
            if (failure == null) {
                asked.complete(null);
            } else {
                asked.completeExceptionally(failure);
            }
        });
    }
}
