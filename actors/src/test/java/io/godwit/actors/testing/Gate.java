package io.godwit.actors.testing;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** A place where a test stops what it tests, until it has looked. Opens by itself in the end. */
public final class Gate {
    private final CompletableFuture<Void> reached = new CompletableFuture<>();
    private final CompletableFuture<Void> open = new CompletableFuture<>();

    /** Called by what is to be stopped. */
    public void pass() {
        reached.complete(null);
        open.completeOnTimeout(null, 60, TimeUnit.SECONDS).join();
    }

    /** The same for what must not block. */
    public CompletionStage<Void> passed() {
        reached.complete(null);
        return open.completeOnTimeout(null, 60, TimeUnit.SECONDS);
    }

    public void awaitReached() throws Exception {
        reached.get(30, TimeUnit.SECONDS);
    }

    public void open() {
        open.complete(null);
    }
}
