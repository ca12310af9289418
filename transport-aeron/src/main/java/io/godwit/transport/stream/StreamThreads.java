package io.godwit.transport.stream;

import io.godwit.transport.StreamFailure.LocalFault;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The threads of one end of a stream, one a lane. */
final class StreamThreads {
    private final List<LaneThread> threads;
    private final CompletableFuture<Void> closed;

    StreamThreads(final List<LaneThread> threads) {
        this.threads = List.copyOf(threads);
        this.closed =
                CompletableFuture.allOf(threads.stream().map(LaneThread::closed).toArray(CompletableFuture<?>[]::new));
    }

    /**
     * Starts all. Where the host has no thread for one, the stream fails: lanes that run end by that, and what the
     * others would have given back is given back here.
     */
    void start(final StreamFate fate) {
        int started = 0;
        try {
            for (final LaneThread thread : threads) {
                thread.start();
                started++;
            }
        } catch (final Throwable error) {
            fate.fail(new LocalFault("no thread for lane " + started + ": " + error));
            threads.subList(started, threads.size()).forEach(LaneThread::giveUp);
            throw error;
        }
    }

    /** Ends the pauses of all: there is news. */
    void wake() {
        threads.forEach(LaneThread::wake);
    }

    /** Completes when the last of them has given back what it took. */
    CompletableFuture<Void> closed() {
        return closed;
    }
}
