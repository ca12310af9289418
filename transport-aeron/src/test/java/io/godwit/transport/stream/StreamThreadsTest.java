package io.godwit.transport.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.transport.StreamFailure.LocalFault;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class StreamThreadsTest {
    private final StreamFate fate = new StreamFate();

    /** Runs until the stream fails, and knows whether it gave back what it took. */
    private final class Lane implements LaneAgent {
        private volatile boolean closed;

        @Override
        public int doWork() {
            fate.throwIfFailed();
            return 0;
        }

        @Override
        public String roleName() {
            return "lane";
        }

        @Override
        public void onClose() {
            closed = true;
        }

        @Override
        public boolean isDone() {
            return false;
        }

        @Override
        public void onError(final Throwable error) {}
    }

    private static Thread unstartable(final Runnable runs) {
        return new Thread(runs) {
            @Override
            public void start() {
                throw new OutOfMemoryError("unable to create native thread");
            }
        };
    }

    @Test
    void shouldEndTheStreamWhenTheHostHasNoThreadForALane() throws Exception {
        final List<Lane> lanes = List.of(new Lane(), new Lane(), new Lane());
        final StreamThreads threads = new StreamThreads(List.of(
                new LaneThread(lanes.get(0)),
                new LaneThread(lanes.get(1), StreamThreadsTest::unstartable),
                new LaneThread(lanes.get(2))));
        fate.onNews(threads::wake);

        assertThatThrownBy(() -> threads.start(fate)).isInstanceOf(OutOfMemoryError.class);

        threads.closed().get(10, TimeUnit.SECONDS);
        assertThat(lanes).allMatch(lane -> lane.closed);
        assertThat(fate.failure()).isInstanceOf(LocalFault.class);
        assertThat(fate.failure().reason()).contains("lane 1").contains("native thread");
    }
}
