package io.godwit.transport.stream;

import org.agrona.concurrent.Agent;

/** One end of one lane: an agent that knows when it is through and is told what it died of. */
interface LaneAgent extends Agent {
    boolean isDone();

    /** Something threw, perhaps a {@link io.godwit.transport.StreamException}; {@link #onClose()} follows. */
    void onError(Throwable error);
}
