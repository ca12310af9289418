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
 * A round as a sink: deals a range to its lanes, pulls the next when all of it has found room, puts round ends behind
 * the last. The lane that is next and full stops demand. Waits by callbacks of a lane's thread, never by blocking or
 * timers.
 */
final class RoundSink
        extends AbstractGraphStageWithMaterializedValue<SinkShape<PageRange>, CompletionStage<RoundSent>> {
    private final Inlet<PageRange> in = Inlet.create("round.in");
    private final SinkShape<PageRange> shape = SinkShape.of(in);
    private final OutgoingLanes lanes;
    private final int round;

    RoundSink(final OutgoingLanes lanes, final int round) {
        this.lanes = lanes;
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
        private final AsyncCallback<Boolean> onRoom = createAsyncCallback(ignored -> proceed());
        private boolean opened;
        private boolean handedOver;
        private long dealt;
        private long end;

        Logic() {
            super(shape);
            setHandler(in, new Input());
        }

        @Override
        public void preStart() {
            opened = lanes.tryOpenRound();
            if (!opened) {
                failBoth(new IllegalStateException(
                        "round " + round + " began while another is open: one after the other is expected"));
                return;
            }
            setKeepGoing(true); // the upstream may finish while a part of its last range waits
            lanes.whenEnded().whenComplete((nothing, error) -> onRoom.invoke(true));
            proceed();
        }

        @Override
        public void postStop() {
            leave();
            if (!handedOver) {
                sent.completeExceptionally(
                        new StreamException(new Cancelled("round " + round + " was not fed to its end")));
            }
        }

        private void proceed() {
            if (handedOver) {
                return;
            }
            final StreamException ended = lanes.ended();
            if (ended != null) {
                failBoth(ended);
                return;
            }
            dealt = lanes.deal(dealt, end);
            if (dealt < end) {
                lanes.whenRoom(dealt, () -> onRoom.invoke(true));
            } else if (isClosed(in)) {
                handOver();
            } else if (!hasBeenPulled(in)) {
                pull(in);
            }
        }

        private void handOver() {
            handedOver = true;
            leave();
            lanes.endRound(round, sent);
            completeStage();
        }

        /** Before anybody is told of the round's end: who is begins the next one at once. */
        private void leave() {
            if (opened) {
                opened = false;
                lanes.closeRound();
            }
        }

        private void failBoth(final Throwable why) {
            leave();
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
                dealt = range.guestAddress();
                end = dealt + range.lengthBytes();
                proceed();
            }

            @Override
            public void onUpstreamFinish() {
                proceed();
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
