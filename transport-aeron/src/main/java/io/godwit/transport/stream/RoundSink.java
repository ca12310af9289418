package io.godwit.transport.stream;

import io.godwit.transport.PageRange;
import io.godwit.transport.RoundSent;
import io.godwit.transport.StreamException;
import io.godwit.transport.StreamFailure.Cancelled;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.SinkShape;
import org.apache.pekko.stream.stage.AbstractGraphStageWithMaterializedValue;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AsyncCallback;
import org.apache.pekko.stream.stage.GraphStageLogic;

/**
 * A round as a sink: pulls while the lane's queue has room, puts the round end behind the last range. Waits by
 * callbacks of the lane's thread, never by blocking or timers.
 */
final class RoundSink
        extends AbstractGraphStageWithMaterializedValue<SinkShape<PageRange>, CompletionStage<RoundSent>> {
    private final Inlet<PageRange> in = Inlet.create("round.in");
    private final SinkShape<PageRange> shape = SinkShape.of(in);
    private final LaneQueue queue;
    private final int round;

    RoundSink(final LaneQueue queue, final int round) {
        this.queue = queue;
        this.round = round;
    }

    @Override
    public SinkShape<PageRange> shape() {
        return shape;
    }

    @Override
    public Pair<GraphStageLogic, CompletionStage<RoundSent>> createLogicAndMaterializedValuePair(
            final Attributes inheritedAttributes) {
        final Logic logic = new Logic();
        return Pair.create(logic, logic.sent);
    }

    private final class Logic extends GraphStageLogic {
        private final CompletableFuture<RoundSent> sent = new CompletableFuture<>();
        private final AsyncCallback<Boolean> onRoom = createAsyncCallback(ignored -> pullIfRoom());
        private boolean opened;
        private boolean handedOver;

        Logic() {
            super(shape);
            setHandler(in, new Input());
        }

        @Override
        public void preStart() {
            opened = queue.tryOpenRound();
            if (!opened) {
                failBoth(new IllegalStateException(
                        "round " + round + " began while another is open: one after the other is expected"));
                return;
            }
            queue.whenEnded().whenComplete((nothing, error) -> onRoom.invoke(true));
            pullIfRoom();
        }

        @Override
        public void postStop() {
            if (opened && !handedOver) {
                queue.closeRound();
            }
            if (!handedOver) {
                sent.completeExceptionally(
                        new StreamException(new Cancelled("round " + round + " was not fed to its end")));
            }
        }

        private void pullIfRoom() {
            final StreamException ended = queue.ended();
            if (ended != null) {
                failBoth(ended);
            } else if (!hasBeenPulled(in) && !isClosed(in)) {
                if (queue.hasRoom()) {
                    pull(in);
                } else {
                    queue.whenRoom(() -> onRoom.invoke(true));
                }
            }
        }

        private void failBoth(final Throwable why) {
            sent.completeExceptionally(why);
            failStage(why);
        }

        private final class Input extends AbstractInHandler {
            @Override
            public void onPush() {
                final PageRange range = grab(in);
                if (!isWhole(range)) {
                    final RuntimeException malformed = new IllegalArgumentException(
                            range + ": a page-aligned address, not negative, and at least 1 page are expected");
                    failBoth(malformed);
                    return;
                }
                queue.put(range);
                pullIfRoom();
            }

            @Override
            public void onUpstreamFinish() {
                handedOver = true;
                queue.put(new LaneCommand.RoundEnd(round, sent));
                queue.closeRound();
                completeStage();
            }

            @Override
            public void onUpstreamFailure(final Throwable failure) {
                failBoth(failure);
            }
        }

        private boolean isWhole(final PageRange range) {
            final long address = range.guestAddress();
            return address >= 0
                    && address % PageRange.PAGE_SIZE == 0
                    && range.pageCount() > 0
                    && address + range.lengthBytes() > 0;
        }
    }
}
