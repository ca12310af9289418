package io.godwit.integration;

import static io.godwit.integration.harness.Deadline.within;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.godwit.integration.harness.Cli;
import io.godwit.integration.harness.Figures;
import io.godwit.integration.harness.FreePorts;
import io.godwit.integration.harness.LogsOnFailure;
import io.godwit.integration.harness.NodeSettings;
import io.godwit.integration.harness.ProbeVm;
import io.godwit.integration.harness.Rest;
import io.godwit.integration.harness.TestCluster;
import io.godwit.integration.harness.TestNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The ledger loses voters, gets another, loses its quorum and has it back; nothing that was written is lost. */
@ExtendWith(LogsOnFailure.class)
@Timeout(value = 10, unit = TimeUnit.MINUTES)
@Tag("slow")
class LedgerIT {
    private static final Duration LIMIT = Duration.ofSeconds(90);
    /** A status has to come without a leader too. */
    private static final long STATUS_MS = 5_000;

    private static final List<String> VOTERS = List.of("alpha", "delta", "gamma");

    private TestCluster cluster;

    @BeforeEach
    void startCluster() {
        cluster = TestCluster.threeAndAClient(name -> NodeSettings.USUAL.with("hypervisor.backend", "simulated"));
    }

    @AfterEach
    void endCluster() {
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    void shouldGoOnWithAnotherVoterAndSayWhenTooManyAreGone(@TempDir Path directory) throws IOException {
        TestNode survivor = cluster.alpha();
        TestNode fourth = cluster.node("delta");
        write(fourth, 1);
        assertRefused(fourth, "delta", "gamma", "one of the ledger's voters, alpha, beta, gamma");
        assertRefused(fourth, "beta", "alpha", "alpha is one already");
        assertRefused(fourth, "beta", "omega", "a host that is up and no voter (delta)");
        TestNode leader = cluster.ledgerLeader(fourth);
        TestNode old = cluster.beta();
        old.kill();
        within(
                LIMIT,
                "all see that beta is missing and the quorum is held",
                () -> cluster.living().stream()
                        .allMatch(node -> missing(node).equals(List.of("beta")) && quorum(node)));

        long beganNs = System.nanoTime();
        // All hosts of the test have one address: where beta's voter was, beta starts again.
        Cli.Result replaced = Cli.run(
                survivor, LIMIT, "ledger", "replace", "beta", "delta", "--address", "127.0.0.1:" + FreePorts.tcp());
        Figures.report(
                "ledger: a voter that was gone%s was replaced after %d ms",
                leader == old ? " and had led" : "", msSince(beganNs));
        assertThat(replaced.exitCode()).as(replaced.output()).isZero();
        assertThat(replaced.output()).containsPattern("delta +\\S+:\\d").doesNotContainPattern("beta +\\S+:\\d");
        within(
                LIMIT,
                "all know the new voters",
                () -> cluster.living().stream().allMatch(node -> voters(node).equals(VOTERS)));

        cluster.gamma().kill();
        write(survivor, 2);
        within(
                LIMIT,
                "two of three hold the quorum",
                () -> quorum(fourth) && missing(fourth).equals(List.of("gamma")));
        backUp(survivor, directory.resolve("ledger.json.gz"));

        fourth.kill();
        within(LIMIT, "the survivor says that the quorum is lost", () -> isLost(survivor));
        within(LIMIT, "and who is missing", () -> missing(survivor).equals(List.of("delta", "gamma")));
        within(
                LIMIT,
                "in the CLI too",
                () -> Cli.run(survivor, LIMIT, "cluster", "status")
                        .output()
                        .contains("QUORUM LOST; voters out of reach: delta, gamma"));

        TestNode again = cluster.restart(fourth);
        for (TestNode node : List.of(survivor, again)) {
            within(LIMIT, "host " + node + " sees the quorum again", () -> quorum(node));
        }
        write(again, 3);
        assertThat(written(survivor)).isEqualTo(3);

        TestNode away = cluster.restart(old);
        within(
                LIMIT,
                "the host that was away knows who votes",
                () -> quorum(away) && voters(away).equals(VOTERS));
        write(away, 4);
        assertThat(written(survivor)).isEqualTo(4);
    }

    @Test
    void shouldGoOnFromTheCopyOfTheOnlyVoterThatIsLeft() {
        TestNode survivor = cluster.alpha();
        List<TestNode> lost = List.of(cluster.beta(), cluster.gamma());
        TestNode client = cluster.node("delta");
        String vm = survivor.rest()
                .post(
                        "/v1/vms",
                        Map.of(
                                "name",
                                "kept",
                                "memory",
                                "64MiB",
                                "kernel",
                                ProbeVm.kernel().toString()))
                .ok()
                .path("id")
                .asText();
        write(survivor, 2);
        within(
                LIMIT,
                "all voters have it",
                () -> committed(survivor).stream().distinct().count() == 1);
        Cli.Result early = recover(survivor, "alpha", "beta,gamma");
        assertThat(early.exitCode()).as(early.output()).isNotZero();
        assertThat(early.output()).contains("the ledger has a quorum");
        lost.forEach(TestNode::kill);
        within(LIMIT, "the survivor says that the quorum is lost", () -> isLost(survivor));

        Cli.Result half = recover(survivor, "alpha", "beta");
        assertThat(half.output()).contains("host gamma's voter does not answer and is not said to be lost");
        Cli.Result elsewhere = recover(client, "alpha", "beta,gamma");
        assertThat(elsewhere.output()).contains("ask host alpha itself");
        long beganNs = System.nanoTime();
        Cli.Result recovered = recover(survivor, "alpha", "beta,gamma");
        Figures.report("ledger: made anew of the last voter's copy after %d ms", msSince(beganNs));

        assertThat(recovered.exitCode()).as(recovered.output()).isZero();
        assertThat(recovered.output()).contains("kept").contains("generation").contains("only cut off from alpha");
        for (TestNode node : List.of(survivor, client)) {
            within(
                    LIMIT,
                    "host " + node + " goes by the new generation",
                    () -> isOfGeneration(node, 1) && quorum(node));
        }
        within(LIMIT, "what was written is there", () -> written(survivor) == 2);
        within(
                LIMIT,
                "the VM is there",
                () -> survivor.rest()
                        .get("/v1/vms/" + vm)
                        .ok()
                        .get("name")
                        .asText()
                        .equals("kept"));

        TestNode old = cluster.restart(lost.get(0));
        within(
                LIMIT,
                "the one that was lost votes no more",
                () -> isOfGeneration(old, 1)
                        && voters(old).equals(List.of("alpha"))
                        && status(old).at("/notes/0").asText().contains("does not vote"));
        write(old, 3);
        Cli.Result added =
                Cli.run(survivor, LIMIT, "ledger", "add", "beta", "--address", "127.0.0.1:" + FreePorts.tcp());
        assertThat(added.exitCode()).as(added.output()).isZero();
        within(LIMIT, "it votes again", () -> voters(old).equals(List.of("alpha", "beta")) && quorum(old));
        assertThat(written(survivor)).isEqualTo(3);
    }

    /** A host that was left alone may begin its actors anew meanwhile, and nobody listens at its API for a moment. */
    private static Cli.Result recover(TestNode asked, String from, String lost) {
        AtomicReference<Cli.Result> answer = new AtomicReference<>();
        within(LIMIT, "host " + asked + " is asked to recover the ledger", () -> {
            answer.set(Cli.run(asked, LIMIT, "ledger", "recover", "--from", from, "--lost", lost, "--yes"));
            return !answer.get().output().contains("no node answers at");
        });
        return answer.get();
    }

    private static boolean isOfGeneration(TestNode node, int generation) {
        return status(node).get("generation").asInt() == generation;
    }

    private static List<Long> committed(TestNode node) {
        List<Long> indices = new ArrayList<>();
        status(node)
                .get("voters")
                .forEach(voter -> indices.add(voter.get("committed").asLong()));
        return indices;
    }

    private static void assertRefused(TestNode asked, String out, String in, String detail) {
        Rest.Answer answer = asked.rest().post("/v1/ledger/voters", Map.of("replace", out, "with", in));
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text("detail")).contains(detail);
    }

    private static void backUp(TestNode node, Path file) throws IOException {
        Cli.Result backup = Cli.run(node, LIMIT, "ledger", "backup", file.toString());
        assertThat(backup.exitCode()).as(backup.output()).isZero();
        assertThat(Files.size(file)).isPositive();
    }

    /** Something that only a majority can take. */
    private static void write(TestNode node, int value) {
        within(
                LIMIT,
                "host " + node + " writes to the ledger",
                () -> node.rest()
                                .patch("/v1/migration-parameters", Map.of("multifd-channels", value))
                                .status()
                        == 200);
    }

    private static int written(TestNode node) {
        return node.rest()
                .get("/v1/migration-parameters")
                .ok()
                .at("/set/multifd-channels")
                .asInt();
    }

    private static JsonNode status(TestNode node) {
        long beganNs = System.nanoTime();
        JsonNode status = node.rest().get("/v1/ledger").ok();
        assertThat(msSince(beganNs)).as("a status takes").isLessThan(STATUS_MS);
        return status;
    }

    private static boolean quorum(TestNode node) {
        return status(node).get("quorum").asBoolean()
                && ofCluster(node, "quorum").equals("held");
    }

    private static boolean isLost(TestNode node) {
        return !status(node).get("quorum").asBoolean()
                && ofCluster(node, "quorum").equals("lost");
    }

    private static String ofCluster(TestNode node, String field) {
        return node.rest().get("/v1/cluster").ok().at("/ledger/" + field).asText();
    }

    private static List<String> missing(TestNode node) {
        return texts(status(node).get("missing"));
    }

    private static List<String> voters(TestNode node) {
        List<String> hosts = new ArrayList<>();
        status(node).get("voters").forEach(voter -> hosts.add(voter.get("host").asText()));
        return hosts.stream().sorted().toList();
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(text -> texts.add(text.asText()));
        return texts;
    }

    private static long msSince(long beganNs) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beganNs);
    }
}
