package io.godwit.integration;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.integration.harness.Cli;
import io.godwit.integration.harness.Host;
import io.godwit.integration.harness.HostileDatagrams;
import io.godwit.integration.harness.LogsOnFailure;
import io.godwit.integration.harness.Migration;
import io.godwit.integration.harness.NodeSettings;
import io.godwit.integration.harness.ProbeVm;
import io.godwit.integration.harness.ProbeVm.Shape;
import io.godwit.integration.harness.Rest;
import io.godwit.integration.harness.TestCluster;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is wrong is refused by its name, and nobody's VM notices. */
@ExtendWith(LogsOnFailure.class)
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class BadInputIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String KERNEL = ProbeVm.kernel().toString();
    private static TestCluster cluster;
    private static ProbeVm bystander;

    @TempDir
    Path directory;

    @BeforeAll
    static void startCluster() {
        Host.assumeKvm();
        cluster = TestCluster.three(name ->
                name.equals("gamma") ? NodeSettings.USUAL.with("hypervisor.memory", "64MiB") : NodeSettings.USUAL);
        bystander = ProbeVm.start(cluster, cluster.alpha(), Shape.small("bystander"));
    }

    @AfterAll
    static void endCluster() {
        if (cluster != null) {
            cluster.close();
        }
    }

    @AfterEach
    void bystanderGoesOn() {
        cluster.living().forEach(node -> node.rest().get("/v1/vms").ok());
        assertThat(cluster.living()).hasSize(3);
        bystander.assertHealthyAt(cluster.alpha());
    }

    static Stream<Arguments> refusedDefinitions() {
        return Stream.of(
                Arguments.of("{\"name\": ", "malformed JSON"),
                Arguments.of("", "name"),
                Arguments.of("[1, 2]", "array"),
                Arguments.of("{\"name\": \"a\", \"name\": \"b\"}", "name"),
                Arguments.of("[".repeat(5_000), "JSON"),
                Arguments.of("{\"a\":".repeat(5_000) + "1" + "}".repeat(5_000), "JSON"),
                Arguments.of(definition("nmae", "web"), "nmae"),
                Arguments.of(definition("name", "../etc"), "../etc"),
                Arguments.of(definition("name", ""), "name"),
                Arguments.of(definition("memory", 0), "memory"),
                Arguments.of(definition("memory", -1), "-1"),
                Arguments.of(definition("memory", "1MiB"), "1MiB"),
                Arguments.of(definition("memory", "17MiB"), "17MiB"),
                Arguments.of(definition("memory", "lots"), "lots"),
                Arguments.of(definition("memory", "5TiB"), "5TiB"),
                Arguments.of(definition("memory", "99999999999999999999999"), "99999999999999999999999"),
                Arguments.of(definition("memory", "4TiB"), "more than any host"),
                Arguments.of(definition("vcpus", 0), "vcpus"),
                Arguments.of(definition("vcpus", 256), "256"),
                Arguments.of(definition("vcpus", "two"), "two"),
                Arguments.of(definition("vcpus", 1.5), "1.5"),
                Arguments.of(definition("cmdline", "x".repeat(2048)), "cmdline"),
                Arguments.of(definition("dirtyLog", "psychic"), "psychic"),
                Arguments.of(definition("kernel", "/nonexistent/vmlinux"), "/nonexistent/vmlinux"),
                Arguments.of(definition("kernel", "/"), "kernel"),
                Arguments.of(definition("kernel", "/dev/zero"), "/dev/zero"),
                Arguments.of(definition("initrd", "/nonexistent/initrd"), "/nonexistent/initrd"),
                Arguments.of(definition("host", "nowhere"), "nowhere"));
    }

    /** A definition that is right but for one field. */
    private static String definition(String field, Object value) {
        Map<String, Object> body = new HashMap<>(Map.of("name", "refused", "memory", "64MiB", "kernel", KERNEL));
        body.put(field, value);
        return Rest.write(body);
    }

    @ParameterizedTest(name = "[{index}] {1}")
    @MethodSource("refusedDefinitions")
    void shouldRefuseADefinitionAndNameWhatIsWrong(String body, String named) {
        Rest.Answer answer = cluster.alpha().rest().postRaw("/v1/vms", body);

        assertProblem(answer, 400, named);
    }

    private static void assertProblem(Rest.Answer answer, int status, String named) {
        assertThat(answer.status()).as("%s", answer.body()).isEqualTo(status);
        assertThat(answer.contentType()).startsWith("application/problem+json");
        assertThat(answer.body().path("status").asInt()).isEqualTo(status);
        assertThat(answer.text("title")).isNotEmpty();
        assertThat(answer.text("detail")).contains(named);
    }

    @Test
    void shouldRefuseAKernelThatIsNoElf() throws IOException {
        Path text = Files.writeString(directory.resolve("kernel.txt"), "not a kernel\n".repeat(1_000));

        assertProblem(create("kernel", text.toString()), 400, text.toString());
        assertThat(create("kernel", text.toString()).text("detail")).contains("ELF");
    }

    @Test
    void shouldRefuseAKernelWithoutAPvhNote() throws IOException {
        byte[] elf = Files.readAllBytes(Path.of(KERNEL));
        byte[] xen = {'X', 'e', 'n', 0};
        for (int i = 0; i + xen.length < elf.length; i++) {
            if (java.util.Arrays.equals(elf, i, i + 4, xen, 0, 4)) {
                elf[i] = 'Y';
            }
        }
        Path file = Files.write(directory.resolve("no-note.elf"), elf);

        Rest.Answer answer = create("kernel", file.toString());

        assertProblem(answer, 400, file.toString());
        assertThat(answer.text("detail")).contains("PVH");
    }

    @Test
    void shouldRefuseATruncatedKernel() throws IOException {
        byte[] elf = Files.readAllBytes(Path.of(KERNEL));
        for (int length : List.of(0, 3, 16, 63, 64, 100, elf.length / 2)) {
            Path file = Files.write(directory.resolve("cut-" + length + ".elf"), java.util.Arrays.copyOf(elf, length));

            assertProblem(create("kernel", file.toString()), 400, file.toString());
        }
    }

    private static Rest.Answer create(String field, Object value) {
        return cluster.alpha().rest().postRaw("/v1/vms", definition(field, value));
    }

    @Test
    void shouldRefuseANameThatIsTaken() {
        assertProblem(create("name", "bystander"), 409, "bystander");
        assertProblem(cluster.beta().rest().postRaw("/v1/vms", definition("name", "bystander")), 409, "bystander");
    }

    @Test
    void shouldRefuseABodyThatIsTooLarge() {
        assertProblem(create("cmdline", "x".repeat(1 << 20)), 413, "larger than");
    }

    @Test
    void shouldRefuseMigrationsThatCannotBe() {
        Rest alpha = cluster.alpha().rest();
        String migrations = "/v1/vms/" + bystander.id() + "/migrations";

        assertProblem(alpha.post(migrations, Map.of("target", "nowhere")), 400, "nowhere");
        assertProblem(alpha.post(migrations, Map.of("target", "alpha")), 400, "alpha");
        assertProblem(alpha.post(migrations, Map.of("preferHost", "nowhere")), 400, "nowhere");
        assertProblem(alpha.post(migrations, Map.of("target", "beta", "speed", 1)), 400, "speed");
        assertProblem(alpha.post(migrations, Map.of("target", "beta", "downtimeLimitMs", 0)), 400, "downtimeLimitMs");
        assertProblem(alpha.post(migrations, Map.of("target", "beta", "verify", "never")), 400, "never");
        assertProblem(alpha.post(migrations, Map.of("target", "beta", "maxBandwidthBytesPerSecond", -1)), 400, "-1");
        assertProblem(alpha.post("/v1/vms/no-such-vm/migrations", Map.of("target", "beta")), 404, "no-such-vm");
    }

    @Test
    void shouldAnswerAMigrationThatCannotBeWithItsReasons() {
        Rest.Answer answer =
                cluster.alpha().rest().post("/v1/vms/" + bystander.id() + "/migrations", Map.of("target", "gamma"));

        assertProblem(answer, 409, "memory: the VM has 100663296 bytes, host gamma has 67108864 of 67108864");
        assertThat(answer.body().path("reasons")).hasSize(1);
        assertThat(answer.body().path("reasons").get(0).asText()).startsWith("memory: the VM has 100663296 bytes");
        Cli.Result result = Cli.run(cluster.beta(), LIMIT, "vm", "migrate", "bystander", "gamma");
        assertThat(result.exitCode()).as(result.output()).isEqualTo(1);
        assertThat(result.output()).contains("cannot be migrated to host gamma").contains("memory: the VM has");
    }

    /** Bytes on a socket, without a client that keeps to HTTP. */
    @Test
    void shouldOutliveBytesThatAreNoHttp() throws IOException {
        URI api = URI.create(cluster.alpha().url());
        List<byte[]> requests = List.of(
                new byte[0],
                "GET".getBytes(StandardCharsets.US_ASCII),
                "GET /v1/vms HTTP/1.1\r\nHost: x\r\nX: ".getBytes(StandardCharsets.US_ASCII),
                ("GET /" + "x".repeat(100_000) + " HTTP/1.1\r\n\r\n").getBytes(StandardCharsets.US_ASCII),
                ("GET /v1/vms HTTP/1.1\r\nHost: x\r\n" + "A: b\r\n".repeat(50_000) + "\r\n")
                        .getBytes(StandardCharsets.US_ASCII),
                "POST /v1/vms HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n".getBytes(StandardCharsets.US_ASCII),
                "POST /v1/vms HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999\r\n\r\n{"
                        .getBytes(StandardCharsets.US_ASCII),
                "POST /v1/vms HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n"
                        .getBytes(StandardCharsets.US_ASCII),
                new byte[] {0x16, 3, 1, 2, 0, 1, 0, 1, (byte) 0xfc, 3, 3},
                "\0\1\2\3\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        for (byte[] request : requests) {
            try (Socket socket = new Socket(api.getHost(), api.getPort())) {
                socket.setSoTimeout(30_000);
                socket.getOutputStream().write(request);
                socket.shutdownOutput();
                String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
                assertThat(answer).doesNotStartWith("HTTP/1.1 2").doesNotContain("\tat ");
            } catch (SocketException reset) {
                // Hanging up on such a peer is an answer too; that the node lives is looked at below.
            }
            cluster.alpha().rest().get("/v1/vms").ok();
        }
    }

    @Test
    void shouldNameWhatDoesNotExist() {
        Rest beta = cluster.beta().rest();

        assertProblem(beta.get("/v1/vms/no-such-vm"), 404, "no-such-vm");
        assertProblem(beta.post("/v1/vms/no-such-vm/start", Map.of()), 404, "no-such-vm");
        assertProblem(beta.get("/v1/migrations/no-such-migration"), 404, "no-such-migration");
        assertProblem(beta.delete("/v1/migrations/no-such-migration"), 404, "no-such-migration");
        assertProblem(beta.get("/v1/nothing"), 404, "/v1/nothing");
        assertProblem(beta.delete("/v1/vms"), 405, "DELETE");
        assertProblem(beta.get("/v1/vms/" + bystander.id() + "/serial?from=-1"), 400, "-1");
        assertProblem(beta.get("/v1/vms/" + bystander.id() + "/serial?form=1"), 400, "form");
    }

    @Test
    void shouldRefuseWhatARunningVmCannotDo() {
        Rest alpha = cluster.alpha().rest();

        assertProblem(alpha.delete("/v1/vms/" + bystander.id()), 409, "running");
        assertProblem(alpha.post("/v1/vms/" + bystander.id() + "/resume", Map.of("force", true)), 400, "force");
    }

    @Test
    void shouldDeleteAVmWhoseStartFailed() throws IOException {
        Path kernel = Files.copy(Path.of(KERNEL), directory.resolve("short-lived.elf"));
        Rest alpha = cluster.alpha().rest();
        String id = create("kernel", kernel.toString()).ok().path("id").asText();
        Files.delete(kernel);

        Rest.Answer started = alpha.post("/v1/vms/" + id + "/start", Map.of());

        assertThat(started.status()).isBetween(400, 599);
        assertThat(started.text("detail")).contains(kernel.toString());
        assertThat(alpha.get("/v1/vms/" + id).text("status")).isEqualTo("stopped");
        assertThat(alpha.delete("/v1/vms/" + id).status()).isEqualTo(204);
    }

    static Stream<Arguments> refusedCommands() {
        return Stream.of(
                Arguments.of(1, "there is no VM \"no-such-vm\"", List.of("vm", "start", "no-such-vm")),
                Arguments.of(1, "nowhere", List.of("vm", "migrate", "bystander", "nowhere")),
                Arguments.of(
                        1, "bystander", List.of("vm", "create", "bystander", "--memory", "64MiB", "--kernel", KERNEL)),
                Arguments.of(1, "17MiB", List.of("vm", "create", "odd", "--memory", "17MiB", "--kernel", KERNEL)),
                Arguments.of(
                        1,
                        "/nonexistent",
                        List.of("vm", "create", "odd", "--memory", "64MiB", "--kernel", "/nonexistent")),
                Arguments.of(1, "no-such-migration", List.of("migration", "cancel", "no-such-migration")),
                Arguments.of(2, "--memory", List.of("vm", "create", "odd")),
                Arguments.of(2, "fly", List.of("vm", "fly", "bystander")),
                Arguments.of(2, "fast", List.of("vm", "migrate", "bystander", "beta", "--max-bandwidth", "fast")));
    }

    @ParameterizedTest(name = "[{index}] {2}")
    @MethodSource("refusedCommands")
    void shouldEndACommandWithItsCodeAndTheReason(int code, String named, List<String> command) {
        Cli.Result result = Cli.run(cluster.beta(), LIMIT, command.toArray(String[]::new));

        assertThat(result.exitCode()).as(result.output()).isEqualTo(code);
        assertThat(result.output()).contains("godwit: ").contains(named).doesNotContain("\tat ");
    }

    @Test
    void shouldSayThatNoNodeAnswers() {
        Cli.Result result = Cli.run(Map.of("GODWIT_API", "http://127.0.0.1:9"), LIMIT, "vm", "list");

        assertThat(result.exitCode()).isEqualTo(3);
        assertThat(result.output()).contains("http://127.0.0.1:9");
    }

    @Test
    void shouldOutliveHostileDatagramsAtItsOpenPageStreams() throws Exception {
        ProbeVm vm = ProbeVm.start(cluster, cluster.alpha(), Shape.of("shelled", "256MiB", "wss=8 rate=10 fill=200"));
        Migration migration = vm.migrateTo(cluster.beta(), Map.of("maxBandwidthBytesPerSecond", 60_000_000));
        migration.awaitTransferred(8 << 20, LIMIT);
        try (HostileDatagrams shelling = HostileDatagrams.start(cluster.beta())) {
            migration.awaitTransferred(100 << 20, LIMIT);
            assertThat(shelling.sent()).isGreaterThan(1_000);
            migration.awaitEnd(LIMIT);
        }

        vm.awaitSettled(LIMIT);
        vm.assertHealthyAt(vm.host());
        vm.migrateTo(vm.host() == cluster.beta() ? cluster.alpha() : cluster.beta(), Map.of("verify", "at-pause"))
                .awaitCompleted(LIMIT);
        vm.delete();
    }
}
