package io.godwit.transport.stream;

import io.godwit.transport.PageRange;
import io.godwit.transport.RoundSent;
import io.godwit.transport.StreamCounts;
import io.godwit.transport.StreamException;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * What is sent while a machine stands still: a round, a device state and the end, queued one behind the other without
 * waiting for answers in between. Fed by the caller's thread as far as the lanes have room, which is nearly always all
 * of it, then by theirs: to materialize a Pekko stream takes longer than to send such a round.
 */
final class LastRound {
    private final OutgoingLanes lanes;
    private final int round;
    private final Iterator<PageRange> ranges;
    private final byte[] state;
    private final CompletableFuture<RoundSent> roundSent = new CompletableFuture<>();
    private final CompletableFuture<StreamCounts> ended = new CompletableFuture<>();
    private long dealt;
    private long end;

    private LastRound(
            final OutgoingLanes lanes, final int round, final Iterator<PageRange> ranges, final byte[] state) {
        this.lanes = lanes;
        this.round = round;
        this.ranges = ranges;
        this.state = state;
    }

    /** @param ranges whole pages; read by one thread at a time, until the stage is complete */
    static CompletionStage<StreamCounts> send(
            final OutgoingLanes lanes, final int round, final Iterator<PageRange> ranges, final byte[] state) {
        if (!lanes.tryOpenRound()) {
            return CompletableFuture.failedStage(new IllegalStateException(
                    "round " + round + " began while another is open: one after the other is expected"));
        }
        final LastRound last = new LastRound(lanes, round, ranges, state);
        var unused = last.roundSent.whenComplete((sent, failure) -> last.failWith(failure));
        last.proceed();
        return last.ended;
    }

    /** Called by the caller, then by the thread of the lane that was full: whoever is next sees what was done before. */
    private void proceed() {
        final StreamException over = lanes.ended();
        if (over != null) {
            lanes.closeRound();
            ended.completeExceptionally(over);
            return;
        }
        while (dealt < end || ranges.hasNext()) {
            if (dealt == end) {
                final PageRange range = ranges.next();
                dealt = range.guestAddress();
                end = dealt + range.lengthBytes();
            }
            dealt = lanes.deal(dealt, end);
            if (dealt < end) {
                lanes.whenRoom(dealt, this::proceed);
                return;
            }
        }
        lanes.endRound(round, roundSent);
        lanes.closeRound();
        var unused = lanes.sendDeviceState(state).whenComplete((sent, failure) -> failWith(failure));
        lanes.end().whenComplete((counts, failure) -> {
            failWith(failure);
            ended.complete(counts);
        });
    }

    private void failWith(final @Nullable Throwable failure) {
        if (failure != null) {
            ended.completeExceptionally(failure);
        }
    }
}
