package io.godwit.transport.stream;

import static io.godwit.transport.stream.TestHost.await;
import static io.godwit.transport.stream.TestHost.send;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.waitAtMost;

import io.aeron.Aeron;
import io.aeron.ExclusivePublication;
import io.godwit.transport.StreamCounts;
import io.godwit.transport.StreamEndpoint;
import io.godwit.transport.StreamFailure;
import io.godwit.transport.driver.DriverLease;
import io.godwit.transport.driver.DriverSettings;
import io.godwit.transport.driver.MediaDriverPool;
import io.godwit.transport.frame.FrameKind;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.UUID;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.pekko.actor.ActorSystem;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A peer that speaks Aeron but not our protocol, against a real stream: the stream fails, the node lives on. */
@Timeout(120)
class HostilePeerTest {
    private static final int CASES = 2 * HostileFrames.FIELDS.length;
    private static final int CRC_OFFSET = 4;
    private static final int PAGES = 8;

    private static ActorSystem system;
    private static TestHost target;
    private static MediaDriverPool attacker;

    private final UUID id = UUID.randomUUID();
    private final TestMemory memory = new TestMemory(0x1000_0000L, PAGES).fillRandom(1);
    private final TestListener listener = new TestListener();

    @BeforeAll
    static void start() {
        system = ActorSystem.create("hostile-peer");
        target = new TestHost();
        attacker = MediaDriverPool.start(DriverSettings.in(
                Path.of("/dev/shm/godwit-attacker-" + ProcessHandle.current().pid())));
    }

    @AfterAll
    static void stop() {
        attacker.close();
        target.close();
        system.terminate();
    }

    @Test
    void shouldFailTheStreamAndNothingElse() throws Exception {
        final long seed = System.nanoTime();
        System.out.println("seed " + seed);
        final TestMemory untouched = new TestMemory(memory.base, PAGES).fillRandom(1);
        for (int i = 0; i < CASES; i++) {
            final UUID migration = UUID.randomUUID();
            final HostileFrames frames = new HostileFrames(seed + i, migration, memory.base, PAGES);
            frames.valid(FrameKind.RAW_RUN);
            final int[] field = HostileFrames.FIELDS[i % HostileFrames.FIELDS.length];
            frames.rewriteField(field, 0x0123_4567_89AB_CDEFL);
            if (field[0] != CRC_OFFSET) {
                frames.repairChecksum();
            }
            final TestListener told = new TestListener();
            try (IncomingStream in = target.listen(migration, memory, told)) {
                attack(await(in.endpoints()).get(0), 1 << 20, frames.buffer, frames.length);
                assertThat(await(told.failure)).as(frames.what).isInstanceOf(StreamFailure.BadFrame.class);
                await(in.closed());
            }
            assertThat(memory.guardsIntact()).isTrue();
            assertThat(memory.contentEquals(untouched)).as(frames.what).isTrue();
        }
        assertStillWorks();
    }

    @Test
    void shouldRefuseAFrameInSeveralFragments() throws Exception {
        final UnsafeBuffer large = new UnsafeBuffer(new byte[100_000]);
        try (IncomingStream in = target.listen(id, memory, listener)) {
            attack(await(in.endpoints()).get(0), 1 << 20, large, large.capacity());
            assertThat(await(listener.failure).reason()).contains("fragment flags");
        }
    }

    @Test
    void shouldRefuseTermsLongerThanWereAdmitted() throws Exception {
        final UnsafeBuffer frame = new UnsafeBuffer(new byte[100]);
        try (IncomingStream in = target.listen(id, memory, listener)) {
            attack(await(in.endpoints()).get(0), 16 << 20, frame, 100);
            assertThat(await(listener.failure).reason()).contains("term length 16777216 bytes: at most 4194304");
        }
    }

    @Test
    void shouldNotHearASessionItDidNotName() throws Exception {
        final HostileFrames frames = new HostileFrames(1, id, memory.base, PAGES).valid(FrameKind.END);
        final TestMemory source = new TestMemory(memory.base, PAGES).fillRandom(5);
        try (IncomingStream in = target.listen(id, memory, listener)) {
            final StreamEndpoint endpoint = await(in.endpoints()).get(0);
            final StreamEndpoint other =
                    new StreamEndpoint(endpoint.host(), endpoint.port(), endpoint.streamId(), endpoint.sessionId() + 1);
            try (DriverLease lease = attacker.lease(0, 1, attacker.room(1 << 20, 1));
                    Aeron aeron = Aeron.connect(new Aeron.Context()
                            .aeronDirectoryName(lease.aeronDirectory().toString()));
                    ExclusivePublication publication =
                            aeron.addExclusivePublication(channel(other, 1 << 20), other.streamId())) {
                try (OutgoingStream out = target.connect(id, endpoint, source)) {
                    send(system, out, 0, source.all());
                    assertThat(publication.offer(frames.buffer, 0, frames.length))
                            .isNegative();
                    await(out.end());
                    assertThat(await(listener.end)).isEqualTo(new StreamCounts(PAGES, 0));
                }
            }
        }
        assertThat(memory.contentEquals(source)).isTrue();
    }

    @Test
    void shouldIgnoreDatagramsThatAreNotAerons() throws Exception {
        final TestMemory source = new TestMemory(memory.base, PAGES).fillRandom(6);
        final Random random = new Random(7);
        try (IncomingStream in = target.listen(id, memory, listener);
                DatagramSocket socket = new DatagramSocket()) {
            final StreamEndpoint endpoint = await(in.endpoints()).get(0);
            for (int i = 0; i < 2_000; i++) {
                final byte[] garbage = new byte[random.nextInt(1_400)];
                random.nextBytes(garbage);
                socket.send(new DatagramPacket(
                        garbage, garbage.length, InetAddress.getByName(endpoint.host()), endpoint.port()));
            }
            try (OutgoingStream out = target.connect(id, endpoint, source)) {
                send(system, out, 0, source.all());
                await(out.end());
                await(listener.end);
            }
        }
        assertThat(memory.contentEquals(source)).isTrue();
        assertThat(target.transport.status().starts()).isEqualTo(1);
    }

    private void assertStillWorks() throws Exception {
        final TestMemory source = new TestMemory(memory.base, PAGES).fillRandom(9);
        try (IncomingStream in = target.listen(id, memory, listener);
                OutgoingStream out = target.connect(id, await(in.endpoints()), source)) {
            send(system, out, 0, source.all());
            await(out.end());
            await(listener.end);
        }
        assertThat(memory.contentEquals(source)).isTrue();
        assertThat(target.transport.status().starts()).isEqualTo(1);
    }

    private static void attack(
            final StreamEndpoint endpoint, final int term, final DirectBuffer frame, final int length) {
        try (DriverLease lease = attacker.lease(0, 1, attacker.room(term, 1));
                Aeron aeron = Aeron.connect(new Aeron.Context()
                        .aeronDirectoryName(lease.aeronDirectory().toString()));
                ExclusivePublication publication =
                        aeron.addExclusivePublication(channel(endpoint, term), endpoint.streamId())) {
            waitAtMost(Duration.ofSeconds(10))
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(2))
                    .until(() -> publication.offer(frame, 0, length) > 0);
        }
    }

    private static String channel(final StreamEndpoint endpoint, final int term) {
        return "aeron:udp?endpoint=" + endpoint.hostAndPort() + "|session-id=" + endpoint.sessionId()
                + "|mtu=65504|sparse=false|term-length=" + term;
    }
}
