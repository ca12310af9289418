package io.godwit.transport.stream;

import io.godwit.transport.PageRange;
import io.godwit.transport.RoundSent;
import io.godwit.transport.StreamCounts;
import io.godwit.transport.StreamFailure;
import io.godwit.transport.StreamFailure.Cancelled;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.stream.javadsl.Sink;

/**
 * The source's end of a page stream. No method blocks. Stages complete on a lane's thread, exceptionally with
 * {@link io.godwit.transport.StreamException}: use their {@code Async} variants for anything that takes time.
 */
public final class OutgoingStream implements AutoCloseable {
    private final OutgoingLanes lanes;
    private final List<OutgoingLane> agents;
    private final StreamFate fate;
    private final RateLimiter limiter;
    private final StreamThreads threads;
    private final CompletionStage<Void> connected;

    OutgoingStream(
            final OutgoingLanes lanes,
            final List<OutgoingLane> agents,
            final StreamFate fate,
            final RateLimiter limiter,
            final StreamThreads threads) {
        this.lanes = lanes;
        this.agents = List.copyOf(agents);
        this.fate = fate;
        this.limiter = limiter;
        this.threads = threads;
        this.connected = fate.unlessFailed(CompletableFuture.allOf(
                agents.stream().map(OutgoingLane::connected).toArray(CompletableFuture<?>[]::new)));
    }

    /** Completes when the target's subscriptions answer on all lanes. Ranges may be sent before; they wait. */
    public CompletionStage<Void> connected() {
        return connected;
    }

    /**
     * A sink for one round: deals ranges to the lanes their pages belong to, pulls only while the lane that is next
     * has room, and completes when the round-end frames of all lanes were accepted. Rounds follow each other; a second
     * one that is run while the first is open fails.
     *
     * @param round number that the target is told, 0 or more
     */
    public Sink<PageRange, CompletionStage<RoundSent>> round(final int round) {
        if (round < 0) {
            throw new IllegalArgumentException("round " + round + ": 0 or more is expected");
        }
        return Sink.fromGraph(new RoundSink(lanes, round));
    }

    /**
     * Sends a device state over lane 0, cut into frames; complete when the last was accepted. Call it when the rounds
     * before it are complete. Copies nothing: leave it alone.
     */
    public CompletionStage<Void> sendDeviceState(final byte[] state) {
        return lanes.sendDeviceState(state);
    }

    /**
     * Sends the end frames with the counts; complete when all lanes' were accepted. The stream then closes itself.
     */
    public CompletionStage<StreamCounts> end() {
        return lanes.end();
    }

    /**
     * Sends the last round, a device state and the end without waiting for each other; complete when the end frames of
     * all lanes were accepted. For what is sent while a machine stands still: rounds before it are complete.
     *
     * @param ranges whole pages; not to be touched until the stage is complete
     */
    public CompletionStage<StreamCounts> finish(final int round, final Iterator<PageRange> ranges, final byte[] state) {
        return LastRound.send(lanes, round, ranges, state);
    }

    /**
     * Changes the limit on wire bytes per second, of all lanes together, while running; 0 for what the path bears (see
     * {@link io.godwit.transport.driver.NetworkPath}).
     */
    public void limitRate(final long bytesPerSecond) {
        limiter.rate(bytesPerSecond, System.nanoTime());
    }

    public OutgoingCounters counters() {
        return agents.stream().map(OutgoingLane::counters).reduce(OutgoingCounters.NONE, OutgoingCounters::plus);
    }

    /** The counters of one lane, from 0. */
    public OutgoingCounters counters(final int lane) {
        return agents.get(lane).counters();
    }

    /** Page ranges that wait in the lanes, never more than the settings' limit in each; for tests and metrics. */
    public int queuedRanges() {
        return lanes.queuedRanges();
    }

    /**
     * Completes if the stream fails, with why, also with {@link StreamFailure.Cancelled} if it was closed before its
     * end; never after {@link #end} was accepted.
     */
    public CompletionStage<StreamFailure> failed() {
        return fate.failed();
    }

    /** Completes when threads, clients and buffers are given back. */
    public CompletionStage<Void> closed() {
        return threads.closed().minimalCompletionStage();
    }

    /** Cancels: whatever waits fails with {@link StreamFailure.Cancelled}; returns at once, see {@link #closed()}. */
    @Override
    public void close() {
        fate.fail(new Cancelled("closed by its owner"));
    }
}
