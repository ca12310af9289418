package io.godwit.transport.stream;

import static io.godwit.transport.stream.TestHost.await;
import static io.godwit.transport.stream.TestHost.send;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.godwit.transport.StreamCounts;
import io.godwit.transport.StreamEndpoint;
import io.godwit.transport.StreamFailure;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.apache.pekko.actor.ActorSystem;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A driver directory on a tmpfs of 48 MiB that others fill up: streams are refused or fail, the node lives on. */
@Timeout(60)
class FullDirectoryTest {
    private static final int PAGES = 256;

    private final ActorSystem system = ActorSystem.create("full-directory");
    private final TestMemory source = new TestMemory(0, PAGES).fillRandom(1);
    private final TestMemory target = new TestMemory(0, PAGES);

    @TempDir
    Path mount;

    private boolean mounted;
    private TestHost host;
    private TestHost roomy;

    @BeforeEach
    void mountTmpfs() throws Exception {
        mounted = run("mount", "-t", "tmpfs", "-o", "size=48m", "godwit-test", mount.toString()) == 0;
        assumeTrue(mounted, "skipped: mounting a tmpfs needs root");
        host = new TestHost(mount.resolve("godwit-full"));
        roomy = new TestHost();
    }

    @AfterEach
    void unmount() throws Exception {
        system.terminate();
        if (host != null) {
            host.close();
        }
        if (roomy != null) {
            roomy.close();
        }
        if (mounted) {
            assertThat(run("umount", mount.toString())).isZero();
        }
    }

    @Test
    void shouldRefuseBothEndsWithNumbersAndWorkOnceThereIsRoom() throws Exception {
        final Path filler = fill(5 << 20);
        final TestListener listener = new TestListener();
        final UUID id = UUID.randomUUID();
        try (IncomingStream in = host.listen(id, target, listener)) {
            assertThatThrownBy(() -> await(in.endpoints())).hasMessageContaining("Refused");
            assertThat(await(listener.failure).reason())
                    .contains("3 terms of 4194304 bytes on 1 lane(s)")
                    .contains(mount.toString())
                    .containsPattern("has \\d+ bytes free");
        }
        try (OutgoingStream out = host.connect(id, new StreamEndpoint("127.0.0.1", 9, 1, 1), source)) {
            assertThat(await(out.failed())).isInstanceOf(StreamFailure.Refused.class);
        }
        Files.delete(filler);
        carryOnce();
        assertThat(host.transport.status().starts()).isEqualTo(1);
    }

    @Test
    void shouldSurviveADirectoryThatFillsUpBetweenAdmissionAndTheFirstFrame() throws Exception {
        final UUID id = UUID.randomUUID();
        final TestListener listener = new TestListener();
        try (IncomingStream in = host.listen(id, target, listener)) {
            final StreamEndpoint endpoint = await(in.endpoints()).get(0);
            final Path filler = fill(0);
            final OutgoingSettings impatient = OutgoingSettings.to(id, List.of(endpoint))
                    .withTimeouts(Duration.ofMillis(700), Duration.ofSeconds(1));
            try (OutgoingStream out = roomy.transport.openOutgoing(impatient, source)) {
                assertThat(await(out.failed())).isInstanceOf(StreamFailure.PeerGone.class);
            }
            Files.delete(filler);
        }
        assertThat(listener.end).isNotDone();
        carryOnce();
    }

    @Test
    void shouldGoOnWhenTheDirectoryFillsUpUnderAStream() throws Exception {
        final UUID id = UUID.randomUUID();
        final TestListener listener = new TestListener();
        try (IncomingStream in = host.listen(id, target, listener);
                OutgoingStream out = host.connect(id, await(in.endpoints()), source)) {
            await(out.connected());
            send(system, out, 0, source.range(0, 1));
            final Path filler = fill(0);
            for (int round = 1; round <= 20; round++) {
                send(system, out, round, source.all());
            }
            await(out.end());
            assertThat(await(listener.end)).isEqualTo(new StreamCounts(20 * PAGES + 1, 0));
            Files.delete(filler);
        }
        assertThat(target.contentEquals(source)).isTrue();
        assertThat(host.transport.status().starts()).isEqualTo(1);
    }

    private void carryOnce() throws Exception {
        final UUID id = UUID.randomUUID();
        final TestListener listener = new TestListener();
        try (IncomingStream in = host.listen(id, target, listener);
                OutgoingStream out = roomy.connect(id, await(in.endpoints()), source)) {
            send(system, out, 0, source.all());
            await(out.end());
            assertThat(await(listener.end)).isEqualTo(new StreamCounts(PAGES, 0));
        }
        assertThat(target.contentEquals(source)).isTrue();
    }

    /** Writes until the file system is full but for {@code leaveBytes}. */
    private Path fill(final long leaveBytes) throws IOException {
        final Path file = mount.resolve("filler");
        final byte[] block = new byte[4096];
        try (OutputStream out = Files.newOutputStream(file)) {
            while (Files.getFileStore(mount).getUsableSpace() > leaveBytes) {
                out.write(block);
            }
        }
        return file;
    }

    private static int run(final String... command) throws Exception {
        return new ProcessBuilder(command).inheritIO().start().waitFor();
    }
}
