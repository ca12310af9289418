package io.godwit.migration;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Everything an engine's thread waits for; each wait ends at once, by throwing, when the migration has to stop. */
final class EngineWaits {
    private final CompletableFuture<Void> stopped = new CompletableFuture<>();
    private final Semaphore nudges = new Semaphore(0);

    /** Ends this wait and all later ones with {@code why}; the first caller's reason counts. Any thread. */
    void stop(RuntimeException why) {
        if (stopped.completeExceptionally(why)) {
            nudges.release();
        }
    }

    /** Ends a running or the next {@link #pause}. Any thread. */
    void nudge() {
        nudges.release();
    }

    void throwIfStopped() {
        if (stopped.isDone()) {
            get(stopped);
        }
    }

    <T> T await(CompletionStage<T> stage) {
        CompletableFuture<T> future = stage.toCompletableFuture();
        if (!future.isDone()) {
            get(CompletableFuture.anyOf(future, stopped));
        }
        return get(future);
    }

    /** @param failure what to say when the deadline passes */
    <T> T await(CompletionStage<T> stage, Duration deadline, String failure) {
        CompletableFuture<T> future = stage.toCompletableFuture();
        try {
            CompletableFuture.anyOf(future, stopped).get(deadline.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new MigrationException(failure + " within " + deadline.toMillis() + " ms");
        } catch (ExecutionException | InterruptedException e) {
            throw asRuntime(e);
        }
        return get(future);
    }

    /** Does nothing for a while, or until nudged. */
    void pause(long nanos) {
        try {
            if (nanos > 0 && nudges.tryAcquire(nanos, TimeUnit.NANOSECONDS)) {
                nudges.drainPermits();
            }
        } catch (InterruptedException e) {
            throw asRuntime(e);
        }
        throwIfStopped();
    }

    private static <T> T get(CompletableFuture<T> future) {
        try {
            return future.get();
        } catch (ExecutionException | InterruptedException e) {
            throw asRuntime(e);
        }
    }

    private static RuntimeException asRuntime(Exception thrown) {
        if (thrown instanceof InterruptedException) {
            Thread.currentThread().interrupt();
            return new CancelledException("the engine's thread was interrupted");
        }
        Throwable cause = Failures.unwrap(thrown);
        return cause instanceof RuntimeException runtime ? runtime : new IllegalStateException(cause);
    }
}
