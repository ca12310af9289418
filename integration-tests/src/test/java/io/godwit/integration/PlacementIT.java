package io.godwit.integration;

import static io.godwit.integration.harness.Deadline.within;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.godwit.integration.harness.Checkout;
import io.godwit.integration.harness.Figures;
import io.godwit.integration.harness.Host;
import io.godwit.integration.harness.LogsOnFailure;
import io.godwit.integration.harness.Migration;
import io.godwit.integration.harness.NodeSettings;
import io.godwit.integration.harness.ProbeVm;
import io.godwit.integration.harness.ProbeVm.Shape;
import io.godwit.integration.harness.Rest;
import io.godwit.integration.harness.TestCluster;
import io.godwit.integration.harness.TestNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Three hosts in two zones that choose where VMs live, or say why not, and move them so that they carry alike. */
@ExtendWith(LogsOnFailure.class)
@Timeout(value = 6, unit = TimeUnit.MINUTES)
@Tag("slow")
class PlacementIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Duration REST_LIMIT = Duration.ofSeconds(150);
    private static final List<Map<String, Object>> APART_FROM_WEB =
            List.of(Map.of("kind", "apart", "vms", List.of("web")));

    private TestCluster cluster;

    @BeforeEach
    void startCluster() throws IOException {
        Host.assumeKvm();
        Path pools = Files.createDirectories(Checkout.scratch("pool").resolve("local"));
        for (String name : List.of("alpha", "beta", "gamma")) {
            Files.createDirectories(pools.resolve(name));
        }
        cluster = TestCluster.three(name -> NodeSettings.USUAL
                .with("storage.pools", "[ { name = own, path = \"%s\", kind = local } ]".formatted(pools.resolve(name)))
                .with("host.zone", name.equals("alpha") ? "west" : "east")
                .with("hypervisor.memory", "768MiB")
                .with("rebalance.round", "2s")
                .with("rebalance.hold-rounds", "2")
                .with("rebalance.cooldown", "30m"));
    }

    @AfterEach
    void endCluster() {
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    void shouldChooseHostsByWhatTheySayAndByRulesAndTellWhyNot() {
        ProbeVm web = ProbeVm.start(cluster, cluster.alpha(), Shape.small("web"));
        Rest rest = cluster.beta().rest();
        for (JsonNode host : rest.get("/v1/hosts").ok()) {
            boolean alpha = host.path("name").asText().equals("alpha");
            assertThat(host.path("zone").asText()).isEqualTo(alpha ? "west" : "east");
            assertThat(host.path("cpuVendor").asText()).isNotEmpty();
            assertThat(host.path("cpuFeatures")).isNotEmpty();
        }

        Rest.Answer refused = create("db", Map.of("host", "alpha", "rules", APART_FROM_WEB));
        Rest.Answer elsewhere = create("far", Map.of("host", "alpha", "zones", List.of("east")));
        assertThat(refused.status()).as("%s", refused.body()).isEqualTo(409);
        assertThat(texts(refused.body().path("reasons")))
                .containsExactly("host alpha: rule db.rules[0] keeps the VM apart from web, which is there");
        assertThat(texts(elsewhere.body().path("reasons")))
                .containsExactly("host alpha: it is in zone \"west\", the VM belongs to [east]");

        String db =
                create("db", Map.of("rules", APART_FROM_WEB)).ok().path("host").asText();
        assertThat(db).isIn("beta", "gamma");
        Rest.Answer contradiction =
                create("both", Map.of("rules", List.of(Map.of("kind", "together", "vms", List.of("web", "db")))));
        assertThat(texts(contradiction.body().path("reasons")))
                .singleElement()
                .asString()
                .startsWith("rule both.rules[0]: VMs ")
                .endsWith("are to be together and, by db.rules[0], apart");

        Rest.Answer named = rest.post("/v1/vms/web/migrations", Map.of("target", db));
        assertThat(named.status()).isEqualTo(409);
        assertThat(texts(named.body().path("reasons")))
                .containsExactly("host " + db + ": rule db.rules[0] keeps the VM apart from db, which is there");
        TestNode left = cluster.node(db.equals("beta") ? "gamma" : "beta");
        JsonNode accepted = rest.post("/v1/vms/web/migrations", Map.of()).ok();
        assertThat(accepted.path("to").asText()).isEqualTo(left.name());
        awaitCompleted(rest, accepted.path("id").asText());
        web.assertHealthyAt(left);

        Rest.Answer full = create("full", Map.of("memory", "512MiB", "zones", List.of("west"), "host", "alpha"));
        String big = full.ok().path("id").asText();
        cluster.alpha().rest().post("/v1/vms/" + big + "/start", Map.of()).ok();
        JsonNode losses = rest.get("/v1/cluster").ok().path("hostLosses");
        assertThat(losses).hasSize(3);
        assertThat(losses.get(0).path("host").asText()).isEqualTo("alpha");
        assertThat(losses.get(0).path("survived").asBoolean()).isFalse();
        assertThat(texts(losses.at("/0/homeless/0/reasons")))
                .allMatch(reason -> reason.endsWith("it is in zone \"east\", the VM belongs to [west]"))
                .hasSize(2);
    }

    @Test
    void shouldGiveGuestsTheBaselineFindWhatIsLookedForAndSendVmsToTheirVolumes() {
        Rest rest = cluster.beta().rest();
        JsonNode baseline = rest.get("/v1/cluster").ok().path("cpuBaseline");
        assertThat(baseline.path("features")).isNotEmpty();
        assertThat(baseline.path("notConsidered")).isEmpty();
        assertThat(baseline.path("hosts"))
                .as("one machine, one CPU")
                .hasSize(3)
                .allSatisfy(host -> assertThat(host.path("beyond")).isEmpty());

        rest.post("/v1/volumes", Map.of("pool", "own", "name", "db.raw", "size", "1MiB", "host", "beta"))
                .ok();
        rest.post("/v1/volumes", Map.of("pool", "own", "name", "log.raw", "size", "1MiB", "host", "gamma"))
                .ok();
        JsonNode db = create("db", Map.of("cpu", "baseline", "disks", List.of(Map.of("volume", "own/db.raw"))))
                .ok();
        assertThat(db.path("host").asText()).as("where its volume is").isEqualTo("beta");
        assertThat(db.path("hideCpuFeatures")).as("hosts are alike").isEmpty();
        Rest.Answer nowhere = create(
                "torn", Map.of("disks", List.of(Map.of("volume", "own/db.raw"), Map.of("volume", "own/log.raw"))));
        assertThat(nowhere.status()).as("%s", nowhere.body()).isEqualTo(503);
        assertThat(texts(nowhere.body().path("reasons")))
                .contains(
                        "host beta: volume log.raw is in pool own of host gamma",
                        "host gamma: volume db.raw is in pool own of host beta");

        ProbeVm web = ProbeVm.start(cluster, cluster.alpha(), Shape.small("web"));
        assertThat(texts(rest.get("/v1/vms?search=WE").ok(), "name")).containsExactly("web");
        assertThat(texts(rest.get("/v1/vms?host=beta&status=stopped").ok(), "name"))
                .containsExactly("db");
        assertThat(texts(rest.get("/v1/hosts?zone=east&state=up").ok(), "name")).containsExactly("beta", "gamma");
        assertThat(rest.get("/v1/hosts/alpha").ok().path("vms").asInt()).isEqualTo(1);

        JsonNode moved = rest.post(
                        "/v1/vms/web/migrations",
                        Map.of("target", "gamma", "skipCpuCheck", true, "skipKernelCheck", true))
                .ok();
        awaitCompleted(rest, moved.path("id").asText());
        web.assertHealthyAt(cluster.gamma());
    }

    @Test
    void shouldSayWhatItWouldMoveUntilItIsArmedThenMoveItAndComeToRest() {
        List<ProbeVm> vms = new ArrayList<>();
        for (String name : List.of("one", "two", "three", "four", "five", "six")) {
            vms.add(ProbeVm.start(cluster, cluster.alpha(), Shape.small(name)));
        }

        within(
                LIMIT,
                "a plan is recommended",
                () -> rebalancer().path("why").asText().endsWith("(recommended only)"));
        JsonNode recommended = rebalancer();
        assertThat(recommended.path("mode").asText()).isEqualTo("recommend-only");
        assertThat(recommended.path("plan")).isNotEmpty().allSatisfy(move -> {
            assertThat(move.path("from").asText()).isEqualTo("alpha");
            assertThat(move.path("gain").asDouble()).isPositive();
            assertThat(move.path("costMs").asLong()).isPositive();
            assertThat(move.path("begun").asBoolean()).isFalse();
        });
        JsonNode dryRun = cluster.beta()
                .rest()
                .post("/v1/rebalance?dryRun=true", Map.of())
                .ok();
        assertThat(dryRun.path("plan")).isNotEmpty();
        assertThat(dryRun.path("moves")).isEmpty();
        vms.forEach(vm -> assertThat(vm.host()).as("where %s is", vm).isEqualTo(cluster.alpha()));

        long armedNs = System.nanoTime();
        cluster.gamma()
                .rest()
                .post("/v1/rebalance/mode", Map.of("mode", "armed"))
                .ok();
        within(REST_LIMIT, "the hosts carry alike", this::rests);
        long tookMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - armedNs);

        JsonNode rested = rebalancer();
        List<String> moved = new ArrayList<>();
        for (JsonNode move : rested.path("moves")) {
            moved.add(move.path("vm").asText());
            assertThat(move.path("state").asText()).as("%s", move).isEqualTo("completed");
            assertThat(move.path("asked").asBoolean()).isFalse();
            assertThat(move.path("measuredGain").asDouble()).as("%s", move).isPositive();
            assertThat(move.path("measuredMs").asLong()).isPositive();
            assertThat(cluster.any()
                            .rest()
                            .get("/v1/migrations/" + move.path("migration").asText())
                            .status())
                    .as("it is an ordinary migration")
                    .isEqualTo(200);
        }
        assertThat(moved).hasSizeGreaterThan(1).doesNotHaveDuplicates();
        Figures.report(
                "6 small VMs on one host of three: imbalance %.3f, %d moves bring it to %.3f, %d ms after arming",
                recommended.path("imbalance").asDouble(),
                moved.size(),
                rested.path("imbalance").asDouble(),
                tookMs);
        vms.forEach(vm -> vm.assertHealthyAt(vm.host()));
    }

    private JsonNode rebalancer() {
        return cluster.any().rest().get("/v1/rebalance").ok();
    }

    private boolean rests() {
        JsonNode now = rebalancer();
        boolean anyUnderWay = texts(now.path("moves"), "state").contains("begun");
        return !now.path("moves").isEmpty()
                && !anyUnderWay
                && now.path("why").asText().contains("is not above");
    }

    private static List<String> texts(JsonNode array, String field) {
        List<String> texts = new ArrayList<>();
        array.forEach(entry -> texts.add(entry.path(field).asText()));
        return texts;
    }

    private Rest.Answer create(String name, Map<String, ?> fields) {
        Map<String, Object> body = new HashMap<>(Map.of(
                "name", name, "memory", "96MiB", "kernel", ProbeVm.kernel().toString(), "cmdline", "wss=4 fill=16"));
        body.putAll(fields);
        return cluster.gamma().rest().post("/v1/vms", body);
    }

    private static void awaitCompleted(Rest rest, String migration) {
        within(
                LIMIT,
                "migration " + migration + " has ended",
                () -> Migration.ENDED.contains(rest.get("/v1/migrations/" + migration)
                        .ok()
                        .path("status")
                        .asText()));
        assertThat(rest.get("/v1/migrations/" + migration).ok().path("status").asText())
                .isEqualTo("completed");
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(text -> texts.add(text.asText()));
        return texts;
    }
}
