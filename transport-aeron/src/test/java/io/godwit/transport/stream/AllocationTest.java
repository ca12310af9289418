package io.godwit.transport.stream;

import static io.godwit.transport.stream.TestHost.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.godwit.transport.PageRange;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Lanes and drivers move pages without making garbage: rounds may cost a little, pages nothing. */
@Timeout(60)
class AllocationTest {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int PAGES = 4096;
    private static final int WARM_UP_ROUNDS = 20;
    private static final int ROUNDS = 10;
    /** Tallies and what Aeron allocates by the second; a single object a page would be 640 kB. */
    private static final long BYTES_ALLOWED = 64 * 1024;

    private final ActorSystem system = ActorSystem.create("allocation");
    private final UUID id = UUID.randomUUID();
    private final TestListener listener = new TestListener();
    private final TestMemory source = new TestMemory(0, PAGES).fillRandom(1);
    private final TestMemory target = new TestMemory(0, PAGES);

    @AfterEach
    void stop() {
        system.terminate();
    }

    @Test
    void shouldAllocateNothingPerPageInLongRuns() throws Exception {
        measure(List.of(source.all()));
    }

    @Test
    void shouldAllocateNothingPerPageInLanesThatSendSinglePages() throws Exception {
        measure(IntStream.range(0, PAGES / 2)
                .mapToObj(i -> source.range(2 * i, 1))
                .toList());
    }

    private void measure(final List<PageRange> ranges) throws Exception {
        try (TestHost a = new TestHost();
                TestHost b = new TestHost();
                IncomingStream in = b.listen(id, 2, target, listener);
                OutgoingStream out = a.connect(id, await(in.endpoints()), source)) {
            for (int round = 0; round < WARM_UP_ROUNDS; round++) {
                await(Source.from(ranges).runWith(out.round(round), system));
            }
            final Map<String, Long> before = allocated();
            for (int round = 0; round < ROUNDS; round++) {
                await(Source.from(ranges).runWith(out.round(WARM_UP_ROUNDS + round), system));
            }
            final Map<String, Long> after = allocated();
            assertThat(after).hasSameSizeAs(before).hasSizeGreaterThanOrEqualTo(6);
            after.forEach((thread, bytes) -> {
                final long made = bytes - before.get(thread);
                System.out.printf("%s: %d bytes in %d rounds%n", thread, made, ROUNDS);
                assertThat(made).as(thread).isLessThan(BYTES_ALLOWED);
            });
            await(out.end());
            await(listener.end);
        }
    }

    private Map<String, Long> allocated() {
        final String lanes = id.toString().substring(0, 8) + "-lane";
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread ->
                        thread.getName().contains(lanes) || thread.getName().startsWith("godwit-media-driver-1"))
                .collect(Collectors.toMap(
                        Thread::getName, thread -> THREADS.getThreadAllocatedBytes(thread.getId()), Long::sum));
    }
}
