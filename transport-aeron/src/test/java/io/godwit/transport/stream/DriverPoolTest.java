package io.godwit.transport.stream;

import static io.godwit.transport.stream.TestHost.await;
import static io.godwit.transport.stream.TestHost.send;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.waitAtMost;

import io.godwit.transport.StreamCounts;
import io.godwit.transport.StreamFailure;
import io.godwit.transport.driver.MediaDriverPool;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.apache.pekko.actor.ActorSystem;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Several media drivers carry one stream, as on a host with eight cores. */
@Timeout(60)
class DriverPoolTest {
    private static final int CORES = 8;
    private static final Duration IDLE = Duration.ofSeconds(2);

    private final ActorSystem system = ActorSystem.create("driver-pool");
    private final TestMemory source = new TestMemory(0, 2048).fillRandom(1);
    private final TestMemory target = new TestMemory(0, 2048);

    @AfterEach
    void stop() {
        system.terminate();
    }

    @Test
    void shouldStartDriversOnDemandAndEndThemWhenNobodyUsesThem() throws Exception {
        try (TestHost host = host()) {
            assertThat(host.transport.status().drivers()).isEqualTo(1);
            carry(host, 1);
            assertThat(host.transport.status().drivers()).isEqualTo(1);
            carry(host, 4);
            assertThat(host.transport.status().drivers()).isEqualTo(4);
            final Path second = host.directory.resolveSibling(host.directory.getFileName() + "-2");
            assertThat(second).exists();
            waitAtMost(Duration.ofSeconds(10))
                    .until(() -> host.transport.status().drivers() == 1);
            waitAtMost(Duration.ofSeconds(10)).until(() -> !Files.exists(second));
            carry(host, 4);
            assertThat(host.transport.status().drivers()).isEqualTo(4);
            assertThat(host.transport.status().starts()).as("none died").isEqualTo(1);
        }
    }

    @Test
    void shouldFailTheStreamOfADriverThatDiesAndStartItAgain() throws Exception {
        final UUID id = UUID.randomUUID();
        final TestListener listener = new TestListener();
        try (TestHost host = host();
                TestHost other = host();
                IncomingStream in = other.listen(id, 2, target, listener);
                OutgoingStream out = host.connect(id, await(in.endpoints()), source)) {
            await(out.connected());
            final String second = "@" + host.directory.getFileName() + "-2";
            final List<Thread> driver = Thread.getAllStackTraces().keySet().stream()
                    .filter(thread -> thread.getName().endsWith(second))
                    .toList();
            assertThat(driver).hasSize(1);
            driver.get(0).interrupt();
            assertThat(await(out.failed())).isInstanceOf(StreamFailure.DriverDied.class);
            assertThat(await(listener.failure)).isInstanceOf(StreamFailure.PeerGone.class);
            waitAtMost(Duration.ofSeconds(10))
                    .until(() -> host.transport.status().running()
                            && host.transport.status().starts() == 2);
            carry(host, 2);
        }
    }

    private void carry(final TestHost host, final int lanes) throws Exception {
        final UUID id = UUID.randomUUID();
        final TestListener listener = new TestListener();
        target.bytes.setMemory(TestMemory.PAGE, target.pages * TestMemory.PAGE, (byte) 0);
        try (IncomingStream in = host.listen(id, lanes, target, listener);
                OutgoingStream out = host.connect(id, await(in.endpoints()), source)) {
            send(system, out, 0, source.all());
            await(out.end());
            assertThat(await(listener.end)).isEqualTo(new StreamCounts(source.pages, 0));
        }
        assertThat(target.contentEquals(source)).isTrue();
    }

    private static TestHost host() {
        return new TestHost(settings -> MediaDriverPool.start(settings, CORES, IDLE, context -> {}));
    }
}
