package io.godwit.transport.stream;

import static io.godwit.transport.stream.TestHost.await;
import static io.godwit.transport.stream.TestHost.send;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.godwit.transport.PageRange;
import io.godwit.transport.RoundReceived;
import io.godwit.transport.RoundSent;
import io.godwit.transport.StreamCounts;
import io.godwit.transport.StreamEndpoint;
import io.godwit.transport.StreamException;
import io.godwit.transport.StreamFailure;
import io.godwit.transport.driver.DriverSettings;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PageStreamTest {
    private static final long BASE = 0x1_0000_0000L;

    private static ActorSystem system;
    private static TestHost sourceHost;
    private static TestHost targetHost;

    private final UUID id = UUID.randomUUID();
    private final TestListener listener = new TestListener();

    @BeforeAll
    static void start() {
        system = ActorSystem.create("page-stream-test");
        sourceHost = new TestHost();
        targetHost = new TestHost();
    }

    @AfterAll
    static void stop() {
        sourceHost.close();
        targetHost.close();
        system.terminate();
    }

    @Test
    void shouldCarryRandomPagesByteForByte() throws Exception {
        final long seed = System.nanoTime();
        System.out.println("seed " + seed);
        final TestMemory source = new TestMemory(BASE, 2000).fillRandom(seed);
        final TestMemory target = new TestMemory(BASE, 2000);
        try (IncomingStream in = targetHost.listen(id, target, listener);
                OutgoingStream out = sourceHost.connect(id, await(in.endpoints()), source)) {
            await(out.connected());
            final RoundSent first = send(system, out, 0, source.all());
            source.fillRandom(seed + 1);
            final List<PageRange> scattered = scattered(source, seed);
            final int dirty = scattered.stream().mapToInt(PageRange::pageCount).sum();
            final RoundSent second = send(system, out, 1, scattered.toArray(PageRange[]::new));
            assertThat(await(out.end())).isEqualTo(new StreamCounts(2000 + dirty, 0));
            assertThat(await(listener.end)).isEqualTo(new StreamCounts(2000 + dirty, 0));
            assertThat(first.normalPages()).isEqualTo(2000);
            assertThat(first.wireBytes()).isBetween(2000L * 4096, 2000L * 4096 * 102 / 100);
            assertThat(second.normalPages()).isEqualTo(dirty);
            assertThat(listener.rounds)
                    .containsExactly(
                            new RoundReceived(0, new StreamCounts(2000, 0)),
                            new RoundReceived(1, new StreamCounts(2000 + dirty, 0)));
            assertEqualWithin(scattered, target, source);
            assertThat(target.guardsIntact()).isTrue();
            await(out.closed());
            await(in.closed());
        }
    }

    @Test
    void shouldSendZeroPagesAsRunsAndClearThemAtTheTarget() throws Exception {
        final TestMemory source = new TestMemory(BASE, 3000).fillRandom(7);
        for (int page = 100; page < 2900; page++) {
            source.zeroPage(page);
        }
        final TestMemory target = new TestMemory(BASE, 3000).fillRandom(8);
        try (IncomingStream in = targetHost.listen(id, target, listener);
                OutgoingStream out = sourceHost.connect(id, await(in.endpoints()), source)) {
            final RoundSent sent = send(system, out, 0, source.range(0, 1500), source.range(1500, 1500));
            await(out.end());
            assertThat(await(listener.end)).isEqualTo(new StreamCounts(200, 2800));
            assertThat(sent.zeroPages()).isEqualTo(2800);
            await(out.closed());
            assertThat(out.counters().frames())
                    .as("7 + 7 raw, 1 or 2 zero, round end, end")
                    .isLessThanOrEqualTo(18);
            assertThat(target.contentEquals(source)).isTrue();
        }
    }

    @Test
    void shouldCarryDeviceStatesOfAnyLength() throws Exception {
        final TestMemory memory = new TestMemory(BASE, 1);
        final List<byte[]> states = List.of(new byte[0], new byte[] {42}, randomBytes(65_417), randomBytes(3_000_000));
        try (IncomingStream in = targetHost.listen(id, memory, listener);
                OutgoingStream out = sourceHost.connect(id, await(in.endpoints()), memory)) {
            for (final byte[] state : states) {
                await(out.sendDeviceState(state));
            }
            await(out.end());
            await(listener.end);
            assertThat(listener.states).hasSameSizeAs(states);
            for (int i = 0; i < states.size(); i++) {
                assertThat(listener.states.get(i)).isEqualTo(states.get(i));
            }
        }
    }

    @Test
    void shouldCarryARoundWithoutPages() throws Exception {
        final TestMemory memory = new TestMemory(BASE, 1);
        try (IncomingStream in = targetHost.listen(id, memory, listener);
                OutgoingStream out = sourceHost.connect(id, await(in.endpoints()), memory)) {
            assertThat(send(system, out, 3).normalPages()).isZero();
            await(out.end());
            await(listener.end);
            assertThat(listener.rounds).containsExactly(new RoundReceived(3, StreamCounts.NONE));
        }
    }

    @Test
    void shouldRefuseASecondRoundWhileOneIsOpen() throws Exception {
        final TestMemory memory = new TestMemory(BASE, 1);
        try (IncomingStream in = targetHost.listen(id, memory, listener);
                OutgoingStream out = sourceHost.connect(id, await(in.endpoints()), memory)) {
            final CompletionStage<RoundSent> open = Source.<PageRange>maybe().runWith(out.round(0), system);
            assertThatThrownBy(() -> send(system, out, 1, memory.all())).hasMessageContaining("while another is open");
            out.close();
            assertThatThrownBy(() -> await(open))
                    .hasCauseInstanceOf(StreamException.class)
                    .hasMessageContaining("Cancelled");
        }
    }

    @Test
    void shouldFailTheRoundOfAMalformedRange() throws Exception {
        final TestMemory memory = new TestMemory(BASE, 1);
        try (IncomingStream in = targetHost.listen(id, memory, listener);
                OutgoingStream out = sourceHost.connect(id, await(in.endpoints()), memory)) {
            for (final PageRange malformed : List.of(
                    new PageRange(BASE + 1, 1),
                    new PageRange(BASE, 0),
                    new PageRange(-4096, 1),
                    new PageRange(Long.MAX_VALUE - 4095, 2))) {
                assertThatThrownBy(() -> send(system, out, 0, malformed))
                        .hasCauseInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining(String.valueOf(malformed.guestAddress()));
            }
            assertThat(send(system, out, 0, memory.all()).zeroPages()).isEqualTo(1);
        }
    }

    @Test
    void shouldTellTheTargetOfACancelAtOnce() throws Exception {
        final TestMemory memory = new TestMemory(BASE, 100).fillRandom(1);
        try (IncomingStream in = targetHost.listen(id, memory, listener);
                OutgoingStream out = sourceHost.connect(id, await(in.endpoints()), memory)) {
            send(system, out, 0, memory.all());
            out.close();
            assertThat(await(listener.failure))
                    .isInstanceOf(StreamFailure.PeerGone.class)
                    .extracting(StreamFailure::reason)
                    .asString()
                    .contains("cancelled");
            assertThat(await(out.failed())).isInstanceOf(StreamFailure.Cancelled.class);
            await(out.closed());
            await(in.closed());
        }
    }

    @Test
    void shouldTellTheSourceWhenTheTargetCloses() throws Exception {
        final TestMemory memory = new TestMemory(BASE, 100).fillRandom(1);
        try (IncomingStream in = targetHost.listen(id, memory, listener);
                OutgoingStream out = sourceHost.connect(id, await(in.endpoints()), memory)) {
            send(system, out, 0, memory.all());
            in.close();
            assertThat(await(out.failed())).isInstanceOf(StreamFailure.PeerGone.class);
        }
        assertThat(listener.failure).isNotDone();
    }

    @Test
    void shouldGiveUpOnATargetThatNeverListens() throws Exception {
        final TestMemory memory = new TestMemory(BASE, 1);
        final StreamEndpoint nobody = new StreamEndpoint("127.0.0.1", freePort(), 1, 1);
        final OutgoingSettings settings =
                OutgoingSettings.to(id, List.of(nobody)).withTimeouts(Duration.ofMillis(300), Duration.ofSeconds(1));
        try (OutgoingStream out = sourceHost.transport.openOutgoing(settings, memory)) {
            assertThat(await(out.failed()).reason()).contains("did not answer within 300 ms");
            assertThatThrownBy(() -> send(system, out, 0, memory.all())).isInstanceOf(ExecutionException.class);
        }
    }

    @Test
    void shouldCarryPagesToAnAddressThatIsNotLoopback() throws Exception {
        final Optional<String> address = NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(candidate -> candidate instanceof Inet4Address && !candidate.isLoopbackAddress())
                .map(InetAddress::getHostAddress)
                .findFirst();
        assumeTrue(address.isPresent(), "skipped: this host has no other IPv4 address");
        final TestMemory source = new TestMemory(BASE, 2000).fillRandom(3);
        final TestMemory target = new TestMemory(BASE, 2000);
        final IncomingSettings settings = IncomingSettings.on(id, address.get());
        try (IncomingStream in = targetHost.transport.openIncoming(settings, target, listener);
                OutgoingStream out = sourceHost.connect(id, await(in.endpoints()), source)) {
            assertThat(await(in.endpoints()).get(0).host()).isEqualTo(address.get());
            send(system, out, 0, source.all());
            await(out.end());
            assertThat(await(listener.end)).isEqualTo(new StreamCounts(2000, 0));
            assertThat(target.contentEquals(source)).isTrue();
        }
    }

    @Test
    void shouldListenWithinThePortRangeAndSkipTakenPorts() throws Exception {
        final int first = 18_200;
        final Path directory =
                Path.of("/dev/shm/godwit-ports-" + ProcessHandle.current().pid());
        final DriverSettings settings = DriverSettings.in(directory).withPorts(first, first + 9);
        final TestMemory memory = new TestMemory(BASE, 1);
        final InetAddress loopback = InetAddress.getByName("127.0.0.1");
        try (DatagramSocket taken = new DatagramSocket(first, loopback);
                DatagramSocket alsoTaken = new DatagramSocket(first + 1, loopback);
                PageTransport ranged = PageTransport.start(settings);
                IncomingStream a =
                        ranged.openIncoming(IncomingSettings.on(id, "127.0.0.1"), memory, new TestListener());
                IncomingStream b =
                        ranged.openIncoming(IncomingSettings.on(id, "127.0.0.1"), memory, new TestListener())) {
            final int portA = await(a.endpoints()).get(0).port();
            final int portB = await(b.endpoints()).get(0).port();
            assertThat(List.of(portA, portB))
                    .doesNotHaveDuplicates()
                    .allMatch(port -> port >= first && port < first + 10);
            assertThat(List.of(portA, portB)).doesNotContain(taken.getLocalPort(), alsoTaken.getLocalPort());
        }
    }

    @Test
    void shouldGiveUpOnASourceThatNeverComes() throws Exception {
        final IncomingSettings settings =
                IncomingSettings.on(id, "127.0.0.1").withConnectTimeout(Duration.ofMillis(300));
        final TestMemory memory = new TestMemory(BASE, 1);
        try (IncomingStream in = targetHost.transport.openIncoming(settings, memory, listener)) {
            await(in.endpoints());
            assertThat(await(listener.failure).reason()).contains("no source came within 300 ms");
        }
    }

    @Test
    void shouldRefuseToListenOnAnAddressThatIsNotThisHosts() throws Exception {
        for (final String host : List.of("203.0.113.9", "not-an-address", "300.1.1.1")) {
            final TestListener told = new TestListener();
            final IncomingSettings settings = IncomingSettings.on(id, host);
            try (IncomingStream in = targetHost.transport.openIncoming(settings, new TestMemory(BASE, 1), told)) {
                assertThatThrownBy(() -> await(in.endpoints())).hasMessageContaining("Refused");
                assertThat(await(told.failure)).isInstanceOf(StreamFailure.Refused.class);
            }
        }
    }

    @Test
    void shouldFailOnlyTheStreamWhoseMemoryThrows() throws Exception {
        final TestMemory memory = new TestMemory(BASE, 100).fillRandom(1);
        memory.beforeRead = () -> {
            throw new InternalError("a fault occurred in an unsafe memory access operation");
        };
        try (IncomingStream in = targetHost.listen(id, memory, listener);
                OutgoingStream out = sourceHost.connect(id, await(in.endpoints()), memory)) {
            assertThatThrownBy(() -> send(system, out, 0, memory.all())).hasMessageContaining("LocalFault");
            assertThat(await(out.failed()).reason()).contains("unsafe memory access");
            assertThat(await(listener.failure)).isInstanceOf(StreamFailure.PeerGone.class);
        }
        assertThat(sourceHost.transport.status().running()).isTrue();
        assertThat(sourceHost.transport.status().starts()).isEqualTo(1);
    }

    private static List<PageRange> scattered(final TestMemory memory, final long seed) {
        final SplittableRandom random = new SplittableRandom(seed);
        final List<PageRange> ranges = new ArrayList<>();
        for (int page = 0; page < memory.pages; ) {
            final int count = Math.min(1 + random.nextInt(3), memory.pages - page);
            ranges.add(memory.range(page, count));
            page += count + random.nextInt(30);
        }
        return ranges;
    }

    private static void assertEqualWithin(
            final List<PageRange> ranges, final TestMemory actual, final TestMemory expected) {
        for (final PageRange range : ranges) {
            final int first = (int) ((range.guestAddress() - BASE) / 4096);
            for (int page = first; page < first + range.pageCount(); page++) {
                assertThat(actual.pageEquals(expected, page))
                        .as("page %d", page)
                        .isTrue();
            }
        }
    }

    private static int freePort() throws IOException {
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static byte[] randomBytes(final int length) {
        final byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }
}
