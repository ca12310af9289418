package io.godwit.transport.stream;

import io.godwit.transport.PageRange;
import io.godwit.transport.StreamException;
import java.util.concurrent.CompletableFuture;
import org.agrona.DirectBuffer;

/** What a lane is asked to send, in the order of its queue. */
sealed interface LaneCommand {
    /** Tells whoever waits that it will not be sent. */
    void fail(StreamException failure);

    record Pages(PageRange range) implements LaneCommand {
        @Override
        public void fail(final StreamException failure) {
            // nobody waits for a single range; its round is told
        }
    }

    record RoundEnd(RoundTally tally) implements LaneCommand {
        @Override
        public void fail(final StreamException failure) {
            tally.fail(failure);
        }
    }

    record DeviceState(DirectBuffer state, CompletableFuture<Void> sent) implements LaneCommand {
        @Override
        public void fail(final StreamException failure) {
            sent.completeExceptionally(failure);
        }
    }

    record End(EndTally tally) implements LaneCommand {
        @Override
        public void fail(final StreamException failure) {
            tally.fail(failure);
        }
    }
}
