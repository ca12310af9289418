package io.godwit.migration;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;

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

    /** Looks again and again while it waits; what the look throws ends the wait. */
    <T> T awaitWatching(CompletionStage<T> stage, Runnable look, Duration every) {
        CompletableFuture<T> future = stage.toCompletableFuture();
        while (!future.isDone()) {
            throwIfStopped();
            try {
                CompletableFuture.anyOf(future, stopped).get(every.toNanos(), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                look.run();
            } catch (ExecutionException | InterruptedException e) {
                throw asRuntime(e);
            }
        }
        return get(future);
    }

    /** Waits as long as something moves. */
    <T> T awaitMoving(CompletionStage<T> stage, LongSupplier progress, Duration longestStall) {
        long[] seen = {progress.getAsLong(), System.nanoTime()};
        Runnable look = () -> {
            long now = progress.getAsLong();
            if (now != seen[0]) {
                seen[0] = now;
                seen[1] = System.nanoTime();
            } else if (System.nanoTime() - seen[1] > longestStall.toNanos()) {
                throw new MigrationException("nothing went out for " + longestStall.toMillis() + " ms");
            }
        };
        return awaitWatching(stage, look, longestStall.dividedBy(20));
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
