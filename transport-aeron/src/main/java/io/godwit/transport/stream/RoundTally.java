package io.godwit.transport.stream;

import io.godwit.transport.RoundSent;
import io.godwit.transport.StreamException;
import java.util.concurrent.CompletableFuture;

/** Adds up what the lanes sent of one round; complete when the round ends of all of them were accepted. */
final class RoundTally {
    private final int round;
    private final int lanes;
    private final CompletableFuture<RoundSent> sent;
    private int counted;
    private long beganNs = Long.MAX_VALUE;
    private long endedNs = Long.MIN_VALUE;
    private long normalPages;
    private long zeroPages;
    private long wireBytes;
    private long backPressureNs;

    RoundTally(final int round, final int lanes, final CompletableFuture<RoundSent> sent) {
        this.round = round;
        this.lanes = lanes;
        this.sent = sent;
    }

    int round() {
        return round;
    }

    /** Called by each lane's thread once; times are of one clock that does not wrap while a process lives. */
    void add(
            final long laneBeganNs,
            final long laneEndedNs,
            final long laneNormalPages,
            final long laneZeroPages,
            final long laneWireBytes,
            final long laneBackPressureNs) {
        final RoundSent whole;
        synchronized (this) {
            beganNs = Math.min(beganNs, laneBeganNs);
            endedNs = Math.max(endedNs, laneEndedNs);
            normalPages += laneNormalPages;
            zeroPages += laneZeroPages;
            wireBytes += laneWireBytes;
            backPressureNs += laneBackPressureNs;
            if (++counted < lanes) {
                return;
            }
            whole = new RoundSent(round, normalPages, zeroPages, wireBytes, endedNs - beganNs, backPressureNs / lanes);
        }
        sent.complete(whole);
    }

    void fail(final StreamException why) {
        sent.completeExceptionally(why);
    }
}
