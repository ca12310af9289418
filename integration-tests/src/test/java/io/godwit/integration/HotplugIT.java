package io.godwit.integration;

import static io.godwit.integration.harness.Deadline.within;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.godwit.integration.harness.Checkout;
import io.godwit.integration.harness.Cli;
import io.godwit.integration.harness.DriveVm;
import io.godwit.integration.harness.Host;
import io.godwit.integration.harness.LogsOnFailure;
import io.godwit.integration.harness.NodeSettings;
import io.godwit.integration.harness.Rest;
import io.godwit.integration.harness.TestCluster;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Disks that come to a running guest, move with it and leave it. */
@ExtendWith(LogsOnFailure.class)
@Timeout(value = 6, unit = TimeUnit.MINUTES)
@Tag("slow")
class HotplugIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final long IMAGE_BYTES = 16 << 20;
    /** Waits for a disk, writes to it until it is to be let go, ejects it, and waits for the next. */
    private static final String USE_WHAT_COMES =
            "test=plug test=blk mode=stamp unit=1 leave=1 depth=8 rate=2000 seconds=0 test=plug";

    private Path pool;
    private TestCluster cluster;

    @BeforeEach
    void startCluster() throws IOException {
        Host.assumeKvm();
        pool = Files.createDirectories(Checkout.scratch("pool").resolve("shared"));
        image("root.raw");
        image("extra.raw");
        String pools = "[ { name = shared, path = \"%s\", kind = shared } ]".formatted(pool);
        cluster = TestCluster.three(name -> NodeSettings.USUAL.with("storage.pools", pools));
    }

    @AfterEach
    void endCluster() {
        if (cluster != null) {
            cluster.close();
        }
    }

    private void image(String name) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(pool.resolve(name).toFile(), "rw")) {
            file.setLength(IMAGE_BYTES);
        }
    }

    private static Map<String, Object> disk(String volume) {
        return Map.of("disks", List.of(Map.of("volume", volume)), "devices", List.of("rng"));
    }

    private JsonNode disks(String vm) {
        return cluster.any().rest().get("/v1/vms/" + vm).ok().path("disks");
    }

    @Test
    void shouldTakeADiskAlongThatCameWhileItRanAndGiveItFree() {
        DriveVm vm = DriveVm.start(cluster, cluster.alpha(), "mover", USE_WHAT_COMES, disk("shared/root.raw"));
        Cli.Result attached = Cli.run(cluster.alpha(), LIMIT, "vm", "disk", "attach", "mover", "shared/extra.raw");
        assertThat(attached.exitCode()).as(attached.output()).isZero();
        assertThat(attached.output()).contains("disk/1").contains("slot 3").contains("shared/extra.raw");
        vm.awaitOperationsAt(cluster.alpha(), 500);
        vm.move(cluster.alpha(), cluster.beta());
        vm.awaitOperationsAt(cluster.beta(), 500);
        assertThat(disks(vm.id()).at("/1/slot").asInt()).isEqualTo(3);
        String other = cluster.alpha()
                .rest()
                .post("/v1/vms", DriveVm.request(cluster.alpha(), "other", "test=plug", Map.of()))
                .ok()
                .path("id")
                .asText();
        Map<String, Object> extra = Map.of("volume", "shared/extra.raw");
        Rest.Answer taken = cluster.alpha().rest().post("/v1/vms/" + other + "/disks", extra);
        assertThat(taken.status()).isEqualTo(409);
        assertThat(taken.toString()).contains("mover").contains("shared/extra.raw");

        Cli.Result detached = Cli.run(cluster.alpha(), LIMIT, "vm", "disk", "detach", "mover", "disk/1");

        assertThat(detached.exitCode()).as(detached.output()).isZero();
        assertThat(disks(vm.id())).hasSize(1);
        assertThat(vm.resultsAt(cluster.beta()).errors()).isZero();
        cluster.alpha().rest().post("/v1/vms/" + other + "/start", Map.of()).ok();
        cluster.alpha().rest().post("/v1/vms/" + other + "/disks", extra).ok();
        assertThat(disks(other)).hasSize(1);
        within(
                LIMIT,
                "the guest of other sees its disk",
                () -> cluster.alpha()
                        .rest()
                        .get("/v1/vms/" + other)
                        .ok()
                        .path("status")
                        .asText()
                        .equals("stopped"));
    }

    @Test
    void shouldLeaveNothingOfADiskThatCannotBeHad() {
        DriveVm vm = DriveVm.start(cluster, cluster.alpha(), "asker", USE_WHAT_COMES, disk("shared/root.raw"));
        String path = "/v1/vms/" + vm.id();
        Rest rest = cluster.beta().rest();
        for (Map.Entry<String, String> bad : Map.of(
                        "shared/missing.raw", "missing.raw",
                        "elsewhere/extra.raw", "elsewhere",
                        "shared/root.raw", "twice",
                        "shared", "POOL/VOLUME")
                .entrySet()) {
            Rest.Answer refused = rest.post(path + "/disks", Map.of("volume", bad.getKey()));
            assertThat(refused.status()).as(refused.toString()).isBetween(400, 499);
            assertThat(refused.toString()).contains(bad.getValue());
        }
        Rest.Answer nic = rest.post(path + "/nics", Map.of("network", "nowhere"));
        assertThat(nic.status()).as(nic.toString()).isBetween(400, 499);
        assertThat(nic.toString()).contains("nowhere");
        assertThat(rest.delete(path + "/disks/7").status()).isEqualTo(404);
        assertThat(rest.delete(path + "/disks/x").status()).isEqualTo(400);
        assertThat(disks(vm.id())).hasSize(1);
        rest.post(path + "/disks", Map.of("volume", "shared/extra.raw")).ok();
        vm.awaitOperationsAt(cluster.alpha(), 100);
        assertThat(rest.delete(path + "/disks/1?force=true").ok().path("disks")).hasSize(1);
    }
}
