package io.godwit.transport.stream;

import io.godwit.transport.StreamCounts;
import io.godwit.transport.StreamEndpoint;
import java.util.concurrent.CompletionStage;

/** The target's end of a page stream. No method blocks; stages complete on the lane's thread. */
public final class IncomingStream implements AutoCloseable {
    private final IncomingLane lane;
    private final LaneThread thread;

    IncomingStream(final IncomingLane lane, final LaneThread thread) {
        this.lane = lane;
        this.thread = thread;
    }

    /** Completes when the subscription listens, with what the source must be told; exceptionally if it cannot. */
    public CompletionStage<StreamEndpoint> endpoint() {
        return lane.endpoint().minimalCompletionStage();
    }

    /** What was received and written so far. */
    public StreamCounts received() {
        return lane.received();
    }

    /** Completes when thread, client and buffers are given back; the sink is not called after it. */
    public CompletionStage<Void> closed() {
        return thread.closed().minimalCompletionStage();
    }

    /** Stops receiving; returns at once, see {@link #closed()}. */
    @Override
    public void close() {
        lane.cancel();
        thread.wake();
    }
}
