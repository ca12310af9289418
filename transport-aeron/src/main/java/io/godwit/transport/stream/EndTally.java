package io.godwit.transport.stream;

import io.godwit.transport.StreamCounts;
import io.godwit.transport.StreamException;
import io.godwit.transport.StreamFailure;
import io.godwit.transport.StreamFailure.Cancelled;
import java.util.concurrent.CompletableFuture;

/** Adds up what the lanes sent in all; the stream has ended well when the end frames of all of them were accepted. */
final class EndTally {
    private final int lanes;
    private final StreamFate fate;
    private final CompletableFuture<StreamCounts> sent;
    private int counted;
    private StreamCounts total = StreamCounts.NONE;

    EndTally(final int lanes, final StreamFate fate, final CompletableFuture<StreamCounts> sent) {
        this.lanes = lanes;
        this.fate = fate;
        this.sent = sent;
    }

    void add(final StreamCounts lane) {
        final StreamCounts whole;
        synchronized (this) {
            total = total.plus(lane);
            whole = total;
            if (++counted < lanes) {
                return;
            }
        }
        if (fate.end()) {
            sent.complete(whole);
        } else {
            final StreamFailure why = fate.failure();
            fail(new StreamException(why == null ? new Cancelled("the stream has ended") : why));
        }
    }

    void fail(final StreamException why) {
        sent.completeExceptionally(why);
    }
}
