package io.godwit.transport.stream;

import io.godwit.transport.PageRange;
import io.godwit.transport.StreamException;
import io.godwit.transport.StreamFailure.LocalFault;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.concurrent.ManyToOneConcurrentArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * What waits for a lane, bounded: page ranges up to a limit at which demand stops, and a few commands beside them.
 * Filled from any thread, emptied by the lane's.
 */
final class LaneQueue {
    private static final int COMMAND_SLOTS = 16;

    private final ManyToOneConcurrentArrayQueue<LaneCommand> queue;
    private final int rangeLimit;
    private final AtomicReference<@Nullable Runnable> roomWaiter = new AtomicReference<>();
    private final CompletableFuture<Void> endedStage = new CompletableFuture<>();
    private volatile @Nullable StreamException end;
    private volatile Runnable onWork = () -> {};

    LaneQueue(final int rangeLimit) {
        if (rangeLimit < 1 || rangeLimit > 1 << 20) {
            throw new IllegalArgumentException("queuedRanges " + rangeLimit + ": 1 to 1048576 are expected");
        }
        this.rangeLimit = rangeLimit;
        this.queue = new ManyToOneConcurrentArrayQueue<>(rangeLimit + COMMAND_SLOTS);
    }

    void onWork(final Runnable wake) {
        onWork = wake;
    }

    boolean hasRoom() {
        return queue.size() < rangeLimit;
    }

    int size() {
        return queue.size();
    }

    /** Runs {@code waiter} once, soon after half of the room is free, or when the lane ends. */
    void whenRoom(final Runnable waiter) {
        roomWaiter.set(waiter);
        if (isHalfEmpty() || end != null) {
            wakeWaiter();
        }
    }

    void put(final PageRange range) {
        put(new LaneCommand.Pages(range));
    }

    /** Fails the command at once if the lane has ended or too many commands wait. */
    void put(final LaneCommand command) {
        if (!queue.offer(command)) {
            command.fail(new StreamException(new LocalFault(
                    "more than " + COMMAND_SLOTS + " commands wait in a lane: one after the other is expected")));
            return;
        }
        final StreamException ended = end;
        if (ended != null) {
            failAll(ended);
        }
        onWork.run();
    }

    @Nullable
    LaneCommand poll() {
        final LaneCommand next = queue.poll();
        if (next != null && roomWaiter.get() != null && isHalfEmpty()) {
            wakeWaiter();
        }
        return next;
    }

    /** From now on whatever is put fails. */
    void end(final StreamException why) {
        end = why;
        failAll(why);
        wakeWaiter();
        endedStage.complete(null);
    }

    /** Why the lane ended, or null while it has not. */
    @Nullable
    StreamException ended() {
        return end;
    }

    /** Completes after {@link #ended()} has its answer. */
    CompletionStage<Void> whenEnded() {
        return endedStage;
    }

    /** Called by the lane's thread in {@link #end} and then, when nobody else polls, by whoever put too late. */
    private synchronized void failAll(final StreamException why) {
        for (LaneCommand left = queue.poll(); left != null; left = queue.poll()) {
            left.fail(why);
        }
    }

    private boolean isHalfEmpty() {
        return queue.size() <= rangeLimit / 2;
    }

    private void wakeWaiter() {
        final Runnable waiter = roomWaiter.getAndSet(null);
        if (waiter != null) {
            waiter.run();
        }
    }
}
