package io.godwit.transport.stream;

import io.godwit.transport.StreamCounts;
import io.godwit.transport.StreamEndpoint;
import java.util.concurrent.CompletionStage;

/** The target's end of a page stream. No method blocks; stages complete on the lane's thread. */
public final class IncomingStream implements AutoCloseable {
    IncomingStream() {}

    /** Completes when the subscription listens, with what the source must be told; exceptionally if it cannot. */
    public CompletionStage<StreamEndpoint> endpoint() {
        throw new UnsupportedOperationException();
    }

    /** What was received and written so far. */
    public StreamCounts received() {
        throw new UnsupportedOperationException();
    }

    /** Completes when thread, client and buffers are given back. */
    public CompletionStage<Void> closed() {
        throw new UnsupportedOperationException();
    }

    /** Stops receiving; after {@link #closed()} the sink is not called again. Returns at once. */
    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
