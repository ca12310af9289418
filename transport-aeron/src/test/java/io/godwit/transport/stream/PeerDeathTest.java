package io.godwit.transport.stream;

import static io.godwit.transport.stream.TestHost.await;
import static io.godwit.transport.stream.TestHost.send;
import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.transport.PageRange;
import io.godwit.transport.StreamEndpoint;
import io.godwit.transport.StreamFailure;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The other end is a process of its own and killed: nobody says goodbye. */
@Timeout(90)
class PeerDeathTest {
    private static final int PAGES = 256;
    /** Liveness, the driver's 50 ms timer, and a busy machine. */
    private static final Duration DETECTION = TestHost.LIVENESS.plusMillis(2_500);

    private final ActorSystem system = ActorSystem.create("peer-death");
    private final UUID id = UUID.randomUUID();
    private final List<Process> children = new ArrayList<>();

    @AfterEach
    void stop() throws Exception {
        for (final Process child : children) {
            child.destroyForcibly().waitFor();
        }
        new TestHost().close(); // takes what they left
        system.terminate();
    }

    @Test
    void shouldTellTheSourceWithinTheLivenessThatTheTargetWasKilled() throws Exception {
        final Process peer = peer("target", id.toString());
        final String[] answer = readLine(peer).split(" ");
        final TestMemory memory = new TestMemory(0, PAGES).fillRandom(1);
        try (TestHost host = new TestHost();
                OutgoingStream out = host.connect(
                        id,
                        new StreamEndpoint(
                                answer[0],
                                Integer.parseInt(answer[1]),
                                Integer.parseInt(answer[2]),
                                Integer.parseInt(answer[3])),
                        memory)) {
            await(out.connected());
            final CompletionStage<?> endless = Source.repeat(memory.all()).runWith(out.round(0), system);
            final long killedNs = System.nanoTime();
            peer.destroyForcibly().waitFor();
            assertThat(await(out.failed())).isInstanceOf(StreamFailure.PeerGone.class);
            assertThat(Duration.ofNanos(System.nanoTime() - killedNs)).isLessThan(DETECTION);
            assertThat(endless.toCompletableFuture()).failsWithin(Duration.ofSeconds(5));
            await(out.closed());
            assertThat(host.transport.status().running()).isTrue();
        }
        assertThat(directoriesOf(peer)).isNotEmpty();
        new TestHost().close();
        assertThat(directoriesOf(peer))
                .as("deleted by the next node that starts")
                .isEmpty();
    }

    @Test
    void shouldTellTheTargetWithinTheLivenessThatTheSourceWasKilled() throws Exception {
        final TestMemory memory = new TestMemory(0, PAGES);
        final TestListener listener = new TestListener();
        try (TestHost host = new TestHost();
                IncomingStream in = host.listen(id, memory, listener)) {
            final var endpoint = await(in.endpoints()).get(0);
            final Process peer = peer(
                    "source",
                    id.toString(),
                    endpoint.host(),
                    String.valueOf(endpoint.port()),
                    String.valueOf(endpoint.streamId()),
                    String.valueOf(endpoint.sessionId()));
            assertThat(readLine(peer)).isEqualTo("connected");
            final long killedNs = System.nanoTime();
            peer.destroyForcibly().waitFor();
            assertThat(await(listener.failure))
                    .isInstanceOf(StreamFailure.PeerGone.class)
                    .extracting(StreamFailure::reason)
                    .asString()
                    .contains("fell silent");
            assertThat(Duration.ofNanos(System.nanoTime() - killedNs)).isLessThan(DETECTION);
            await(in.closed());
        }
    }

    @Test
    void shouldCallALinkStalledWhoseTargetAnswersButTakesNothing() throws Exception {
        final TestMemory memory = new TestMemory(0, 4096).fillRandom(3);
        final TestMemory target = new TestMemory(0, 4096);
        final TestListener listener = new TestListener();
        final Object gate = new Object();
        try (TestHost a = new TestHost();
                TestHost b = new TestHost()) {
            synchronized (gate) {
                target.beforeWrite = () -> {
                    synchronized (gate) {
                        gate.notifyAll();
                    }
                };
                final IncomingStream in = b.listen(id, target, listener);
                final OutgoingSettings settings = OutgoingSettings.to(id, await(in.endpoints()))
                        .withTimeouts(Duration.ofSeconds(5), Duration.ofMillis(700));
                final OutgoingStream out = a.transport.openOutgoing(settings, memory);
                final CompletionStage<?> round = Source.repeat(memory.all()).runWith(out.round(0), system);
                assertThat(await(out.failed()))
                        .isInstanceOf(StreamFailure.LinkStalled.class)
                        .extracting(StreamFailure::reason)
                        .asString()
                        .contains("700 ms");
                assertThat(round.toCompletableFuture()).failsWithin(Duration.ofSeconds(5));
            }
            assertThat(await(listener.failure)).isInstanceOf(StreamFailure.PeerGone.class);
        }
    }

    private Process peer(final String... arguments) throws IOException {
        final List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-opens",
                "java.base/jdk.internal.misc=ALL-UNNAMED",
                "--add-opens",
                "java.base/sun.nio.ch=ALL-UNNAMED",
                "-Xmx128m",
                "-D" + TestHost.BASE_PROPERTY + "=" + TestHost.BASE,
                "-cp",
                System.getProperty("java.class.path"),
                PeerProcess.class.getName()));
        command.addAll(List.of(arguments));
        final Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        children.add(process);
        return process;
    }

    private static List<Path> directoriesOf(final Process process) throws IOException {
        try (Stream<Path> all = Files.list(TestHost.BASE)) {
            return all.filter(path -> path.getFileName().toString().startsWith("godwit-test-" + process.pid() + "-"))
                    .toList();
        }
    }

    private static String readLine(final Process process) throws Exception {
        final BufferedReader reader =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            if (line.startsWith(PeerProcess.MARK)) {
                return line.substring(PeerProcess.MARK.length());
            }
        }
        throw new IllegalStateException("the peer ended with " + process.waitFor());
    }

    /** One end of a stream in a process of its own. */
    public static final class PeerProcess {
        static final String MARK = "peer: ";

        private PeerProcess() {}

        public static void main(final String[] arguments) throws Exception {
            final UUID id = UUID.fromString(arguments[1]);
            final TestMemory memory = new TestMemory(0, PAGES).fillRandom(2);
            final TestHost host = new TestHost();
            if (arguments[0].equals("target")) {
                final var endpoint = await(
                                host.listen(id, memory, new TestListener()).endpoints())
                        .get(0);
                System.out.println(MARK + endpoint.host() + " " + endpoint.port() + " " + endpoint.streamId() + " "
                        + endpoint.sessionId());
            } else {
                final OutgoingStream out = host.connect(
                        id,
                        new StreamEndpoint(
                                arguments[2],
                                Integer.parseInt(arguments[3]),
                                Integer.parseInt(arguments[4]),
                                Integer.parseInt(arguments[5])),
                        memory);
                await(out.connected());
                send(ActorSystem.create("peer"), out, 0, new PageRange(0, PAGES));
                System.out.println(MARK + "connected");
            }
            TimeUnit.HOURS.sleep(1); // until killed
        }
    }
}
