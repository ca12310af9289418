package io.godwit.node.qmp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.godwit.actors.cluster.ClusterEvent;
import io.godwit.actors.vm.HostedVms;
import io.godwit.node.http.FakeCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The sockets themselves, in front of a cluster that the test scripts. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(60)
class QmpServerTest {
    private static final String VERSION = "{\"execute\":\"query-version\",\"id\":\"still here\"}\n";

    @TempDir
    Path directory;

    private ActorTestKit kit;
    private FakeCluster cluster;
    private HostedVms hosted;
    private QmpServer server;
    private Path sockets;
    private Path socket;

    @BeforeAll
    void startActors() {
        kit = ActorTestKit.create();
    }

    @AfterAll
    void stopActors() {
        kit.shutdownTestKit();
    }

    @BeforeEach
    void serve() throws IOException {
        cluster = new FakeCluster(kit);
        hosted = new HostedVms();
        sockets = Files.createTempDirectory(directory, "q").resolve("qmp");
        socket = sockets.resolve("db.sock");
        server = QmpServer.start(sockets, hosted, new QmpCommands(cluster));
        hosted.enter(FakeCluster.VM_ID, "db");
        await().until(() -> Files.exists(socket));
        await().until(() -> PosixFilePermissions.toString(Files.getPosixFilePermissions(socket))
                .equals("rw-------"));
    }

    @AfterEach
    void end() {
        server.close();
    }

    @Test
    void shouldGreetAndNegotiateAsQemuDoes() throws IOException {
        try (QmpClient client = QmpClient.open(socket)) {
            JsonNode greeting = client.read();
            assertThat(greeting.at("/QMP/version/qemu/major").asInt()).isEqualTo(7);
            assertThat(greeting.at("/QMP/capabilities").isArray()).isTrue();

            JsonNode agreed = client.ask("{\"execute\":\"qmp_capabilities\",\"id\":7}");
            assertThat(agreed.toString()).isEqualTo("{\"return\":{},\"id\":7}");
            assertThat(client.ask("{\"execute\":\"qmp_capabilities\"}")
                            .at("/error/class")
                            .asText())
                    .isEqualTo("CommandNotFound");
            assertThat(client.ask("{\"execute\":\"query-status\"}")
                            .at("/return/status")
                            .asText())
                    .isEqualTo("running");
        }
    }

    @Test
    void shouldServeCommandsWithoutNegotiationButTellThemNoEvents() throws IOException {
        try (QmpClient hasty = QmpClient.open(socket);
                QmpClient negotiated = QmpClient.open(socket)) {
            hasty.send("{\"execute\":\"query-name\"}");
            assertThat(hasty.read().has("QMP")).isTrue();
            assertThat(hasty.read().at("/return/name").asText()).isEqualTo("db");
            negotiated.read();
            negotiated.ask("{\"execute\":\"qmp_capabilities\"}");

            server.publish(event("vm.paused", Map.of("by", "pause")));

            JsonNode stop = negotiated.read();
            assertThat(stop.get("event").asText()).isEqualTo("STOP");
            assertThat(stop.at("/timestamp/seconds").asLong()).isEqualTo(1_700_000_000L);
            assertThat(stop.at("/timestamp/microseconds").asLong()).isEqualTo(123_000);
            assertThat(hasty.ask(VERSION).get("id").asText()).isEqualTo("still here");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"execute\":\"no-such-thing\"}",
                "{\"execute\":\"system_powerdown\",\"arguments\":{\"now\":true}}",
                "{\"execute\":\"human-monitor-command\",\"arguments\":{\"command-line\":\"info\"}}",
                "{\"execute\":7}",
                "{\"run\":\"stop\"}",
                "{}",
                "[]",
                "{\"execute\":\"migrate\"}",
                "{\"execute\":\"migrate\",\"arguments\":{\"uri\":5}}",
                "{\"execute\":\"migrate\",\"arguments\":{\"uri\":null}}",
                "{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"tcp:10.0.0.2:4444\"}}",
                "{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"beta\",\"blk\":true}}",
                "{\"execute\":\"migrate\",\"arguments\":[]}",
                "{\"execute\":\"query-status\",\"arguments\":{\"x\":1}}",
                "{\"execute\":\"migrate-set-parameters\",\"arguments\":{\"downtime-limit\":\"300\"}}",
                "{\"execute\":\"migrate-set-parameters\",\"arguments\":{\"downtime-limit\":0}}",
                "{\"execute\":\"migrate-set-parameters\",\"arguments\":{\"tls-creds\":\"tls0\"}}",
                "{\"execute\":\"migrate-set-parameters\",\"arguments\":{\"max-bandwidth\":1e30}}",
                "{\"execute\":\"migrate-set-capabilities\",\"arguments\":{\"capabilities\":[1]}}",
                "{\"execute\":\"migrate-set-capabilities\","
                        + "\"arguments\":{\"capabilities\":[{\"capability\":\"postcopy-ram\",\"state\":true}]}}",
                "{\"exec-oob\":\"stop\"}",
                "{\"execute\":\"stop\",\"execute\":\"cont\"}",
                "garbage",
                "{\"a\":\u0001}",
                "{\"execute\" \"stop\"}"
            })
    void shouldAnswerWhatIsWrongByAnErrorAndGoOn(String wrong) throws IOException {
        try (QmpClient client = QmpClient.open(socket)) {
            client.read();

            JsonNode error = client.ask(wrong + "\n").get("error");

            assertThat(error.get("class").asText()).isIn("GenericError", "CommandNotFound");
            assertThat(error.get("desc").asText()).isNotBlank();
            assertThat(client.ask(VERSION).get("id").asText()).isEqualTo("still here");
        }
        assertThat(cluster.requests).isEmpty();
    }

    @Test
    void shouldAnswerAHugeLineByOneErrorAndGoOn() throws IOException {
        try (QmpClient client = QmpClient.open(socket)) {
            client.read();
            client.send("{\"execute\":\"" + "x".repeat(QmpFramer.MAX_BYTES));
            client.send("x".repeat(100_000) + "\"}\n");

            assertThat(client.read().at("/error/desc").asText()).contains("1048576 bytes");
            assertThat(client.ask(VERSION).get("id").asText()).isEqualTo("still here");
        }
    }

    @Test
    void shouldSurviveAnyBytesAndAnswerTheNextCommand() throws IOException {
        for (long seed = 0; seed < 300; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            byte[] noise = new byte[1 + random.nextInt(2_000)];
            random.nextBytes(noise);
            try (QmpClient client = QmpClient.open(socket)) {
                client.read();
                client.sendRaw(noise);
                client.sendRaw(new byte[] {'\n', (byte) 0xff, '\n'});
                client.send(VERSION);
                JsonNode reply = client.read();
                while (!reply.has("id")) {
                    assertThat(reply.has("error"))
                            .as("seed " + seed + ": " + reply)
                            .isTrue();
                    reply = client.read();
                }
                assertThat(reply.get("id").asText()).as("seed " + seed).isEqualTo("still here");
            }
        }
    }

    @Test
    void shouldAnswerInOrderWhatArrivesAtOnceAndCloseBehindAClientThatIsDone() throws IOException {
        try (QmpClient client = QmpClient.open(socket)) {
            StringBuilder commands = new StringBuilder();
            for (int i = 0; i < 200; i++) {
                commands.append("{\"execute\":\"query-status\",\"id\":")
                        .append(i)
                        .append('}');
            }
            client.send(commands.toString());
            client.endInput();
            client.read();
            for (int i = 0; i < 200; i++) {
                assertThat(client.read().get("id").asInt()).isEqualTo(i);
            }
            assertThat(client.read()).isNull();
        }
    }

    @Test
    void shouldRefuseMoreSessionsThanItKeepsAndTakeOneAgainWhenOneEnds() throws IOException {
        List<QmpClient> clients = new ArrayList<>();
        for (int i = 0; i < QmpListener.MAX_SESSIONS; i++) {
            clients.add(QmpClient.open(socket));
            clients.get(i).read();
        }
        try (QmpClient surplus = QmpClient.open(socket)) {
            assertThat(surplus.read().at("/error/desc").asText()).contains("8 QMP sessions");
            assertThat(surplus.read()).isNull();
        }
        clients.get(0).close();
        await().until(() -> {
            try (QmpClient again = QmpClient.open(socket)) {
                return again.read().has("QMP");
            }
        });
        for (QmpClient client : clients) {
            client.close();
        }
    }

    @Test
    void shouldDropAClientThatDoesNotRead() throws IOException {
        try (QmpClient deaf = QmpClient.open(socket);
                QmpClient other = QmpClient.open(socket)) {
            deaf.read();
            other.read();
            byte[] many = VERSION.repeat(1_000).getBytes(java.nio.charset.StandardCharsets.UTF_8);
            await().until(() -> {
                try {
                    deaf.sendRaw(many);
                    return false;
                } catch (IOException dropped) {
                    return true;
                }
            });
            assertThat(other.ask(VERSION).get("id").asText()).isEqualTo("still here");
        }
    }

    @Test
    void shouldTakeASocketAwayWithItsVmAndGiveItsSessionsTheLastEvents() throws IOException {
        try (QmpClient client = QmpClient.open(socket)) {
            client.read();
            client.ask("{\"execute\":\"qmp_capabilities\"}");

            hosted.leave(FakeCluster.VM_ID);
            await().until(() -> !Files.exists(socket));
            server.publish(event("migration.completed", Map.of("role", "source")));

            assertThat(client.read().at("/data/status").asText()).isEqualTo("completed");
            assertThat(client.read()).isNull();
        }
    }

    @Test
    void shouldRemoveWhatADeadNodeLeftAndItsOwnSocketsAtTheEnd() throws IOException {
        server.close();
        assertThat(Files.exists(socket)).isFalse();
        Files.createFile(sockets.resolve("stale.sock"));

        server = QmpServer.start(sockets, new HostedVms(), new QmpCommands(cluster));

        assertThat(Files.exists(sockets.resolve("stale.sock"))).isFalse();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(sockets)))
                .isEqualTo("rwx------");
    }

    @Test
    void shouldNameASocketByTheIdWhereTheNameMakesTooLongAPath() throws IOException {
        int room = QmpListener.MAX_PATH_BYTES - sockets.toString().length() - 1 - ".sock".length();
        org.junit.jupiter.api.Assumptions.assumeTrue(
                room >= 26 && room < 63, "the temporary directory's path is of another length");
        String name = "n".repeat(63);

        hosted.enter("zzzzzzzzzzzzzzzzzzzzzzzzzz", name);

        await().until(() -> Files.exists(sockets.resolve("zzzzzzzzzzzzzzzzzzzzzzzzzz.sock")));
        assertThat(Files.exists(sockets.resolve(name + ".sock"))).isFalse();
    }

    private static ClusterEvent event(String kind, Map<String, String> details) {
        return new ClusterEvent(1_700_000_000_123L, kind, "alpha", FakeCluster.VM_ID, null, new TreeMap<>(details));
    }
}
