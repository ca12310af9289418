package io.godwit.integration;

import static io.godwit.integration.harness.Deadline.within;
import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.integration.harness.ConsoleViewer;
import io.godwit.integration.harness.EchoVm;
import io.godwit.integration.harness.Host;
import io.godwit.integration.harness.LogsOnFailure;
import io.godwit.integration.harness.TestCluster;
import io.godwit.integration.harness.TestNode;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Consoles of a guest on real KVM, looked at from any node, while it moves. */
@ExtendWith(LogsOnFailure.class)
@Timeout(value = 6, unit = TimeUnit.MINUTES)
@Tag("slow")
class ConsoleIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int HOPS = 3;

    private TestCluster cluster;

    @BeforeEach
    void startCluster() {
        Host.assumeKvm();
        cluster = TestCluster.three();
    }

    @AfterEach
    void endCluster() {
        if (cluster != null) {
            cluster.close();
        }
    }

    /** Types numbered lines until told to stop, each when the one before was echoed. */
    private static final class Typist {
        private final ConsoleViewer viewer;
        private final StringBuilder typed = new StringBuilder();
        private final AtomicBoolean stop = new AtomicBoolean();
        private final CompletableFuture<Void> done = new CompletableFuture<>();
        private final int before;

        Typist(ConsoleViewer viewer, String name) {
            this.viewer = viewer;
            this.before = viewer.seen().length();
            Thread thread = new Thread(this::type, "godwit-it-typist-" + name);
            thread.setDaemon(true);
            thread.start();
        }

        private void type() {
            try {
                for (int line = 0; !stop.get(); line++) {
                    String text = "line " + line + ";";
                    typed.append(text);
                    viewer.type(text);
                    within(LIMIT, "an echo of " + text, () -> viewer.seen().length() >= before + typed.length());
                }
                done.complete(null);
            } catch (Throwable failed) {
                done.completeExceptionally(failed);
            }
        }

        /** What was typed, all of it echoed. */
        String end() throws Exception {
            stop.set(true);
            done.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
            return typed.toString();
        }

        String echoed() {
            return viewer.seen().substring(before);
        }
    }

    @Test
    void shouldEchoWhatIsTypedBeforeDuringAndAfterAMigration() throws Exception {
        List<TestNode> ring = List.of(cluster.alpha(), cluster.beta(), cluster.gamma());
        EchoVm vm = EchoVm.start(cluster, cluster.alpha(), "echo");
        try (ConsoleViewer serial = ConsoleViewer.open(cluster.gamma(), vm.name(), "serial");
                ConsoleViewer console = ConsoleViewer.open(cluster.beta(), vm.name(), "console")) {
            serial.awaitSeen("echo: ready", LIMIT);
            String generation = vm.view().path("generation").asText();
            within(LIMIT, "the line is whole", () -> serial.seen().endsWith("\n"));
            Typist atSerial = new Typist(serial, "serial");
            Typist atConsole = new Typist(console, "console");
            for (int hop = 0; hop < HOPS; hop++) {
                int before = atSerial.echoed().length();
                within(LIMIT, "echoes between moves", () -> atSerial.echoed().length() > before + 200);
                vm.move(ring.get(hop % ring.size()), ring.get((hop + 1) % ring.size()));
            }
            int behind = atConsole.echoed().length();
            within(
                    LIMIT,
                    "echoes behind the last move",
                    () -> atConsole.echoed().length() > behind + 200);
            assertThat(atSerial.end()).as("nothing lost, nothing repeated").isEqualTo(atSerial.echoed());
            assertThat(atConsole.end()).as("nothing lost, nothing repeated").isEqualTo(atConsole.echoed());
            assertThat(vm.view().path("generation").asText())
                    .as("a migration makes no copy")
                    .isEqualTo(generation)
                    .isNotEmpty();
        }
    }

    @Test
    void shouldPasteMoreThanAGuestTakesAtOnceIntoOneThatMoves() throws Exception {
        EchoVm vm = EchoVm.start(cluster, cluster.alpha(), "paste");
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 4000; i++) {
            text.append(i).append(' ');
        }
        try (ConsoleViewer viewer = ConsoleViewer.open(cluster.alpha(), vm.name(), "serial")) {
            viewer.awaitSeen("echo: ready, with a console\r\n", LIMIT);
            int before = viewer.seen().length();
            viewer.type(text.toString());
            within(LIMIT, "the paste begins", () -> viewer.seen().length() > before + 100);
            vm.move(cluster.alpha(), cluster.beta());
            within(LIMIT, "the paste ends", () -> viewer.seen().length() >= before + text.length());
            assertThat(viewer.seen().substring(before)).isEqualTo(text.toString());
            assertThat(viewer.ended()).isEmpty();
        }
    }
}
