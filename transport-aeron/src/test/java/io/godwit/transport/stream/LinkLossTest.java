package io.godwit.transport.stream;

import static io.godwit.transport.stream.TestHost.await;
import static io.godwit.transport.stream.TestHost.send;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.waitAtMost;

import io.aeron.driver.ext.DebugSendChannelEndpoint;
import io.aeron.driver.ext.LossGenerator;
import io.godwit.transport.RoundSent;
import io.godwit.transport.StreamCounts;
import io.godwit.transport.StreamFailure;
import io.godwit.transport.driver.MediaDriverPool;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the source's driver sends and hears is lost, in part or in whole, by Aeron's own means. */
@Timeout(60)
class LinkLossTest {
    private static final int PAGES = 4096;
    private static final Duration AERON_LIVENESS = Duration.ofSeconds(10);

    private final ActorSystem system = ActorSystem.create("link-loss");
    private final UUID id = UUID.randomUUID();
    private final TestListener listener = new TestListener();
    private final TestMemory source = new TestMemory(0, PAGES).fillRandom(1);
    private final TestMemory target = new TestMemory(0, PAGES);
    private final Link link = new Link();
    private TestHost a;
    private TestHost b;

    /** Loses every so manieth datagram, in both directions. */
    private static final class Link implements LossGenerator {
        final AtomicLong lost = new AtomicLong();
        volatile int loseEvery = Integer.MAX_VALUE;
        private long seen;

        @Override
        public boolean shouldDropFrame(final InetSocketAddress address, final UnsafeBuffer buffer, final int length) {
            final boolean lose = ++seen % loseEvery == 0;
            if (lose) {
                lost.incrementAndGet();
            }
            return lose;
        }
    }

    @BeforeEach
    void start() {
        a = new TestHost(settings -> MediaDriverPool.start(
                settings.withPeerLiveness(AERON_LIVENESS),
                2,
                Duration.ofSeconds(30),
                context -> context.sendChannelEndpointSupplier((channel, status, driver) ->
                        new DebugSendChannelEndpoint(channel, status, driver, link, link))));
        b = new TestHost(settings -> MediaDriverPool.start(
                settings.withPeerLiveness(AERON_LIVENESS), 2, Duration.ofSeconds(30), context -> {}));
    }

    @AfterEach
    void stop() {
        a.close();
        b.close();
        system.terminate();
    }

    @Test
    void shouldCompleteOverALinkThatLosesOneDatagramInAThousand() throws Exception {
        link.loseEvery = 1_000;
        try (IncomingStream in = b.listen(id, 2, target, listener);
                OutgoingStream out = a.transport.openOutgoing(
                        OutgoingSettings.to(id, await(in.endpoints())).withMtu(1472), source)) {
            final RoundSent sent = send(system, out, 0, source.all());
            await(out.end());
            assertThat(await(listener.end)).isEqualTo(new StreamCounts(PAGES, 0));
            System.out.printf(
                    "%d pages in %.0f ms, %d datagrams lost%n", PAGES, sent.elapsedNs() / 1e6, link.lost.get());
        }
        assertThat(link.lost.get()).isGreaterThan(10);
        assertThat(target.contentEquals(source)).isTrue();
    }

    @Test
    void shouldResumeStreamAfterLinkLoss() throws Exception {
        try (IncomingStream in = b.listen(id, 2, target, listener);
                OutgoingStream out = a.connect(id, await(in.endpoints()), source)) {
            send(system, out, 0, source.all());
            source.fillRandom(2);
            link.loseEvery = 1;
            final long brokeNs = System.nanoTime();
            final CompletionStage<RoundSent> round = Source.single(source.all()).runWith(out.round(1), system);
            waitAtMost(Duration.ofSeconds(10))
                    .until(() -> out.counters().suspendedNs() > 0 && in.suspendedNs() > 0 && since(brokeNs) > 1_500);
            assertThat(round.toCompletableFuture()).isNotDone();
            assertThat(out.failed().toCompletableFuture()).isNotDone();
            link.loseEvery = Integer.MAX_VALUE;
            assertThat(await(round).normalPages()).isEqualTo(PAGES);
            await(out.sendDeviceState(new byte[10_000]));
            await(out.end());
            assertThat(await(listener.end)).isEqualTo(new StreamCounts(2 * PAGES, 0));
            assertThat(target.contentEquals(source)).isTrue();
            System.out.printf(
                    "suspended: source %.0f ms, target %.0f ms, two lanes%n",
                    out.counters().suspendedNs() / 1e6, in.suspendedNs() / 1e6);
        }
    }

    @Test
    void shouldDeliverAnEndThatWasSentInTheLastMomentOfALink() throws Exception {
        try (IncomingStream in = b.listen(id, 2, target, listener);
                OutgoingStream out = a.connect(id, await(in.endpoints()), source)) {
            send(system, out, 0, source.all());
            link.loseEvery = 1;
            final long brokeNs = System.nanoTime();
            await(out.end());
            waitAtMost(Duration.ofSeconds(10)).until(() -> since(brokeNs) > 1_500);
            assertThat(listener.end).isNotDone();
            link.loseEvery = Integer.MAX_VALUE;
            assertThat(await(listener.end)).isEqualTo(new StreamCounts(PAGES, 0));
            await(out.closed());
        }
    }

    @Test
    void shouldFailBothEndsClearlyWhenTheLinkStaysAwayLongerThanItsTimeout() throws Exception {
        final Duration timeout = Duration.ofSeconds(1);
        final IncomingSettings settings =
                IncomingSettings.on(id, "127.0.0.1").withLanes(2).withLinkTimeout(timeout);
        try (IncomingStream in = b.transport.openIncoming(settings, target, listener);
                OutgoingStream out = a.transport.openOutgoing(
                        OutgoingSettings.to(id, await(in.endpoints())).withLinkTimeout(timeout), source)) {
            send(system, out, 0, source.all());
            link.loseEvery = 1;
            final long brokeNs = System.nanoTime();
            final CompletionStage<RoundSent> round = Source.single(source.all()).runWith(out.round(1), system);
            assertThat(await(out.failed()))
                    .isInstanceOf(StreamFailure.LinkLost.class)
                    .extracting(StreamFailure::reason)
                    .asString()
                    .contains("127.0.0.1", "for 1000 ms");
            assertThat(since(brokeNs)).isGreaterThanOrEqualTo(750);
            assertThat(await(listener.failure)).isInstanceOf(StreamFailure.LinkLost.class);
            assertThat(round.toCompletableFuture()).failsWithin(Duration.ofSeconds(5));
            await(out.closed());
            await(in.closed());
        }
        assertThat(a.transport.status().starts()).isEqualTo(1);
        assertThat(b.transport.status().starts()).isEqualTo(1);
    }

    private static long since(final long ns) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - ns);
    }
}
