package io.godwit.transport.stream;

import io.godwit.transport.StreamCounts;
import io.godwit.transport.StreamEndpoint;
import io.godwit.transport.StreamFailure.Cancelled;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The target's end of a page stream. No method blocks; stages complete on a lane's thread. */
public final class IncomingStream implements AutoCloseable {
    private final List<IncomingLane> lanes;
    private final StreamFate fate;
    private final StreamThreads threads;
    private final CompletionStage<List<StreamEndpoint>> endpoints;

    IncomingStream(final List<IncomingLane> lanes, final StreamFate fate, final StreamThreads threads) {
        this.lanes = List.copyOf(lanes);
        this.fate = fate;
        this.threads = threads;
        this.endpoints = fate.unlessFailed(CompletableFuture.allOf(
                        lanes.stream().map(IncomingLane::endpoint).toArray(CompletableFuture<?>[]::new))
                .thenApply(all ->
                        lanes.stream().map(lane -> lane.endpoint().join()).toList()));
    }

    /**
     * Completes when the subscriptions of all lanes listen, with what the source must be told, in the lanes' order;
     * exceptionally if they cannot.
     */
    public CompletionStage<List<StreamEndpoint>> endpoints() {
        return endpoints;
    }

    /** What was received and written so far. */
    public StreamCounts received() {
        return lanes.stream().map(IncomingLane::received).reduce(StreamCounts.NONE, StreamCounts::plus);
    }

    /** Time during which nothing was heard from the source, the lanes' times added up. */
    public long suspendedNs() {
        return lanes.stream().mapToLong(IncomingLane::suspendedNs).sum();
    }

    /**
     * Completes when threads, clients and buffers are given back, which a stream that has ended well begins when it is
     * closed, or soon after by itself; the sink is not called after it.
     */
    public CompletionStage<Void> closed() {
        return threads.closed().minimalCompletionStage();
    }

    /** Stops receiving, or gives back what a stream that has ended took; returns at once, see {@link #closed()}. */
    @Override
    public void close() {
        fate.fail(new Cancelled("closed by its owner"));
        fate.release();
    }
}
