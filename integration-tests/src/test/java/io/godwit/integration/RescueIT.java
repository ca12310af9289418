package io.godwit.integration;

import static io.godwit.integration.harness.Deadline.within;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.godwit.integration.harness.Checkout;
import io.godwit.integration.harness.DriveVm;
import io.godwit.integration.harness.Host;
import io.godwit.integration.harness.LogsOnFailure;
import io.godwit.integration.harness.NodeSettings;
import io.godwit.integration.harness.Rest;
import io.godwit.integration.harness.TestCluster;
import io.godwit.integration.harness.TestNode;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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

/** VMs that recovery leaves with their dead host are taken to another by an operator, and not a moment too early. */
@ExtendWith(LogsOnFailure.class)
@Timeout(value = 6, unit = TimeUnit.MINUTES)
@Tag("slow")
class RescueIT {
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final long IMAGE_BYTES = 32 << 20;

    private Path shared;
    private TestCluster cluster;

    @BeforeEach
    void startCluster() throws IOException {
        Host.assumeKvm();
        Path pools = Checkout.scratch("rescue");
        shared = Files.createDirectories(pools.resolve("shared"));
        Path own = Files.createDirectories(pools.resolve("own"));
        cluster = TestCluster.three(name -> NodeSettings.USUAL.with(
                "storage.pools",
                ("[ { name = shared, path = \"%s\", kind = shared, fencing = trust-permit },"
                                + " { name = own, path = \"%s\", kind = local } ]")
                        .formatted(shared, own)));
        image(shared.resolve("sticky.raw"));
        image(own.resolve("bound.raw"));
    }

    @AfterEach
    void endCluster() {
        if (cluster != null) {
            cluster.close();
        }
    }

    private static void image(Path file) throws IOException {
        try (RandomAccessFile content = new RandomAccessFile(file.toFile(), "rw")) {
            content.setLength(IMAGE_BYTES);
        }
    }

    @Test
    void shouldRescueAVmWithoutHighAvailabilityOnlyOnceItsHostIsSaidToBeDead() {
        TestNode victim = cluster.followers().get(0);
        DriveVm sticky = start(victim, "sticky", "shared/sticky.raw", Map.of("ha", false));
        DriveVm bound = start(victim, "bound", "own/bound.raw", Map.of());
        sticky.awaitOperationsAt(victim, 100);
        stop(victim, sticky);
        TestNode other = cluster.followers().stream()
                .filter(node -> node != victim)
                .findFirst()
                .orElseThrow();
        assertThat(refusal(other, sticky)).contains("is alive");

        victim.kill();
        within(
                LIMIT,
                "the host's permit has ended and its member is gone",
                () -> refusal(other, sticky).contains("the VM is not guarded"));
        assertThat(refusal(other, sticky)).contains("godwit host confirm-dead " + victim.name());
        other.rest()
                .post("/v1/hosts/" + victim.name() + "/confirm-dead", Map.of())
                .ok();
        assertThat(refusal(other, bound)).contains("volume own/bound.raw is in pool own, which is local");

        JsonNode rescue = rescue(other, sticky, Map.of("target", other.name(), "autoStart", true))
                .ok();

        assertThat(rescue.at("/parameters/mode").asText()).isEqualTo("rescue");
        within(
                LIMIT,
                "the rescue is over",
                () -> other.rest()
                        .get("/v1/migrations/" + rescue.path("id").asText())
                        .ok()
                        .path("status")
                        .asText()
                        .equals("completed"));
        sticky.awaitOperationsAt(other, 100);
        JsonNode vm = other.rest().get("/v1/vms/" + sticky.id()).ok();
        assertThat(vm.path("host").asText()).isEqualTo(other.name());
        assertThat(vm.path("epoch").asLong()).isEqualTo(2);
        TestNode again = cluster.restart(victim);
        sticky.awaitOperationsAt(other, 100);
        assertThat(again.rest().get("/v1/vms/" + sticky.id()).ok().path("host").asText())
                .as("the host that came back left it")
                .isEqualTo(other.name());
        assertThat(sticky.resultsAt(other).errors()).isZero();
    }

    private DriveVm start(TestNode host, String name, String volume, Map<String, Object> more) {
        Map<String, Object> fields = new HashMap<>(more);
        fields.put("disks", List.of(Map.of("volume", volume)));
        fields.put("devices", List.of());
        return DriveVm.start(cluster, host, name, "test=blk mode=verify span=8 depth=4 seconds=0", fields);
    }

    private static void stop(TestNode host, DriveVm vm) {
        host.rest().post("/v1/vms/" + vm.id() + "/stop", Map.of()).ok();
        within(
                LIMIT,
                "it is off",
                () -> host.rest()
                        .get("/v1/vms/" + vm.id())
                        .ok()
                        .path("status")
                        .asText()
                        .equals("stopped"));
    }

    private static Rest.Answer rescue(TestNode asked, DriveVm vm, Map<String, Object> more) {
        Map<String, Object> body = new HashMap<>(more);
        body.put("mode", "rescue");
        return asked.rest().post("/v1/vms/" + vm.id() + "/migrations", body);
    }

    private static String refusal(TestNode asked, DriveVm vm) {
        Rest.Answer answer = rescue(asked, vm, Map.of());
        assertThat(answer.status()).as(answer.toString()).isGreaterThanOrEqualTo(400);
        return answer.body().toString();
    }
}
