package io.godwit.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.godwit.config.NodeConfigReader;
import io.godwit.integration.harness.FreePorts;
import io.godwit.node.api.ClusterInfo;
import io.godwit.node.api.HostInfo;
import io.godwit.node.api.PoolInfo;
import io.godwit.node.api.VmInfo;
import io.godwit.node.api.VolumeInfo;
import io.godwit.node.cli.ApiClient;
import io.godwit.node.cli.ApiException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A whole node in the test's JVM, with simulated machines, asked over HTTP. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
class NodeTest {
    private static final String KERNEL = "/proc/self/exe";

    @TempDir
    static Path directory;

    private Path config;
    private Node node;
    private ApiClient api;

    @BeforeAll
    void startNode() throws IOException {
        List<Integer> ports = List.of(FreePorts.tcp(), FreePorts.tcp());
        config = Files.writeString(directory.resolve("alpha.conf"), """
                host { name = alpha, state-dir = "%s", zone = rack-7 }
                api.port = 0
                cluster { name = node-test, port = %d }
                ledger.voters = [{ host = alpha, address = "127.0.0.1:%d" }]
                hypervisor { backend = simulated, memory = 128MiB, reserve = 64MiB }
                storage.pools = [{ name = fast, path = "%s", kind = local }]
                network.networks = [{ name = lan, bridge = br0 }]
                """.formatted(
                        directory.resolve("state"),
                        ports.get(0),
                        ports.get(1),
                        Files.createDirectory(directory.resolve("fast"))));
        node = Node.start(NodeConfigReader.read(config));
        api = new ApiClient(node.url());
        await().atMost(Duration.ofSeconds(60)).ignoreExceptions().untilAsserted(() -> {
            assertThat(api.get("/v1/cluster", ClusterInfo.class).ledger().available())
                    .isTrue();
            assertThat(api.get("/v1/hosts", HostInfo[].class)[0].state()).isEqualTo("up");
        });
    }

    @AfterAll
    void stopNode() throws IOException {
        if (node == null) {
            return;
        }
        node.close();
        assertThatThrownBy(() -> api.get("/v1/vms")).isInstanceOf(ApiException.class);
        try (var left = Files.list(Path.of("/dev/shm"))) {
            assertThat(left.map(Path::getFileName).map(Path::toString))
                    .doesNotContain("godwit-alpha-" + ProcessHandle.current().pid());
        }
        assertThat(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .noneMatch(name -> name.startsWith("godwit-v"));
    }

    @Test
    void shouldTellWhoItIs() {
        ClusterInfo cluster = api.get("/v1/cluster", ClusterInfo.class);
        HostInfo host = api.get("/v1/hosts", HostInfo[].class)[0];

        assertThat(cluster.host()).isEqualTo("alpha");
        assertThat(cluster.name()).isEqualTo("node-test");
        assertThat(cluster.members()).extracting(ClusterInfo.Member::host).containsExactly("alpha");
        assertThat(cluster.ledger().voters())
                .extracting(ClusterInfo.VoterInfo::host)
                .containsExactly("alpha");
        assertThat(cluster.hostLosses()).containsExactly(new ClusterInfo.HostLoss("alpha", true, List.of()));
        assertThat(host.backend()).isEqualTo("simulated");
        assertThat(host.guestMemoryBytes()).isEqualTo(128L << 20);
        assertThat(host.api()).isEqualTo(node.url());
        assertThat(host.zone()).isEqualTo("rack-7");
        assertThat(host.cpuVendor()).isNotEmpty();
        assertThat(host.pools()).containsExactly(new HostInfo.PoolName("fast", "local"));
        assertThat(host.networks()).containsExactly(new HostInfo.NetworkName("lan", "br0"));
    }

    @Test
    void shouldCarryAVmThroughItsLife() {
        VmInfo created = create("life", "32MiB");
        assertThat(created.status()).isEqualTo("stopped");

        assertThat(change("life", "start").status()).isEqualTo("running");
        assertThat(change("life", "pause").status()).isEqualTo("paused");
        assertThat(change(created.id(), "resume").status()).isEqualTo("running");
        assertThatThrownBy(() -> api.delete("/v1/vms/life")).isInstanceOf(ApiException.class);
        assertThat(new String(api.get("/v1/vms/life/serial"), StandardCharsets.UTF_8))
                .isNotNull();
        assertThat(change("life", "stop").status()).isEqualTo("stopped");
        api.delete("/v1/vms/life");

        assertThat(refusal(() -> api.get("/v1/vms/life"))).contains("there is no VM \"life\"");
    }

    @Test
    void shouldKeepAVolumeThatAVmHas() {
        Map<String, ?> disk = Map.of("volume", "fast/root.raw");
        assertThat(api.get("/v1/pools", PoolInfo[].class)[0].freeBytes()).isPositive();
        api.post("/v1/volumes", Map.of("pool", "fast", "name", "root.raw", "size", "1MiB"));
        assertThat(api.get("/v1/volumes", VolumeInfo[].class))
                .containsExactly(new VolumeInfo("fast", "root.raw", "local", 1 << 20, List.of("alpha")));
        api.post("/v1/vms", Map.of("name", "disk", "memory", "16MiB", "kernel", KERNEL, "disks", List.of(disk)));

        assertThat(refusal(() -> api.delete("/v1/volumes/fast/root.raw"))).contains("\"disk\"");
        assertThat(refusal(() -> api.post(
                        "/v1/vms",
                        Map.of("name", "second", "memory", "16MiB", "kernel", KERNEL, "disks", List.of(disk)))))
                .contains("fast/root.raw", "\"disk\"");

        api.delete("/v1/vms/disk");
        api.delete("/v1/volumes/fast/root.raw");
        assertThat(api.get("/v1/volumes", VolumeInfo[].class)).isEmpty();
    }

    @Test
    void shouldNameWhatIsWrongWithARequestAndGoOn() {
        create("twin", "16MiB");

        assertThat(refusal(() -> create("twin", "16MiB"))).contains("twin");
        assertThat(refusal(() -> create("huge", "1GiB")))
                .startsWith("memory: 1073741824")
                .contains("134217728");
        assertThat(refusal(() ->
                        api.post("/v1/vms", Map.of("name", "nokernel", "memory", "16MiB", "kernel", "/no/such/file"))))
                .contains("/no/such/file");
        assertThat(refusal(() -> api.post("/v1/vms/twin/migrations", Map.of("target", "nowhere"))))
                .contains("nowhere");
        assertThat(refusal(() -> api.delete("/v1/migrations/none"))).contains("none");
        assertThat(api.get("/v1/vms/twin", VmInfo.class).status()).isEqualTo("stopped");
        api.delete("/v1/vms/twin");
    }

    @Test
    void shouldShowItsMetrics() {
        assertThat(new String(api.get("/metrics"), StandardCharsets.UTF_8))
                .contains("godwit_guest_memory_total_bytes 1.34217728E8")
                .contains("godwit_migrations_active 0.0")
                .contains("jvm_memory_used_bytes");
    }

    @Test
    void shouldRefuseToBeStartedTwice() {
        assertThatThrownBy(() -> Node.start(NodeConfigReader.read(config)))
                .isInstanceOf(NodeStartException.class)
                .hasMessageContaining("host alpha is already running: process "
                        + ProcessHandle.current().pid());
        assertThat(api.get("/v1/cluster", ClusterInfo.class).ledger().available())
                .isTrue();
    }

    @Test
    void shouldSayThatTheApisPortIsTaken() throws IOException {
        String taken = node.url().substring(node.url().lastIndexOf(':') + 1);
        Path other = Files.writeString(
                directory.resolve("beta.conf"),
                "host { name = beta, state-dir = \"" + directory.resolve("beta") + "\" }\napi.port = " + taken);

        assertThatThrownBy(() -> Node.start(NodeConfigReader.read(other)))
                .isInstanceOf(NodeStartException.class)
                .hasMessageContaining("the API cannot listen on 127.0.0.1:" + taken);
    }

    private VmInfo create(String name, String memory) {
        byte[] answer = api.post("/v1/vms", Map.of("name", name, "memory", memory, "kernel", KERNEL));
        return api.read(answer, VmInfo.class);
    }

    private VmInfo change(String vm, String verb) {
        return api.read(api.post("/v1/vms/" + vm + "/" + verb, Map.of()), VmInfo.class);
    }

    private static String refusal(Runnable request) {
        ApiException refused = catchThrowableOfType(ApiException.class, request::run);
        assertThat(refused).as("the request is refused").isNotNull();
        return refused.getMessage();
    }
}
