package io.godwit.integration;

import static io.godwit.integration.harness.Deadline.within;
import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.integration.harness.Checkout;
import io.godwit.integration.harness.DriveVm;
import io.godwit.integration.harness.Host;
import io.godwit.integration.harness.LogsOnFailure;
import io.godwit.integration.harness.NodeSettings;
import io.godwit.integration.harness.Rest;
import io.godwit.integration.harness.TestCluster;
import io.godwit.integration.harness.TestNode;
import io.godwit.vmm.probe.DriveResults;
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

/** Guests that use virtio devices move between hosts which share a directory of images. */
@ExtendWith(LogsOnFailure.class)
@Timeout(value = 6, unit = TimeUnit.MINUTES)
@Tag("slow")
class DeviceMigrationIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final long IMAGE_BYTES = 32 << 20;
    private static final int HOPS = 6;
    private static final String CONSTANT_LOAD = "test=blk mode=verify span=8 depth=16 seconds=0";

    private Path pool;
    private TestCluster cluster;

    @BeforeEach
    void startCluster() throws IOException {
        Host.assumeKvm();
        pool = Files.createDirectories(Checkout.scratch("pool").resolve("shared"));
        String pools =
                "[ { name = shared, path = \"%s\", kind = shared }, { name = own, path = \"%s\", kind = local } ]"
                        .formatted(pool, pool);
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
        return Map.of("disks", List.of(Map.of("volume", volume)), "devices", List.of("rng", "balloon", "console"));
    }

    @Test
    void shouldFindOnItsDiskWhatItWroteWhileItMoved() throws IOException {
        image("mover.raw");
        DriveVm vm = DriveVm.start(cluster, cluster.alpha(), "mover", CONSTANT_LOAD, disk("shared/mover.raw"));
        vm.awaitOperationsAt(cluster.alpha(), 500);
        List<TestNode> ring = List.of(cluster.alpha(), cluster.beta(), cluster.gamma());
        for (int hop = 0; hop < HOPS; hop++) {
            TestNode to = ring.get((hop + 1) % ring.size());
            vm.move(ring.get(hop % ring.size()), to);
            vm.awaitOperationsAt(to, 500);
            DriveResults results = vm.resultsAt(to);
            assertThat(results.errors())
                    .as("after %d moves: %s", hop + 1, results)
                    .isZero();
        }
    }

    @Test
    void shouldNotMoveADiskThatOnlyItsHostHas() throws IOException {
        image("stayer.raw");
        DriveVm vm = DriveVm.start(cluster, cluster.alpha(), "stayer", CONSTANT_LOAD, disk("own/stayer.raw"));
        vm.awaitOperationsAt(cluster.alpha(), 100);
        Rest.Answer refused =
                cluster.alpha().rest().post("/v1/vms/" + vm.id() + "/migrations", Map.of("target", "beta"));
        if (refused.status() < 300) { // taken up, and refused by admission
            String id = refused.ok().path("id").asText();
            within(LIMIT, "the migration is refused", () -> {
                return cluster.alpha()
                        .rest()
                        .get("/v1/migrations/" + id)
                        .ok()
                        .path("reason")
                        .asText()
                        .contains("own");
            });
        } else {
            assertThat(refused.toString()).contains("own");
        }
        vm.awaitOperationsAt(cluster.alpha(), 100);
    }

    @Test
    void shouldNotGiveOneDiskToTwoVms() throws IOException {
        image("single.raw");
        DriveVm.start(cluster, cluster.alpha(), "first", CONSTANT_LOAD, disk("shared/single.raw"));
        Rest.Answer second = cluster.beta()
                .rest()
                .post("/v1/vms", DriveVm.request(cluster.beta(), "second", CONSTANT_LOAD, disk("shared/single.raw")));
        assertThat(second.status()).isEqualTo(409);
        assertThat(second.toString()).contains("first").contains("shared/single.raw");
    }
}
