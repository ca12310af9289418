package io.godwit.integration;

import static io.godwit.integration.harness.Deadline.within;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.godwit.integration.harness.Checkout;
import io.godwit.integration.harness.DriveVm;
import io.godwit.integration.harness.Host;
import io.godwit.integration.harness.LogsOnFailure;
import io.godwit.integration.harness.NodeSettings;
import io.godwit.integration.harness.TestCluster;
import io.godwit.integration.harness.TestNode;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** VMs that are off move between hosts that share nothing, and survive that either host dies meanwhile. */
@ExtendWith(LogsOnFailure.class)
@Timeout(value = 8, unit = TimeUnit.MINUTES)
@Tag("slow")
class ColdMigrationIT {
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final int IMAGE_BYTES = 32 << 20;
    private static final int LARGE_BYTES = 512 << 20;

    private Path pools;
    private TestCluster cluster;

    @BeforeEach
    void startCluster() {
        Host.assumeKvm();
        pools = Checkout.scratch("cold");
        cluster = TestCluster.three(name -> NodeSettings.USUAL.with(
                "storage.pools", "[ { name = own, path = \"%s\", kind = local } ]".formatted(pool(name))));
    }

    @AfterEach
    void endCluster() {
        if (cluster != null) {
            cluster.close();
        }
    }

    private Path pool(String host) {
        try {
            return Files.createDirectories(pools.resolve(host));
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    @Test
    void shouldRunFromItsDiskWhereverItWasMovedWhileItWasOff() throws IOException {
        TestNode alpha = cluster.alpha();
        TestNode beta = cluster.beta();
        fill(alpha, "root.raw", IMAGE_BYTES);
        DriveVm vm = start(alpha, "root", "root.raw");
        vm.awaitOperationsAt(alpha, 200);
        stop(alpha, vm);
        Path there = pools.resolve("beta").resolve("root.raw");
        byte[] before = Files.readAllBytes(pools.resolve("alpha").resolve("root.raw"));

        JsonNode moved = move(alpha, vm, beta, false);

        assertThat(moved.path("status").asText()).as(moved.toString()).isEqualTo("completed");
        assertThat(moved.path("transferredBytes").asLong()).isEqualTo(IMAGE_BYTES);
        assertThat(Files.mismatch(there, copyOf(before))).as("byte for byte").isEqualTo(-1);
        assertThat(pools.resolve("alpha").resolve("root.raw")).doesNotExist();
        assertThat(status(vm)).isEqualTo("stopped");

        JsonNode back = move(beta, vm, alpha, true);

        assertThat(back.path("status").asText()).as(back.toString()).isEqualTo("completed");
        vm.awaitOperationsAt(alpha, 200);
        assertThat(vm.resultsAt(alpha).errors()).isZero();
        assertThat(there).doesNotExist();
        assertThat(cluster.any()
                        .rest()
                        .get("/v1/vms/" + vm.id())
                        .ok()
                        .path("epoch")
                        .asLong())
                .isEqualTo(3);
    }

    @Test
    void shouldLeaveTheVmWholeAtOneHostWhenEitherDiesWhileItsDisksAreCopied() throws IOException {
        List<TestNode> followers = cluster.followers();
        String source = followers.get(0).name();
        String target = followers.get(1).name();
        fill(followers.get(0), "large.raw", LARGE_BYTES);
        DriveVm vm = start(cluster.node(source), "large", "large.raw");
        vm.awaitOperationsAt(cluster.node(source), 50);
        stop(cluster.node(source), vm);
        byte[] head = head(pools.resolve(source).resolve("large.raw"));

        begin(cluster.node(source), vm, cluster.node(target));
        cluster.node(target).kill();
        assertThat(ended(cluster.node(source), vm)).isEqualTo(source);
        cluster.restart(cluster.node(target));
        assertWholeAt(source, target, head);

        begin(cluster.node(source), vm, cluster.node(target));
        cluster.node(source).kill();
        cluster.restart(cluster.node(source));
        String owner = ended(cluster.any(), vm);
        assertWholeAt(owner, owner.equals(source) ? target : source, head);

        TestNode other = cluster.node(owner.equals(source) ? target : source);
        JsonNode moved = move(cluster.node(owner), vm, other, true);
        assertThat(moved.path("status").asText()).as(moved.toString()).isEqualTo("completed");
        vm.awaitOperationsAt(other, 50);
        assertThat(vm.resultsAt(other).errors()).isZero();
    }

    /** The host that has it, once nothing of a migration is under way. */
    private static String ended(TestNode asked, DriveVm vm) {
        String[] host = {""};
        within(LIMIT, "the VM is off at one host, and not on its way", () -> {
            JsonNode view = asked.rest().get("/v1/vms/" + vm.id()).ok();
            host[0] = view.path("host").asText();
            return view.path("status").asText().equals("stopped")
                    && view.path("migration").isNull();
        });
        return host[0];
    }

    private void assertWholeAt(String host, String not, byte[] head) throws IOException {
        assertThat(head(pools.resolve(host).resolve("large.raw"))).isEqualTo(head);
        within(LIMIT, "nothing is visible at host " + not, () -> {
            try (Stream<Path> files = Files.list(pools.resolve(not))) {
                return files.noneMatch(file -> file.getFileName().toString().equals("large.raw")
                        || file.getFileName().toString().endsWith(".move"));
            }
        });
    }

    private static byte[] head(Path file) throws IOException {
        try (RandomAccessFile content = new RandomAccessFile(file.toFile(), "r")) {
            assertThat(content.length()).isEqualTo(LARGE_BYTES);
            byte[] head = new byte[1 << 20];
            content.readFully(head);
            return head;
        }
    }

    private Path copyOf(byte[] content) throws IOException {
        return Files.write(pools.resolve("before"), content);
    }

    private void fill(TestNode host, String name, int sizeBytes) throws IOException {
        byte[] piece = new byte[1 << 20];
        Random random = new Random(sizeBytes);
        try (OutputStream file =
                Files.newOutputStream(pools.resolve(host.name()).resolve(name))) {
            for (int written = 0; written < sizeBytes; written += piece.length) {
                random.nextBytes(piece);
                file.write(piece);
            }
        }
    }

    private DriveVm start(TestNode host, String name, String volume) {
        return DriveVm.start(
                cluster,
                host,
                name,
                "test=blk mode=verify span=8 depth=4 seconds=0",
                Map.of("disks", List.of(Map.of("volume", "own/" + volume)), "devices", List.of()));
    }

    private void stop(TestNode host, DriveVm vm) {
        host.rest().post("/v1/vms/" + vm.id() + "/stop", Map.of()).ok();
        within(LIMIT, "it is off", () -> status(vm).equals("stopped"));
    }

    private String status(DriveVm vm) {
        return cluster.any()
                .rest()
                .get("/v1/vms/" + vm.id())
                .ok()
                .path("status")
                .asText();
    }

    private static String begin(TestNode asked, DriveVm vm, TestNode to) {
        return asked.rest()
                .post("/v1/vms/" + vm.id() + "/migrations", Map.of("mode", "cold", "target", to.name()))
                .ok()
                .path("id")
                .asText();
    }

    private JsonNode move(TestNode asked, DriveVm vm, TestNode to, boolean autoStart) {
        String id = asked.rest()
                .post(
                        "/v1/vms/" + vm.id() + "/migrations",
                        Map.of("mode", "cold", "target", to.name(), "autoStart", autoStart))
                .ok()
                .path("id")
                .asText();
        JsonNode[] end = {null};
        within(LIMIT, "migration " + id + " has ended", () -> {
            end[0] = asked.rest().get("/v1/migrations/" + id).ok();
            return end[0].path("released").asBoolean();
        });
        String wanted = autoStart ? "running" : "stopped";
        within(
                LIMIT,
                "the VM is " + wanted + " there",
                () -> status(vm).equals(wanted)
                        && cluster.any()
                                .rest()
                                .get("/v1/vms/" + vm.id())
                                .ok()
                                .path("host")
                                .asText()
                                .equals(to.name()));
        return end[0];
    }
}
