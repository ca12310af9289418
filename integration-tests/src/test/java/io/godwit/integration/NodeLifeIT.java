package io.godwit.integration;

import static io.godwit.integration.harness.Deadline.within;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.godwit.integration.harness.Host;
import io.godwit.integration.harness.LogsOnFailure;
import io.godwit.integration.harness.ProbeVm;
import io.godwit.integration.harness.ProbeVm.Shape;
import io.godwit.integration.harness.TestCluster;
import io.godwit.integration.harness.TestNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** One host alone: it ends in order, and knows its VMs again when it comes back. */
@ExtendWith(LogsOnFailure.class)
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class NodeLifeIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @Test
    void shouldEndInOrderAndKnowItsVmsAgain() throws Exception {
        Host.assumeKvm();
        try (TestCluster cluster = TestCluster.one()) {
            TestNode first = cluster.alpha();
            ProbeVm running = ProbeVm.start(cluster, first, Shape.small("running"));
            ProbeVm unwanted = ProbeVm.start(cluster, first, Shape.small("unwanted"));
            ProbeVm stopped = ProbeVm.start(cluster, first, Shape.small("stopped"));
            first.rest().post("/v1/vms/" + stopped.id() + "/stop", Map.of()).ok();

            assertThat(first.terminate()).as("exit code after SIGTERM").isZero();
            assertThat(driverDirectories(first)).as("left in /dev/shm").isEmpty();

            TestNode second = cluster.restart(first);
            assertThat(running.status()).isEqualTo("waiting-for-host");
            assertThat(running.view().path("detail").asText()).contains("restarted");
            assertThat(stopped.status()).isEqualTo("stopped");
            assertThat(second.rest().delete("/v1/vms/" + unwanted.id()).status())
                    .isEqualTo(204);
            second.rest().post("/v1/vms/" + running.id() + "/start", Map.of()).ok();
            running.awaitFilled(second);
            running.assertHealthyAt(second);
        }
    }

    @Test
    void shouldComeBackAfterAKill() throws Exception {
        Host.assumeKvm();
        try (TestCluster cluster = TestCluster.one()) {
            TestNode first = cluster.alpha();
            ProbeVm vm = ProbeVm.start(cluster, first, Shape.small("revenant"));
            long epoch = vm.view().path("epoch").asLong();

            first.kill();
            TestNode second = cluster.restart(first);

            assertThat(driverDirectories(first))
                    .as("left in /dev/shm by the dead process")
                    .isEmpty();
            assertThat(vm.status()).isEqualTo("waiting-for-host");
            second.rest().post("/v1/vms/" + vm.id() + "/start", Map.of()).ok();
            vm.awaitFilled(second);
            vm.assertHealthyAt(second);
            assertThat(vm.view().path("epoch").asLong()).isGreaterThan(epoch);
        }
    }

    @Test
    @Tag("slow")
    void shouldRefuseAHostWhoseNameAnotherHas() throws Exception {
        Host.assumeKvm();
        try (TestCluster cluster = TestCluster.three()) {
            TestNode delta = cluster.join("delta");
            delta.awaitReady();
            within(LIMIT, "delta is up", () -> state(cluster, "delta").equals("up"));
            ProbeVm vm = ProbeVm.start(cluster, delta, Shape.small("settled"));
            long epoch = vm.view().path("epoch").asLong();

            TestNode impostor = cluster.join("delta");

            assertThat(impostor.awaitExit()).isNotZero();
            assertThat(impostor.logText())
                    .contains("host name \"delta\" belongs to another state directory")
                    .contains("godwit host forget delta")
                    .doesNotContain("\tat ");
            assertThat(state(cluster, "delta")).isEqualTo("up");
            assertThat(vm.view().path("epoch").asLong()).isEqualTo(epoch);
            vm.assertHealthyAt(delta);
        }
    }

    @Test
    @Tag("slow")
    void shouldGiveTheNameOfAForgottenHostToAnother() throws Exception {
        Host.assumeKvm();
        try (TestCluster cluster = TestCluster.three()) {
            TestNode delta = cluster.join("delta");
            delta.awaitReady();
            within(LIMIT, "delta is up", () -> state(cluster, "delta").equals("up"));
            assertThat(cluster.any().rest().delete("/v1/hosts/delta").status())
                    .as("of a host that answers")
                    .isEqualTo(409);
            delta.kill();
            within(
                    LIMIT,
                    "delta can be forgotten",
                    () -> cluster.any().rest().delete("/v1/hosts/delta").status() == 204);

            cluster.join("delta").awaitReady();

            within(LIMIT, "the new delta is up", () -> state(cluster, "delta").equals("up"));
        }
    }

    private static String state(TestCluster cluster, String host) {
        for (JsonNode one : cluster.any().rest().get("/v1/hosts").ok()) {
            if (one.path("name").asText().equals(host)) {
                return one.path("state").asText();
            }
        }
        return "";
    }

    private static List<Path> driverDirectories(TestNode node) throws Exception {
        try (Stream<Path> entries = Files.list(Path.of("/dev/shm"))) {
            return entries.filter(entry -> entry.getFileName().toString().startsWith("godwit-")
                            && entry.getFileName().toString().endsWith("-" + node.pid()))
                    .toList();
        }
    }
}
