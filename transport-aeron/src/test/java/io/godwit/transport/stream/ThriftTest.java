package io.godwit.transport.stream;

import static io.godwit.transport.stream.TestHost.await;
import static io.godwit.transport.stream.TestHost.send;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.waitAtMost;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.Materializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What streams took is given back, and what nobody uses costs next to nothing. */
@Timeout(120)
class ThriftTest {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final int CYCLES = 50;

    private final ActorSystem system = ActorSystem.create("thrift");

    @AfterEach
    void stop() {
        system.terminate();
    }

    @Test
    void shouldGiveBackThreadsDescriptorsAndMappings() throws Exception {
        try (TestHost host = new TestHost()) {
            cycle(host, 0);
            cycle(host, 1);
            cycle(host, 2);
            settle(host);
            final Usage before = Usage.now();
            for (int i = 0; i < CYCLES; i++) {
                cycle(host, i);
            }
            settle(host);
            waitAtMost(Duration.ofSeconds(10)).untilAsserted(() -> {
                final Usage after = Usage.now();
                assertThat(after.threads).isEqualTo(before.threads);
                assertThat(after.mappings).isEqualTo(before.mappings);
                assertThat(after.descriptors).isLessThanOrEqualTo(before.descriptors + 2); // the JDK's own come and go
            });
            assertThat(host.transport.status().openStreams()).isZero();
        }
    }

    @Test
    void shouldGiveBackEverythingAtClose() throws Exception {
        final Usage before = Usage.now();
        final TestHost host = new TestHost();
        final TestMemory memory = new TestMemory(0, 8);
        final UUID id = UUID.randomUUID();
        final IncomingStream in = host.listen(id, memory, new TestListener());
        final OutgoingStream out = host.connect(id, await(in.endpoints()), memory);
        await(out.connected());
        host.close(); // under open streams
        assertThat(out.closed().toCompletableFuture()).isDone();
        assertThat(in.closed().toCompletableFuture()).isDone();
        assertThat(Files.exists(host.directory)).isFalse();
        assertThat(Usage.now().mappings).isEqualTo(before.mappings);
        waitAtMost(Duration.ofSeconds(5)).until(() -> Usage.now().threads == before.threads);
    }

    @Test
    void shouldCostNextToNothingWhileIdle() throws Exception {
        try (TestHost host = new TestHost()) {
            cycle(host, 0);
            settle(host);
            final Thread driver = Thread.getAllStackTraces().keySet().stream()
                    .filter(thread -> thread.getName().endsWith("@" + host.directory.getFileName()))
                    .findFirst()
                    .orElseThrow();
            // the driver stays awake for a second after its last stream
            final long asleepNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(1_500);
            waitAtMost(Duration.ofSeconds(5)).until(() -> System.nanoTime() > asleepNs);
            final long cpuBefore = THREADS.getThreadCpuTime(driver.getId());
            final long wallBefore = System.nanoTime();
            waitAtMost(Duration.ofSeconds(10)).until(() -> System.nanoTime() - wallBefore > 3_000_000_000L);
            final double share =
                    (double) (THREADS.getThreadCpuTime(driver.getId()) - cpuBefore) / (System.nanoTime() - wallBefore);
            System.out.printf("idle driver: %.3f %% of a core%n", 100 * share);
            assertThat(share).isLessThan(0.01);
        }
    }

    @Test
    void shouldRehearseWithinItsBudgetAndLeaveNothingOpen() throws Exception {
        try (TestHost host = new TestHost()) {
            final PageTransport.Rehearsal rehearsal =
                    await(host.transport.rehearse(Duration.ofMillis(300), Materializer.matFromSystem(system)));
            System.out.println(rehearsal);
            assertThat(rehearsal.streams()).isPositive();
            assertThat(rehearsal.pages()).isPositive();
            waitAtMost(Duration.ofSeconds(5))
                    .until(() -> host.transport.status().openStreams() == 0);
        }
    }

    private void cycle(final TestHost host, final int i) throws Exception {
        final TestMemory source = new TestMemory(0, 64).fillRandom(i);
        final TestMemory target = new TestMemory(0, 64);
        final TestListener listener = new TestListener();
        final UUID id = UUID.randomUUID();
        final IncomingStream in = host.listen(id, target, listener);
        final OutgoingStream out = host.connect(id, await(in.endpoints()), source);
        send(system, out, 0, source.all());
        switch (i % 3) { // finished, cancelled by the source, closed by the target
            case 0 -> {
                await(out.end());
                await(listener.end);
            }
            case 1 -> out.close();
            default -> in.close();
        }
        await(out.closed());
        await(in.closed());
    }

    /** Publications linger half a second in the driver, images for the liveness. */
    private static void settle(final TestHost host) {
        waitAtMost(Duration.ofSeconds(10)).until(() -> logBuffers(host) == 0);
    }

    private static long logBuffers(final TestHost host) throws IOException {
        try (Stream<Path> files = Files.walk(host.directory)) {
            return files.filter(path -> path.toString().endsWith(".logbuffer")).count();
        }
    }

    private record Usage(long threads, long descriptors, long mappings) {
        static Usage now() throws IOException {
            final long threads = Arrays.stream(THREADS.getThreadInfo(THREADS.getAllThreadIds()))
                    .filter(info -> info != null && info.getThreadName().startsWith("godwit-"))
                    .count();
            try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"));
                    Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
                return new Usage(
                        threads,
                        descriptors.count(),
                        maps.filter(line -> line.contains("godwit-")).count());
            }
        }
    }
}
