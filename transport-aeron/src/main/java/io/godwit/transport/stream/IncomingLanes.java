package io.godwit.transport.stream;

import io.godwit.transport.RoundReceived;
import io.godwit.transport.StreamCounts;
import io.godwit.transport.StreamFailure;
import io.godwit.transport.frame.BadFrameException;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Makes a stream's events out of its lanes': a round ends when all lanes say so, the stream when all lanes ended. Lanes
 * run apart by no more than what may be under way in one of them; what they say must agree. Called by the lanes'
 * threads, at ends only, and calls the listener under its lock, so that the listener sees everything in order and all
 * that lanes wrote before.
 */
final class IncomingLanes {
    private static final int STATE_LANE = 0;
    private static final int NOT_ENDED = -1;

    private final IncomingListener listener;
    private final StreamFate fate;
    private final int lanes;
    private final int maxOpenRounds;
    private final int[] roundsOfLane;
    private final Deque<OpenRound> open = new ArrayDeque<>();
    private int roundsDone;
    private long roundsAtEnd = NOT_ENDED;
    private int lanesEnded;
    private StreamCounts total = StreamCounts.NONE;

    /** @param maxOpenRounds how many round ends may be under way in a lane */
    IncomingLanes(final IncomingListener listener, final StreamFate fate, final int lanes, final int maxOpenRounds) {
        this.listener = listener;
        this.fate = fate;
        this.lanes = lanes;
        this.maxOpenRounds = maxOpenRounds;
        this.roundsOfLane = new int[lanes];
    }

    /** A round that some lanes have ended and others have not. */
    private static final class OpenRound {
        final int number;
        int lanesEnded;
        StreamCounts counts = StreamCounts.NONE;

        OpenRound(final int number) {
            this.number = number;
        }
    }

    /** @param counts the lane's, since the stream began */
    synchronized void roundEnded(final int lane, final int number, final StreamCounts counts) {
        final int before = roundsOfLane[lane];
        if (roundsAtEnd != NOT_ENDED && before >= roundsAtEnd) {
            throw new BadFrameException("round " + number + " ends in lane " + lane + ": another lane has ended after "
                    + roundsAtEnd + " round(s), no more are expected");
        }
        final OpenRound round = openRound(lane, before - roundsDone, number);
        if (round.number != number) {
            throw new BadFrameException("round " + number + " ends in lane " + lane + ": " + round.number
                    + ", as in the other lanes, is expected");
        }
        roundsOfLane[lane] = before + 1;
        round.counts = round.counts.plus(counts);
        if (++round.lanesEnded == lanes) {
            open.removeFirst();
            roundsDone++;
            tell(() -> listener.onRoundEnd(new RoundReceived(round.number, round.counts)));
        }
    }

    synchronized void stateReceived(final int lane, final byte[] state) {
        if (lane != STATE_LANE) {
            throw new BadFrameException("device state in lane " + lane + ": lane " + STATE_LANE + " is expected");
        }
        tell(() -> listener.onDeviceState(state));
    }

    synchronized void ended(final int lane, final long rounds, final StreamCounts counts) {
        if (roundsAtEnd != NOT_ENDED && rounds != roundsAtEnd) {
            throw new BadFrameException("end of lane " + lane + " after " + rounds + " round(s): " + roundsAtEnd
                    + ", as in the other lanes, are expected");
        }
        for (final int begun : roundsOfLane) {
            if (begun > rounds) {
                throw new BadFrameException(
                        "end of lane " + lane + " after " + rounds + " round(s): another lane has had " + begun);
            }
        }
        roundsAtEnd = rounds;
        total = total.plus(counts);
        if (++lanesEnded == lanes && fate.end()) {
            listener.onEnd(total);
        }
    }

    /** Tells the listener, if this is the first reason and not the owner's own. */
    synchronized void failed(final StreamFailure failure) {
        if (fate.fail(failure)) {
            listener.onFailed(failure);
        }
    }

    private OpenRound openRound(final int lane, final int ahead, final int number) {
        if (ahead < open.size()) {
            return open.stream().skip(ahead).findFirst().orElseThrow();
        }
        if (ahead >= maxOpenRounds) {
            throw new BadFrameException("lane " + lane + " is " + ahead + " rounds ahead of another: " + maxOpenRounds
                    + " at most are expected");
        }
        final OpenRound fresh = new OpenRound(number);
        open.addLast(fresh);
        return fresh;
    }

    /** A stream that has failed, or was closed, tells no more. */
    private void tell(final Runnable event) {
        if (!fate.isOver()) {
            event.run();
        }
    }
}
