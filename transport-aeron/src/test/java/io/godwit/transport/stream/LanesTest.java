package io.godwit.transport.stream;

import static io.godwit.transport.stream.TestHost.await;
import static io.godwit.transport.stream.TestHost.send;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.waitAtMost;

import io.godwit.transport.PageRange;
import io.godwit.transport.RoundReceived;
import io.godwit.transport.RoundSent;
import io.godwit.transport.StreamCounts;
import io.godwit.transport.StreamEndpoint;
import io.godwit.transport.StreamException;
import io.godwit.transport.StreamFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Several lanes are one stream. */
@Timeout(90)
class LanesTest {
    private static final long BASE = 0x1_0000_0000L;
    private static final int STRIPE = 256;

    private static ActorSystem system;
    private static TestHost sourceHost;
    private static TestHost targetHost;

    private final UUID id = UUID.randomUUID();
    private final TestListener listener = new TestListener();

    @BeforeAll
    static void start() {
        system = ActorSystem.create("lanes-test");
        sourceHost = new TestHost();
        targetHost = new TestHost();
    }

    @AfterAll
    static void stop() {
        sourceHost.close();
        targetHost.close();
        system.terminate();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void shouldSendALastRoundOfMoreRangesThanLanesHoldWithStateAndEndInOneGo(final int lanes) throws Exception {
        final TestMemory source = new TestMemory(BASE, 20 * STRIPE + 7).fillRandom(11);
        final TestMemory target = new TestMemory(BASE, source.pages);
        final byte[] state = new byte[100_000];
        state[99_999] = 7;
        try (IncomingStream in = targetHost.listen(id, lanes, target, listener);
                OutgoingStream out = sourceHost.connect(id, await(in.endpoints()), source)) {
            final long pages = send(system, out, 0, source.all()).normalPages();
            final List<PageRange> dirty = new ArrayList<>();
            for (int page = 0; page < source.pages; page += 2) {
                final PageRange range = source.range(page, 1);
                source.touch(range, page);
                dirty.add(range);
            }
            final StreamCounts total = new StreamCounts(pages + dirty.size(), 0);
            assertThat(await(out.finish(1, dirty.iterator(), state))).isEqualTo(total);
            assertThat(await(listener.end)).isEqualTo(total);
            assertThat(target.contentEquals(source)).isTrue();
            assertThat(listener.states).containsExactly(state);
        }
    }

    @Test
    void shouldKeepItsBuffersForAWhileAfterTheEndUnlessItIsClosed() throws Exception {
        final TestMemory source = new TestMemory(BASE, STRIPE).fillRandom(13);
        try (IncomingStream in = targetHost.listen(id, 2, new TestMemory(BASE, source.pages), listener);
                OutgoingStream out = sourceHost.connect(id, await(in.endpoints()), source)) {
            final long beganNs = System.nanoTime();
            await(out.finish(0, List.of(source.all()).iterator(), new byte[10]));
            await(listener.end);
            await(in.closed());
            assertThat(System.nanoTime() - beganNs).isGreaterThanOrEqualTo(TimeUnit.SECONDS.toNanos(1));
        }
    }

    @Test
    void shouldTellWhoFinishesOfALinkThatIsGone() throws Exception {
        // More than the windows of two lanes take without an answer.
        final TestMemory source = new TestMemory(BASE, 32 * STRIPE).fillRandom(12);
        try (IncomingStream in = targetHost.listen(id, 2, new TestMemory(BASE, source.pages), listener);
                OutgoingStream out = sourceHost.connect(id, await(in.endpoints()), source)) {
            send(system, out, 0, source.all());
            in.close();
            await(in.closed());
            assertThatThrownBy(() -> await(out.finish(1, List.of(source.all()).iterator(), new byte[10])))
                    .hasRootCauseInstanceOf(StreamException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 16})
    void shouldCarryTheLatestCopyOfEveryPageThroughManyRounds(final int lanes) throws Exception {
        final long seed = System.nanoTime();
        System.out.println("seed " + seed);
        final SplittableRandom random = new SplittableRandom(seed);
        final TestMemory source = new TestMemory(BASE, 20 * STRIPE + 7).fillRandom(seed);
        final TestMemory target = new TestMemory(BASE, source.pages);
        try (IncomingStream in = targetHost.listen(id, lanes, target, listener);
                OutgoingStream out = sourceHost.connect(id, await(in.endpoints()), source)) {
            long pages = send(system, out, 0, source.all()).normalPages();
            for (int round = 1; round <= 30; round++) {
                final List<PageRange> dirty = new ArrayList<>();
                for (int i = 0; i < 40; i++) {
                    final int first = random.nextInt(source.pages);
                    final PageRange range =
                            source.range(first, 1 + random.nextInt(Math.min(600, source.pages - first)));
                    source.touch(range, random.nextLong());
                    dirty.add(range);
                }
                pages += send(system, out, round, dirty.toArray(PageRange[]::new))
                        .normalPages();
            }
            await(out.sendDeviceState(new byte[100_000]));
            final StreamCounts total = new StreamCounts(pages, 0);
            assertThat(await(out.end())).isEqualTo(total);
            assertThat(await(listener.end)).isEqualTo(total);
            assertThat(target.contentEquals(source)).isTrue();
            assertThat(target.guardsIntact()).isTrue();
            assertThat(listener.states).hasSize(1);
            assertThat(listener.rounds)
                    .extracting(RoundReceived::round)
                    .hasSize(31)
                    .isSorted();
            assertThat(listener.rounds.get(30).total()).isEqualTo(total);
            for (int lane = 0; lane < lanes; lane++) {
                assertThat(out.counters(lane).normalPages()).as("lane %d", lane).isPositive();
            }
            await(out.closed());
            await(in.closed());
        }
    }

    @Test
    void shouldOpenAStreamForEachLaneWithAThreadOfItsOwnAtEachEnd() throws Exception {
        final TestMemory memory = new TestMemory(BASE, 8 * STRIPE).fillRandom(1);
        try (IncomingStream in = targetHost.listen(id, 4, memory, listener)) {
            final List<StreamEndpoint> endpoints = await(in.endpoints());
            assertThat(endpoints).hasSize(4).doesNotHaveDuplicates();
            assertThat(endpoints).extracting(StreamEndpoint::port).doesNotHaveDuplicates();
            try (OutgoingStream out = sourceHost.connect(id, endpoints, memory)) {
                await(out.connected());
                final String name = id.toString().substring(0, 8) + "-lane";
                assertThat(Thread.getAllStackTraces().keySet().stream()
                                .map(Thread::getName)
                                .filter(thread -> thread.contains(name))
                                .distinct())
                        .hasSize(8);
            }
        }
    }

    @Test
    void shouldStopDemandWhenTheNextLaneIsFullAndKeepTheOthersBounded() throws Exception {
        final int queued = 8;
        final TestMemory source = new TestMemory(BASE, 64 * STRIPE).fillRandom(1);
        final TestMemory target = new TestMemory(BASE, source.pages);
        final AtomicInteger taken = new AtomicInteger();
        final Semaphore permits = new Semaphore(0);
        target.beforeWrite = permits::acquireUninterruptibly;
        try (IncomingStream in = targetHost.transport.openIncoming(
                        IncomingSettings.on(id, "127.0.0.1").withLanes(2).withTermLength(64 * 1024), target, listener);
                OutgoingStream out = sourceHost.transport.openOutgoing(
                        OutgoingSettings.to(id, await(in.endpoints()))
                                .withTermLength(64 * 1024)
                                .withMtu(4192)
                                .withQueuedRanges(queued),
                        source)) {
            final CompletionStage<RoundSent> round = Source.range(0, 64 * STRIPE - 1)
                    .map(page -> {
                        taken.incrementAndGet();
                        return source.range(page, 1);
                    })
                    .runWith(out.round(0), system);
            waitAtMost(Duration.ofSeconds(10))
                    .during(Duration.ofMillis(200))
                    .until(() -> out.queuedRanges() >= queued / 2 && out.queuedRanges() <= 2 * queued);
            assertThat(taken.get())
                    .as("two windows of 32 KiB, two queues of 8, an actor's batch")
                    .isLessThan(100);
            permits.release(Integer.MAX_VALUE / 2);
            assertThat(await(round).normalPages()).isEqualTo(source.pages);
            await(out.end());
            assertThat(await(listener.end)).isEqualTo(new StreamCounts(source.pages, 0));
            assertThat(target.contentEquals(source)).isTrue();
        }
    }

    @Test
    void shouldFailAllLanesWhenOneDoes() throws Exception {
        final TestMemory source = new TestMemory(BASE, 4 * STRIPE).fillRandom(1);
        final TestMemory target = new TestMemory(BASE, 4 * STRIPE);
        try (IncomingStream in = targetHost.listen(id, 4, target, listener)) {
            final List<StreamEndpoint> endpoints = await(in.endpoints());
            final List<StreamEndpoint> mixed = new ArrayList<>(endpoints);
            mixed.set(2, endpoints.get(3));
            mixed.set(3, endpoints.get(2));
            try (OutgoingStream out = sourceHost.connect(id, mixed, source)) {
                final CompletionStage<RoundSent> round =
                        Source.repeat(source.all()).runWith(out.round(0), system);
                assertThat(await(listener.failure))
                        .isInstanceOf(StreamFailure.BadFrame.class)
                        .extracting(StreamFailure::reason)
                        .asString()
                        .containsPattern("lane [23] of 4: [23] of 4 is expected");
                await(in.closed());
                assertThat(await(out.failed())).isInstanceOf(StreamFailure.PeerGone.class);
                assertThat(round.toCompletableFuture()).failsWithin(Duration.ofSeconds(5));
                await(out.closed());
            }
        }
    }

    @Test
    void shouldGiveUpOnASourceOfWhichALaneIsMissing() throws Exception {
        final TestMemory memory = new TestMemory(BASE, STRIPE).fillRandom(1);
        final IncomingSettings settings =
                IncomingSettings.on(id, "127.0.0.1").withLanes(2).withConnectTimeout(Duration.ofMillis(500));
        try (IncomingStream in = targetHost.transport.openIncoming(settings, memory, listener);
                OutgoingStream out =
                        sourceHost.connect(id, await(in.endpoints()).subList(0, 1), memory)) {
            await(out.connected());
            assertThat(await(listener.failure).reason()).contains("no source came within 500 ms");
            assertThat(await(out.failed())).isInstanceOf(StreamFailure.PeerGone.class);
        }
    }

    @Test
    void shouldEndOnceForAllLanesAndNotFailWhenClosedAfterwards() throws Exception {
        final TestMemory source = new TestMemory(BASE, 4 * STRIPE).fillRandom(1);
        final TestMemory target = new TestMemory(BASE, 4 * STRIPE);
        final OutgoingStream out;
        try (IncomingStream in = targetHost.listen(id, 4, target, listener)) {
            out = sourceHost.connect(id, await(in.endpoints()), source);
            send(system, out, 0, source.all());
            await(out.end());
            out.close();
            await(listener.end);
            await(out.closed());
        }
        assertThat(out.failed().toCompletableFuture()).isNotDone();
        assertThat(listener.failure).isNotDone();
    }
}
