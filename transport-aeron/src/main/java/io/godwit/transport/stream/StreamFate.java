package io.godwit.transport.stream;

import io.godwit.transport.StreamException;
import io.godwit.transport.StreamFailure;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * How a stream ends, for all of its lanes: well, or for the first reason that a lane or the owner gives. Whoever comes
 * later is told how it was.
 */
final class StreamFate {
    private final CompletableFuture<StreamFailure> failed = new CompletableFuture<>();
    private volatile @Nullable StreamFailure failure;
    private volatile boolean ended;
    private volatile boolean released;
    private volatile Runnable onNews = () -> {};

    /** @param wake runs after a failure and after a release, on the thread that told it: the lanes have to look */
    void onNews(final Runnable wake) {
        onNews = wake;
    }

    /** The owner has no more use for a stream that has ended: what it took may be given back. */
    void release() {
        released = true;
        onNews.run();
    }

    boolean isReleased() {
        return released;
    }

    /** Whether this reason is the one; false if the stream is over already. */
    boolean fail(final StreamFailure why) {
        synchronized (this) {
            if (ended || failure != null) {
                return false;
            }
            failure = why;
        }
        failed.complete(why);
        onNews.run();
        return true;
    }

    /** Whether the stream has ended well with this; false if it has failed. */
    synchronized boolean end() {
        ended = failure == null;
        return ended;
    }

    @Nullable
    StreamFailure failure() {
        return failure;
    }

    boolean isOver() {
        return ended || failure != null;
    }

    void throwIfFailed() {
        final StreamFailure why = failure;
        if (why != null) {
            throw new StreamException(why);
        }
    }

    /** Completes if the stream fails; never after it has ended well. */
    CompletionStage<StreamFailure> failed() {
        return failed.minimalCompletionStage();
    }

    /** Completes with the stage, or as soon as the stream fails, with nothing around the exception. */
    <T> CompletionStage<T> unlessFailed(final CompletionStage<T> stage) {
        final CompletableFuture<T> result = new CompletableFuture<>();
        stage.thenAccept(result::complete);
        failed().thenAccept(why -> result.completeExceptionally(new StreamException(why)));
        return result.minimalCompletionStage();
    }
}
