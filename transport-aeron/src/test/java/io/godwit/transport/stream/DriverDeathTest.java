package io.godwit.transport.stream;

import static io.godwit.transport.stream.TestHost.await;
import static io.godwit.transport.stream.TestHost.send;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.waitAtMost;

import io.godwit.transport.RoundSent;
import io.godwit.transport.StreamCounts;
import io.godwit.transport.StreamFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The media driver dies under streams at both ends: they fail, it comes back, the next stream works. */
@Timeout(60)
class DriverDeathTest {
    private final ActorSystem system = ActorSystem.create("driver-death");
    private final TestMemory source = new TestMemory(0, 512).fillRandom(1);
    private final TestMemory target = new TestMemory(0, 512);

    @AfterEach
    void stop() {
        system.terminate();
    }

    @Test
    void shouldFailItsStreamsAndStartAgainWhenItsThreadDies() throws Exception {
        try (TestHost host = new TestHost()) {
            failAndRecover(
                    host,
                    "driver-1",
                    () -> threads("godwit-media-driver-1", host).forEach(Thread::interrupt));
        }
    }

    @Test
    void shouldFailItsStreamsAndStartAgainWhenItsDirectoryVanishes() throws Exception {
        try (TestHost host = new TestHost()) {
            failAndRecover(host, "vanished", () -> deleteTree(host.directory));
            assertThat(Files.exists(host.directory)).isTrue();
        }
        try (TestHost host = new TestHost()) {
            failAndRecover(host, "vanished", () -> deleteTree(host.directory.resolve("driver-1")));
        }
    }

    @Test
    void shouldKeepStartingAgain() throws Exception {
        try (TestHost host = new TestHost()) {
            for (int death = 1; death <= 5; death++) {
                deleteTree(host.directory.resolve("driver-" + death));
                final int expected = death + 1;
                waitAtMost(Duration.ofSeconds(10))
                        .until(() -> host.transport.status().running()
                                && host.transport.status().starts() == expected);
            }
            carryOnce(host);
            assertThat(directories(host)).containsExactly("driver-6");
        }
    }

    private void failAndRecover(final TestHost host, final String reason, final Runnable kill) throws Exception {
        final UUID id = UUID.randomUUID();
        final TestListener listener = new TestListener();
        try (TestHost other = new TestHost();
                IncomingStream in = host.listen(id, target, listener);
                OutgoingStream fromOther = other.connect(id, await(in.endpoints()), source)) {
            final UUID secondId = UUID.randomUUID();
            try (IncomingStream atOther = other.listen(secondId, target, new TestListener());
                    OutgoingStream out = host.connect(secondId, await(atOther.endpoints()), source)) {
                await(out.connected());
                await(fromOther.connected());
                final CompletionStage<RoundSent> round =
                        Source.repeat(source.all()).runWith(out.round(0), system);
                kill.run();
                assertThat(await(out.failed()))
                        .isInstanceOf(StreamFailure.DriverDied.class)
                        .extracting(StreamFailure::reason)
                        .asString()
                        .contains(reason);
                assertThat(await(listener.failure)).isInstanceOf(StreamFailure.DriverDied.class);
                assertThat(round.toCompletableFuture()).failsWithin(Duration.ofSeconds(5));
                assertThat(await(fromOther.failed())).isInstanceOf(StreamFailure.PeerGone.class);
                await(out.closed());
                await(in.closed());
            }
        }
        waitAtMost(Duration.ofSeconds(10)).until(() -> host.transport.status().running());
        assertThat(host.transport.status().starts()).isEqualTo(2);
        assertThat(host.transport.status().lastFault()).contains(reason);
        carryOnce(host);
    }

    private void carryOnce(final TestHost host) throws Exception {
        final UUID id = UUID.randomUUID();
        final TestListener listener = new TestListener();
        try (IncomingStream in = host.listen(id, target, listener);
                OutgoingStream out = host.connect(id, await(in.endpoints()), source)) {
            send(system, out, 0, source.all());
            await(out.end());
            assertThat(await(listener.end)).isEqualTo(new StreamCounts(512, 0));
        }
        assertThat(target.contentEquals(source)).isTrue();
    }

    private static List<String> directories(final TestHost host) throws IOException {
        try (Stream<Path> entries = Files.list(host.directory)) {
            return entries.filter(Files::isDirectory)
                    .map(path -> path.getFileName().toString())
                    .toList();
        }
    }

    private static Stream<Thread> threads(final String name, final TestHost host) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals(name + "@" + host.directory.getFileName()));
    }

    private static void deleteTree(final Path root) {
        try (Stream<Path> all = Files.walk(root)) {
            for (final Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (final IOException failed) {
            throw new IllegalStateException(failed);
        }
    }
}
