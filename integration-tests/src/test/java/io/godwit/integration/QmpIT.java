package io.godwit.integration;

import static io.godwit.integration.harness.Deadline.within;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.godwit.integration.harness.Host;
import io.godwit.integration.harness.LogsOnFailure;
import io.godwit.integration.harness.ProbeVm;
import io.godwit.integration.harness.ProbeVm.Shape;
import io.godwit.integration.harness.QmpSocket;
import io.godwit.integration.harness.Rest;
import io.godwit.integration.harness.TestCluster;
import io.godwit.integration.harness.TestNode;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** VMs of real nodes, driven by QMP: by their sockets, and over HTTP. */
@ExtendWith(LogsOnFailure.class)
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class QmpIT {
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static TestCluster cluster;
    private ProbeVm vm;

    @BeforeAll
    static void startCluster() {
        Host.assumeKvm();
        cluster = TestCluster.three();
    }

    @AfterAll
    static void endCluster() {
        if (cluster != null) {
            cluster.close();
        }
    }

    @AfterEach
    void deleteVm() {
        if (vm != null) {
            vm.delete();
        }
    }

    @Test
    void shouldMigrateByTheSocketWithEventsInTheirOrderAndTakeTheSocketAlong() throws Exception {
        TestNode alpha = cluster.alpha();
        TestNode beta = cluster.beta();
        vm = ProbeVm.start(cluster, alpha, Shape.small("by-socket"));

        try (QmpSocket qmp = QmpSocket.negotiated(alpha, vm)) {
            assertThat(qmp.ask("query-status", Map.of()).path("status").asText())
                    .isEqualTo("running");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(alpha.qmpSocket(vm.name()))))
                    .isEqualTo("rw-------");
            assertThat(qmp.ask("query-migrate", Map.of()).isEmpty()).isTrue();

            assertThat(qmp.ask("migrate", Map.of("uri", "godwit:beta")).isEmpty())
                    .isTrue();
            qmp.awaitEvent("MIGRATION completed", LIMIT);

            assertThat(qmp.events())
                    .containsSubsequence(
                            "MIGRATION setup", "MIGRATION active", "STOP", "MIGRATION device", "MIGRATION completed")
                    .doesNotContain("RESUME", "MIGRATION failed");
        }
        within(LIMIT, "alpha's socket is gone", () -> !Files.exists(alpha.qmpSocket(vm.name())));
        try (QmpSocket qmp = QmpSocket.negotiated(beta, vm)) {
            within(
                    LIMIT,
                    "the VM runs at beta",
                    () -> qmp.ask("query-status", Map.of()).path("running").asBoolean());
            JsonNode migration = qmp.ask("query-migrate", Map.of());
            assertThat(migration.path("status").asText()).isEqualTo("completed");
            assertThat(migration.path("downtime").asLong()).isPositive();
            assertThat(migration.at("/ram/transferred").asLong()).isGreaterThan(64 << 20);
            assertThat(migration.at("/ram/normal").asLong() * 4096)
                    .isEqualTo(migration.at("/ram/normal-bytes").asLong());
            assertThat(migration.at("/ram/dirty-sync-count").asInt()).isPositive();
        }
        vm.assertHealthyAt(beta);
    }

    @Test
    void shouldCancelByTheSocketWhatTheSocketBegan() throws Exception {
        vm = ProbeVm.start(cluster, cluster.alpha(), Shape.of("wavering", "256MiB", "wss=16 rate=30 fill=200"));

        try (QmpSocket qmp = QmpSocket.negotiated(cluster.alpha(), vm)) {
            qmp.ask("migrate-set-parameters", Map.of("max-bandwidth", 20_000_000));
            assertThat(qmp.ask("query-migrate-parameters", Map.of())
                            .path("max-bandwidth")
                            .asLong())
                    .isEqualTo(20_000_000);
            qmp.ask("migrate", Map.of("uri", "beta"));
            within(
                    LIMIT,
                    "pages move",
                    () -> qmp.ask("query-migrate", Map.of())
                                    .at("/ram/transferred")
                                    .asLong()
                            > 4 << 20);
            assertThat(qmp.reply("stop", Map.of()).at("/error/desc").asText()).contains("busy with migration");

            qmp.ask("migrate_cancel", Map.of());

            qmp.awaitEvent("MIGRATION cancelled", LIMIT);
            assertThat(qmp.ask("query-migrate", Map.of()).path("status").asText())
                    .isEqualTo("cancelled");
            assertThat(qmp.ask("migrate_cancel", Map.of()).isEmpty())
                    .as("nothing is left to cancel")
                    .isTrue();
        }
        vm.awaitSettled(LIMIT);
        vm.assertHealthyAt(cluster.alpha());
    }

    @Test
    void shouldHoldBeforeTheSwitchoverUntilItIsContinued() throws Exception {
        vm = ProbeVm.start(cluster, cluster.alpha(), Shape.small("held"));

        try (QmpSocket qmp = QmpSocket.negotiated(cluster.alpha(), vm)) {
            qmp.ask(
                    "migrate-set-capabilities",
                    Map.of("capabilities", List.of(Map.of("capability", "pause-before-switchover", "state", true))));
            qmp.ask("migrate", Map.of("uri", "godwit:beta"));
            qmp.awaitEvent("MIGRATION pre-switchover", LIMIT);
            within(
                    LIMIT,
                    "the guest stands still to move",
                    () -> qmp.ask("query-status", Map.of())
                            .path("status")
                            .asText()
                            .equals("finish-migrate"));
            within(
                    LIMIT,
                    "the migration goes on when told to",
                    () -> qmp.reply("migrate-continue", Map.of("state", "pre-switchover"))
                            .has("return"));
            qmp.awaitEvent("MIGRATION completed", LIMIT);
        }
        vm.assertHealthyAt(cluster.beta());
    }

    @Test
    void shouldMeasureWhatTheGuestDirties() throws Exception {
        vm = ProbeVm.start(cluster, cluster.alpha(), Shape.of("dirty", "96MiB", "wss=32 rate=20 fill=32"));

        try (QmpSocket qmp = QmpSocket.open(cluster.alpha(), vm)) {
            qmp.ask("calc-dirty-rate", Map.of("calc-time", 1));
            within(
                    LIMIT,
                    "the rate is measured",
                    () -> qmp.ask("query-dirty-rate", Map.of())
                            .path("status")
                            .asText()
                            .equals("measured"));

            assertThat(qmp.ask("query-dirty-rate", Map.of()).path("dirty-rate").asLong())
                    .as("MiB/s of a guest that dirties 20 MB/s at most")
                    .isBetween(1L, 40L);
        }
    }

    @Test
    void shouldStopAndContinueAndTellOfIt() throws Exception {
        vm = ProbeVm.start(cluster, cluster.alpha(), Shape.small("halting"));

        try (QmpSocket qmp = QmpSocket.negotiated(cluster.alpha(), vm)) {
            qmp.ask("stop", Map.of());
            assertThat(qmp.ask("query-status", Map.of()).path("status").asText())
                    .isEqualTo("paused");
            qmp.ask("cont", Map.of());
            qmp.awaitEvent("RESUME", LIMIT);
            qmp.ask("quit", Map.of());
            qmp.awaitEvent("SHUTDOWN", LIMIT);

            assertThat(qmp.events()).containsExactly("STOP", "RESUME", "SHUTDOWN");
            assertThat(qmp.ask("query-status", Map.of()).path("status").asText())
                    .isEqualTo("shutdown");
        }
    }

    @Test
    void shouldAnswerOverHttpFromAnyNodeWhateverItIsSent() throws Exception {
        vm = ProbeVm.start(cluster, cluster.alpha(), Shape.small("remote"));
        Rest gamma = cluster.gamma().rest();
        String path = "/v1/vms/" + vm.name() + "/qmp";

        assertThat(gamma.post(path, Map.of("execute", "query-name", "id", 3))
                        .ok()
                        .toString())
                .isEqualTo("{\"return\":{\"name\":\"remote\"},\"id\":3}");
        for (String wrong : List.of("", "{", "[]", "\u0000", "{\"execute\":\"fly\"}", "{\"execute\":1}", "7")) {
            JsonNode reply = gamma.postRaw(path, wrong).ok();
            assertThat(reply.at("/error/desc").asText()).as(wrong).isNotBlank();
        }
        assertThat(gamma.postRaw("/v1/vms/nobody/qmp", "{}").status()).isEqualTo(404);
    }

    @Test
    void shouldKeepWhatIsSetThroughAMigrationAndShowItOnEveryHost() {
        vm = ProbeVm.start(cluster, cluster.alpha(), Shape.small("particular"));
        Rest gamma = cluster.gamma().rest();
        String path = "/v1/vms/" + vm.name() + "/migration-parameters";
        cluster.alpha()
                .rest()
                .put("/v1/migration-parameters", Map.of("downtime-limit", "200ms", "multifd-channels", 1))
                .ok();
        gamma.patch(path, Map.of("downtime-limit", "80ms")).ok();

        JsonNode ended = vm.migrateTo(cluster.beta()).awaitCompleted(LIMIT);

        assertThat(ended.at("/parameters/downtime-limit").asText()).isEqualTo("80ms");
        assertThat(ended.at("/parameters/multifd-channels").asText()).isEqualTo("1");
        for (TestNode node : cluster.living()) {
            JsonNode set = node.rest().get(path).ok().path("set");
            assertThat(set.toString()).as(node.name()).isEqualTo("{\"downtime-limit\":\"80ms\"}");
            assertThat(from(node, path, "downtime-limit")).isEqualTo("80ms from vm");
            assertThat(from(node, path, "multifd-channels")).isEqualTo("1 from cluster");
        }

        java.util.HashMap<String, Object> unset = new java.util.HashMap<>();
        unset.put("downtime-limit", null);
        gamma.patch(path, unset).ok();
        assertThat(from(cluster.alpha(), path, "downtime-limit")).isEqualTo("200ms from cluster");
        gamma.put("/v1/migration-parameters", Map.of()).ok();
        assertThat(from(cluster.alpha(), path, "downtime-limit")).isEqualTo("300ms from default");
    }

    private static String from(TestNode node, String path, String parameter) {
        for (JsonNode each : node.rest().get(path).ok().path("parameters")) {
            if (each.path("name").asText().equals(parameter)) {
                return each.path("value").asText() + " from "
                        + each.path("from").asText();
            }
        }
        return "absent";
    }

    @Test
    void shouldChangeARunningMigrationAndRefuseByNameWhatIsFixed() {
        vm = ProbeVm.start(cluster, cluster.alpha(), Shape.of("changing", "256MiB", "wss=16 rate=10 fill=200"));
        var migration = vm.migrateTo(cluster.beta(), Map.of("max-bandwidth", "5MiB/s"));
        migration.awaitTransferred(1 << 20, LIMIT);
        Rest gamma = cluster.gamma().rest();
        String path = "/v1/migrations/" + migration.id();

        Rest.Answer refused = gamma.patch(path, Map.of("multifd-channels", 4));
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.text("field")).isEqualTo("multifd-channels");
        assertThat(refused.text("detail")).contains("max-bandwidth");
        JsonNode changed =
                gamma.patch(path, Map.of("max-bandwidth", "unlimited")).ok();
        assertThat(changed.at("/parameters/max-bandwidth").asText()).isEqualTo("unlimited");

        assertThat(migration.awaitCompleted(LIMIT).path("totalMs").asLong())
                .as("200 MiB at 5 MiB/s would have taken 40 s")
                .isLessThan(30_000);
        assertThat(gamma.patch(path, Map.of("max-bandwidth", "1MiB/s")).status())
                .isEqualTo(409);
    }

    @Test
    void shouldServeTheSocketAgainAfterItsNodeWasKilled() throws Exception {
        try (TestCluster alone = TestCluster.one()) {
            TestNode first = alone.alpha();
            ProbeVm lonely = ProbeVm.start(alone, first, Shape.small("lonely"));
            first.rest()
                    .put("/v1/vms/lonely/migration-parameters", Map.of("auto-converge", true))
                    .ok();
            first.rest()
                    .put("/v1/migration-parameters", Map.of("compress-level", 3))
                    .ok();
            first.kill();
            assertThat(Files.exists(first.qmpSocket("lonely")))
                    .as("left behind")
                    .isTrue();

            TestNode second = alone.restart(first);

            try (QmpSocket qmp = QmpSocket.open(second, lonely)) {
                assertThat(qmp.ask("query-status", Map.of()).path("status").asText())
                        .isEqualTo("shutdown");
                JsonNode parameters = qmp.ask("query-migrate-parameters", Map.of());
                assertThat(parameters.path("compress-level").asInt()).isEqualTo(3);
                JsonNode capabilities = qmp.ask("query-migrate-capabilities", Map.of());
                assertThat(capabilities.toString()).contains("{\"capability\":\"auto-converge\",\"state\":true}");
            }
        }
    }
}
