package io.godwit.transport.stream;

import static io.godwit.transport.stream.TestHost.await;
import static io.godwit.transport.stream.TestHost.send;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.waitAtMost;

import io.godwit.transport.PageRange;
import io.godwit.transport.RoundSent;
import io.godwit.transport.StreamCounts;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class RateAndPressureTest {
    private static final int PAGES = 4096;
    private static final int PATIENCE_WINDOWS = 20;

    private final ActorSystem system = ActorSystem.create("rate");
    private final UUID id = UUID.randomUUID();
    private final TestListener listener = new TestListener();
    private final TestMemory source = new TestMemory(0, PAGES).fillRandom(1);
    private final TestMemory target = new TestMemory(0, PAGES);

    @AfterEach
    void stop() {
        system.terminate();
    }

    @ParameterizedTest
    @CsvSource({"1, 1000000", "1, 50000000", "2, 10000000", "4, 1000000", "4, 50000000"})
    void shouldHoldTheRateOfAllLanesWithinFivePercentInASecond(final int lanes, final long bytesPerSecond)
            throws Exception {
        try (TestHost host = new TestHost();
                IncomingStream in = host.listen(id, lanes, target, listener);
                OutgoingStream out = host.transport.openOutgoing(
                        OutgoingSettings.to(id, await(in.endpoints())).withRate(bytesPerSecond), source)) {
            await(out.connected());
            final CompletionStage<RoundSent> round = Source.repeat(source.all()).runWith(out.round(0), system);
            waitAtMost(Duration.ofSeconds(5)).until(() -> out.counters().frames() > 0);
            double best = 0;
            for (int second = 0; second < PATIENCE_WINDOWS && best < bytesPerSecond * 0.95; second++) {
                final double rate = rateOfASecond(out);
                System.out.printf("%d lane(s): asked %d B/s, measured %.0f B/s%n", lanes, bytesPerSecond, rate);
                assertThat(rate).as("never early").isLessThan(bytesPerSecond * 1.05);
                best = Math.max(best, rate);
            }
            assertThat(best).as("on time as soon as a busy machine lets it").isGreaterThan(bytesPerSecond * 0.95);
            assertThat(out.counters().rateLimitedNs()).isPositive();
            assertThat(round.toCompletableFuture()).isNotDone();
        }
    }

    @Test
    void shouldChangeTheRateWhileRunning() throws Exception {
        try (TestHost host = new TestHost();
                IncomingStream in = host.listen(id, target, listener);
                OutgoingStream out = host.transport.openOutgoing(
                        OutgoingSettings.to(id, await(in.endpoints())).withRate(100_000), source)) {
            final CompletionStage<RoundSent> round = Source.single(source.all()).runWith(out.round(0), system);
            waitAtMost(Duration.ofSeconds(5)).until(() -> out.counters().rateLimitedNs() > 0);
            assertThat(round.toCompletableFuture()).as("would take 160 s").isNotDone();
            out.limitRate(0);
            assertThat(await(round).normalPages()).isEqualTo(PAGES);
        }
    }

    @Test
    void shouldStopDemandWhenTheTargetIsSlowAndGoOnWhenItIsNot() throws Exception {
        final Semaphore permits = new Semaphore(0);
        target.beforeWrite = permits::acquireUninterruptibly;
        final AtomicLong taken = new AtomicLong();
        final int queued = 8;
        final int ranges = 20_000;
        try (TestHost host = new TestHost();
                IncomingStream in = host.listen(id, target, listener);
                OutgoingStream out = host.transport.openOutgoing(
                        OutgoingSettings.to(id, await(in.endpoints()))
                                .withTermLength(64 * 1024)
                                .withQueuedRanges(queued)
                                .withMtu(4192),
                        source)) {
            final CompletionStage<RoundSent> round = Source.range(1, ranges)
                    .map(i -> {
                        taken.incrementAndGet();
                        return source.range(2 * (i % 1000), 1);
                    })
                    .runWith(out.round(0), system);
            waitAtMost(Duration.ofSeconds(10))
                    .during(Duration.ofMillis(200))
                    .until(() -> out.queuedRanges() >= queued / 2 && out.queuedRanges() <= queued);
            assertThat(taken.get())
                    .as("a window of 32 KiB, a queue of 8, an actor's batch")
                    .isLessThan(64);
            permits.release(Integer.MAX_VALUE / 2);
            final RoundSent sent = await(round);
            assertThat(sent.normalPages()).isEqualTo(ranges);
            assertThat(sent.backPressureNs()).isPositive();
            await(out.end());
            assertThat(await(listener.end)).isEqualTo(new StreamCounts(ranges, 0));
        }
    }

    @Test
    void shouldFinishTheNextRoundAfterOneThatFailedUpstream() throws Exception {
        try (TestHost host = new TestHost();
                IncomingStream in = host.listen(id, target, listener);
                OutgoingStream out = host.connect(id, await(in.endpoints()), source)) {
            final CompletionStage<RoundSent> failed = Source.<PageRange>failed(new IllegalStateException("harvest"))
                    .runWith(out.round(0), system);
            assertThat(failed.toCompletableFuture()).failsWithin(Duration.ofSeconds(5));
            assertThat(send(system, out, 1, source.all()).normalPages()).isEqualTo(PAGES);
        }
    }

    private static double rateOfASecond(final OutgoingStream out) {
        final long[] before = sample(out);
        final long[] after = new long[2];
        waitAtMost(Duration.ofSeconds(5)).pollInterval(Duration.ofMillis(1)).until(() -> {
            System.arraycopy(sample(out), 0, after, 0, 2);
            return after[0] - before[0] >= 1_000_000_000L;
        });
        return (after[1] - before[1]) * 1e9 / (after[0] - before[0]);
    }

    private static long[] sample(final OutgoingStream out) {
        final long wireBytes = out.counters().wireBytes();
        return new long[] {System.nanoTime(), wireBytes};
    }
}
