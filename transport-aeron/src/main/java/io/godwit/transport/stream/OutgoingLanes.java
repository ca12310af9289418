package io.godwit.transport.stream;

import io.godwit.transport.LaneStripes;
import io.godwit.transport.PageRange;
import io.godwit.transport.RoundSent;
import io.godwit.transport.StreamCounts;
import io.godwit.transport.StreamException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** What waits for the lanes of a stream: deals ranges to the lanes they belong to, and ends to all of them. */
final class OutgoingLanes {
    private static final int STATE_LANE = 0;

    private final LaneStripes stripes;
    private final List<LaneQueue> queues;
    private final StreamFate fate;
    private final AtomicBoolean roundOpen = new AtomicBoolean();
    private final CompletableFuture<?> anyEnded;

    OutgoingLanes(final LaneStripes stripes, final List<LaneQueue> queues, final StreamFate fate) {
        this.stripes = stripes;
        this.queues = List.copyOf(queues);
        this.fate = fate;
        this.anyEnded = CompletableFuture.anyOf(queues.stream()
                .map(queue -> queue.whenEnded().toCompletableFuture())
                .toArray(CompletableFuture<?>[]::new));
    }

    /** Only one round's sink may put ranges at a time. */
    boolean tryOpenRound() {
        return roundOpen.compareAndSet(false, true);
    }

    void closeRound() {
        roundOpen.set(false);
    }

    /**
     * Puts what there is room for into the lanes, stripe by stripe, in order.
     *
     * @return where it stopped: {@code end}, or an address whose lane is full
     */
    long deal(final long guestAddress, final long end) {
        long at = guestAddress;
        while (at < end) {
            final LaneQueue queue = queueOf(at);
            if (!queue.hasRoom()) {
                return at;
            }
            final long cut = stripes.cut(at, end);
            queue.put(new PageRange(at, (int) ((cut - at) / PageRange.PAGE_SIZE)));
            at = cut;
        }
        return end;
    }

    /** Runs {@code waiter} once, soon after the lane of this address has room again, or when it ends. */
    void whenRoom(final long guestAddress, final Runnable waiter) {
        queueOf(guestAddress).whenRoom(waiter);
    }

    void endRound(final int round, final CompletableFuture<RoundSent> sent) {
        final RoundTally tally = new RoundTally(round, queues.size(), sent);
        queues.forEach(queue -> queue.put(new LaneCommand.RoundEnd(tally)));
    }

    CompletionStage<Void> sendDeviceState(final byte[] state) {
        final CompletableFuture<Void> sent = new CompletableFuture<>();
        queues.get(STATE_LANE).put(new LaneCommand.DeviceState(new UnsafeBuffer(state), sent));
        return sent;
    }

    CompletionStage<StreamCounts> end() {
        final CompletableFuture<StreamCounts> sent = new CompletableFuture<>();
        final EndTally tally = new EndTally(queues.size(), fate, sent);
        queues.forEach(queue -> queue.put(new LaneCommand.End(tally)));
        return sent;
    }

    int queuedRanges() {
        return queues.stream().mapToInt(LaneQueue::size).sum();
    }

    /** Why a lane ended, or null while none has. */
    @Nullable
    StreamException ended() {
        for (final LaneQueue queue : queues) {
            final StreamException why = queue.ended();
            if (why != null) {
                return why;
            }
        }
        return null;
    }

    /** Completes after {@link #ended()} has its answer. */
    CompletionStage<?> whenEnded() {
        return anyEnded;
    }

    private LaneQueue queueOf(final long guestAddress) {
        return queues.get(stripes.laneOf(guestAddress));
    }
}
