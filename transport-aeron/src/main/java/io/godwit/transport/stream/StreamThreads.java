package io.godwit.transport.stream;

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

    void start() {
        threads.forEach(LaneThread::start);
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
