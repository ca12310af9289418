package io.godwit.transport.stream;

import io.godwit.transport.PageRange;
import io.godwit.transport.RoundSent;
import io.godwit.transport.StreamCounts;
import io.godwit.transport.StreamFailure;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.pekko.stream.javadsl.Sink;

/**
 * The source's end of a page stream. No method blocks. Stages complete on the lane's thread, exceptionally with
 * {@link io.godwit.transport.StreamException}: use their {@code Async} variants for anything that takes time.
 */
public final class OutgoingStream implements AutoCloseable {
    private final OutgoingLane lane;
    private final LaneQueue queue;
    private final LaneThread thread;

    OutgoingStream(final OutgoingLane lane, final LaneQueue queue, final LaneThread thread) {
        this.lane = lane;
        this.queue = queue;
        this.thread = thread;
    }

    /** Completes when the target's subscription answers. Ranges may be sent before; they wait. */
    public CompletionStage<Void> connected() {
        return lane.connected().minimalCompletionStage();
    }

    /**
     * A sink for one round: pulls only while the lane has room, and completes when the round-end frame was accepted.
     * Rounds follow each other; a second one that is run while the first is open fails.
     *
     * @param round number that the target is told, 0 or more
     */
    public Sink<PageRange, CompletionStage<RoundSent>> round(final int round) {
        if (round < 0) {
            throw new IllegalArgumentException("round " + round + ": 0 or more is expected");
        }
        return Sink.fromGraph(new RoundSink(queue, round));
    }

    /** Sends a device state, cut into frames; complete when the last was accepted. Copies nothing: leave it alone. */
    public CompletionStage<Void> sendDeviceState(final byte[] state) {
        final CompletableFuture<Void> sent = new CompletableFuture<>();
        queue.put(new LaneCommand.DeviceState(new UnsafeBuffer(state), sent));
        return sent;
    }

    /** Sends the end frame with the counts; complete when it was accepted. The stream then closes itself. */
    public CompletionStage<StreamCounts> end() {
        final CompletableFuture<StreamCounts> sent = new CompletableFuture<>();
        queue.put(new LaneCommand.End(sent));
        return sent;
    }

    /** Changes the limit on wire bytes per second while running; 0 for none. */
    public void limitRate(final long bytesPerSecond) {
        lane.limitRate(bytesPerSecond);
    }

    public OutgoingCounters counters() {
        return lane.counters();
    }

    /** Page ranges that wait in the lane, never more than the settings' limit; for tests and metrics. */
    public int queuedRanges() {
        return queue.size();
    }

    /**
     * Completes if the stream fails, with why, also with {@link StreamFailure.Cancelled} if it was closed before its
     * end; never after {@link #end} was accepted.
     */
    public CompletionStage<StreamFailure> failed() {
        return lane.failed().minimalCompletionStage();
    }

    /** Completes when thread, client and buffers are given back. */
    public CompletionStage<Void> closed() {
        return thread.closed().minimalCompletionStage();
    }

    /** Cancels: whatever waits fails with {@link StreamFailure.Cancelled}; returns at once, see {@link #closed()}. */
    @Override
    public void close() {
        lane.cancel();
        thread.wake();
    }
}
