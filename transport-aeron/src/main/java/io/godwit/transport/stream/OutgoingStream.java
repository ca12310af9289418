package io.godwit.transport.stream;

import io.godwit.transport.PageRange;
import io.godwit.transport.RoundSent;
import io.godwit.transport.StreamCounts;
import io.godwit.transport.StreamFailure;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.stream.javadsl.Sink;

/**
 * The source's end of a page stream. No method blocks. Stages complete on the lane's thread, exceptionally with
 * {@link io.godwit.transport.StreamException}: use their {@code Async} variants for anything that takes time.
 */
public final class OutgoingStream implements AutoCloseable {
    OutgoingStream() {}

    /** Completes when the target's subscription answers. Ranges may be sent before; they wait. */
    public CompletionStage<Void> connected() {
        throw new UnsupportedOperationException();
    }

    /**
     * A sink for one round: pulls only while the lane has room, and completes when the round-end frame was accepted.
     * Rounds follow each other; a second one while the first is open fails.
     */
    public Sink<PageRange, CompletionStage<RoundSent>> round(final int round) {
        throw new UnsupportedOperationException("round " + round);
    }

    /** Sends a device state, cut into frames; complete when the last was accepted. Copies nothing: leave it alone. */
    public CompletionStage<Void> sendDeviceState(final byte[] state) {
        throw new UnsupportedOperationException(state.length + " bytes");
    }

    /** Sends the end frame with the counts; complete when it was accepted. The stream then closes itself. */
    public CompletionStage<StreamCounts> end() {
        throw new UnsupportedOperationException();
    }

    /** Changes the limit on wire bytes per second while running; 0 for none. */
    public void limitRate(final long bytesPerSecond) {
        throw new UnsupportedOperationException(bytesPerSecond + " B/s");
    }

    public OutgoingCounters counters() {
        throw new UnsupportedOperationException();
    }

    /** Completes if the stream fails, with why; never after {@link #end} was accepted. */
    public CompletionStage<StreamFailure> failed() {
        throw new UnsupportedOperationException();
    }

    /** Completes when thread, client and buffers are given back. */
    public CompletionStage<Void> closed() {
        throw new UnsupportedOperationException();
    }

    /** Cancels: whatever waits fails with {@link StreamFailure.Cancelled}; returns at once, see {@link #closed()}. */
    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
