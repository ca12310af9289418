package io.godwit.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.godwit.config.NodeConfigReader;
import io.godwit.integration.harness.FreePorts;
import io.godwit.kvm.Kvm;
import io.godwit.node.api.ClusterInfo;
import io.godwit.node.api.HostInfo;
import io.godwit.node.api.VmInfo;
import io.godwit.node.cli.ApiClient;
import io.godwit.node.cli.ApiException;
import io.godwit.node.cli.GodwitCommand;
import io.godwit.node.http.TestConsole;
import io.godwit.vmm.probe.GuestKernel;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocketHandshakeException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What an operator does to a running machine, over HTTP at a whole node, whose guests run on KVM. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(180)
class OperatorTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int MOST_CONSOLES = 64;

    @TempDir
    static Path directory;

    private Path kernel;
    private Node node;
    private ApiClient api;
    private String vm = "";
    private int vms;

    @BeforeAll
    void startNode() throws IOException {
        assumeTrue(
                Kvm.unavailableReason().isEmpty(),
                () -> "skipped: " + Kvm.unavailableReason().orElse(""));
        kernel = GuestKernel.ECHO.extractTo(directory.resolve("echo.elf"));
        Path config = Files.writeString(directory.resolve("alpha.conf"), """
                host { name = alpha, state-dir = "%s" }
                api.port = 0
                cluster { name = operator-test, port = %d }
                ledger.voters = [{ host = alpha, address = "127.0.0.1:%d" }]
                hypervisor { backend = kvm, memory = 128MiB, reserve = 64MiB }
                """.formatted(
                        directory.resolve("state"), FreePorts.tcp(), FreePorts.tcp()));
        node = Node.start(NodeConfigReader.read(config));
        api = new ApiClient(node.url());
        await().atMost(LIMIT).ignoreExceptions().untilAsserted(() -> {
            assertThat(api.get("/v1/cluster", ClusterInfo.class).ledger().available())
                    .isTrue();
            assertThat(api.get("/v1/hosts", HostInfo[].class)[0].state()).isEqualTo("up");
        });
    }

    @AfterAll
    void stopNode() {
        if (node != null) {
            node.close();
        }
    }

    @AfterEach
    void deleteVm() {
        if (!vm.isEmpty()) {
            change("stop");
            api.delete("/v1/vms/" + vm);
            vm = "";
        }
    }

    private void start(String cmdline, String... devices) {
        vm = "echo" + vms++;
        api.post(
                "/v1/vms",
                Map.of(
                        "name",
                        vm,
                        "memory",
                        "32MiB",
                        "kernel",
                        kernel.toString(),
                        "cmdline",
                        cmdline,
                        "devices",
                        List.of(devices)));
        change("start");
        await().atMost(LIMIT).until(() -> serial().contains("echo: ready"));
    }

    private VmInfo change(String verb) {
        return api.read(api.post("/v1/vms/" + vm + "/" + verb, Map.of()), VmInfo.class);
    }

    private VmInfo show() {
        return api.get("/v1/vms/" + vm, VmInfo.class);
    }

    private VmInfo awaitStatus(String status) {
        await().atMost(LIMIT).untilAsserted(() -> assertThat(show().status()).isEqualTo(status));
        return show();
    }

    private String serial() {
        return new String(api.get("/v1/vms/" + vm + "/serial"), StandardCharsets.ISO_8859_1);
    }

    private TestConsole console(String query) throws Exception {
        return TestConsole.open(node.url() + "/v1/vms/" + vm + "/console" + query);
    }

    private HttpResponse<String> get(String path, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(node.url() + path));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofString());
    }

    private static String refusal(Runnable request) {
        ApiException refused = catchThrowableOfType(ApiException.class, request::run);
        assertThat(refused).as("the request is refused").isNotNull();
        return refused.getMessage();
    }

    @Test
    void shouldShowWhatIsKeptThenEchoWhatEachViewerTypes() throws Exception {
        start("");
        try (TestConsole first = console("")) {
            first.awaitSeen("echo: ready");
            first.type("binary ");
            first.typeText("and text.");
            first.awaitSeen("binary and text.");
            try (TestConsole second = console("?tail=5");
                    TestConsole watcher = console("?tail=0&readOnly=true")) {
                watcher.type("never");
                second.awaitSeen("text.");
                second.type("mine");
                first.awaitSeen("binary and text.mine");
                watcher.awaitSeen("mine");
                assertThat(second.seen()).isEqualTo("text.mine");
            }
            assertThat(first.seen()).isEqualTo(serial()).doesNotContain("never");
        }
    }

    @Test
    void shouldPassMoreThanTheGuestTakesAtOnceAndLoseNothing() throws Exception {
        start("");
        String much = "0123456789abcdef".repeat(1500);
        try (TestConsole console = console("?tail=0")) {
            console.type(much);
            await().atMost(LIMIT).until(() -> console.seen().length() >= much.length());
            assertThat(console.seen()).isEqualTo(much);
        }
    }

    @Test
    void shouldHaveAVirtioConsoleBesideTheSerialPort() throws Exception {
        start("console", "console");
        try (TestConsole console = console("?device=console")) {
            console.type("by virtio");
            console.awaitSeen("by virtio");
        }
        byte[] kept = api.get("/v1/vms/" + vm + "/serial?device=console");
        assertThat(new String(kept, StandardCharsets.ISO_8859_1)).isEqualTo("by virtio");
        assertThat(serial()).doesNotContain("by virtio");
    }

    @Test
    void shouldSayWhyThereIsNoConsole() throws Exception {
        start("");
        String path = "/v1/vms/" + vm + "/console";
        HttpResponse<String> plain = get(path);
        assertThat(plain.statusCode()).isEqualTo(426);
        assertThat(plain.headers().firstValue("Upgrade")).contains("websocket");
        assertThat(get(path + "?from=1&tail=1").body()).contains("tail");
        assertThat(get(path + "?device=parallel").body()).contains("device", "one of serial, console");
        assertThat(get(path, "Origin", "http://elsewhere.example").statusCode()).isEqualTo(403);
        assertThatThrownBy(() -> console("?device=console")).hasMessageContaining("WebSocketHandshakeException");
        assertThat(refusal(() -> api.get("/v1/vms/" + vm + "/serial?device=console")))
                .contains("has no virtio console");
        change("stop");
        assertThatThrownBy(() -> console("")).hasMessageContaining("WebSocketHandshakeException");
    }

    @Test
    void shouldRefuseAHugeFrameAndSayWhenTheVmIsOff() throws Exception {
        start("");
        try (TestConsole greedy = console("")) {
            greedy.type("x".repeat(70_000));
            assertThat(greedy.awaitClose()).startsWith("1009 a frame of ").endsWith("at most 65536");
        }
        try (TestConsole console = console("")) {
            console.awaitSeen("echo: ready");
            change("stop");
            assertThat(console.awaitClose()).startsWith("1000 VM " + vm + " is stop");
        }
    }

    @Test
    void shouldServeAsManyConsolesAsItSaysToThoseThatComeAtOnceAndAnotherWhenOneIsLeft() throws Exception {
        start("");
        List<TestConsole> open = Collections.synchronizedList(new ArrayList<>());
        AtomicInteger refused = new AtomicInteger();
        ExecutorService operators = Executors.newFixedThreadPool(16);
        Runnable connect = () -> {
            try {
                open.add(console(""));
            } catch (Exception handshake) {
                assertThat(handshake.getCause()).isInstanceOfSatisfying(WebSocketHandshakeException.class, answer -> {
                    assertThat(answer.getResponse().statusCode()).isEqualTo(503);
                });
                refused.incrementAndGet();
            }
        };
        try {
            CompletableFuture.allOf(IntStream.range(0, MOST_CONSOLES + 16)
                            .mapToObj(i -> CompletableFuture.runAsync(connect, operators))
                            .toArray(CompletableFuture<?>[]::new))
                    .get(LIMIT.toSeconds(), TimeUnit.SECONDS);
            await().atMost(LIMIT).until(() -> serving(open) == MOST_CONSOLES);
            for (TestConsole late : open) {
                if (!late.seen().contains("echo: ready")) {
                    assertThat(late.awaitClose()).startsWith("1013 this node has 64 consoles open");
                    refused.incrementAndGet();
                }
            }
            assertThat(refused).hasValue(16);

            open.stream()
                    .filter(viewer -> viewer.seen().contains("echo: ready"))
                    .findFirst()
                    .orElseThrow()
                    .close();
            await().atMost(LIMIT).until(() -> {
                connect.run();
                return serving(open) == MOST_CONSOLES + 1;
            });
        } finally {
            operators.shutdown();
            open.forEach(TestConsole::close);
        }
    }

    /** How many were ever served. */
    private static long serving(List<TestConsole> consoles) {
        return List.copyOf(consoles).stream()
                .filter(viewer -> viewer.seen().contains("echo: ready"))
                .count();
    }

    @Test
    void shouldTypeFromAPipe() throws Exception {
        start("");
        String[] arguments = {"vm", "console", vm, "--tail=0", "--linger=1500ms", "--api=" + node.url()};
        InputStream stdin = System.in;
        PrintStream stdout = System.out;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            System.setIn(new ByteArrayInputStream("a script's lines\n".getBytes(StandardCharsets.UTF_8)));
            System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
            assertThat(GodwitCommand.create().execute(arguments)).isZero();
        } finally {
            System.setIn(stdin);
            System.setOut(stdout);
        }
        assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("a script's lines\n");
    }

    @Test
    void shouldShowTheCodeAGuestExitsWith() throws Exception {
        start("");
        try (TestConsole console = console("")) {
            console.type("\u0005\u0007");
        }
        VmInfo ended = awaitStatus("stopped");
        assertThat(ended.exitCode()).isEqualTo(7);
        assertThat(ended.guestAct().kind()).isEqualTo("debug-exit");
        assertThat(ended.detail()).isEqualTo("the guest ended with code 7");
        change("start");
        assertThat(show().exitCode()).as("another life").isNull();
    }

    @Test
    void shouldTellATripleFaultFromAPanic() throws Exception {
        start("");
        try (TestConsole console = console("?tail=0")) {
            console.type("\u0006");
            console.awaitSeen("echo: ready");
            VmInfo again = awaitStatus("running");
            assertThat(again.guestAct().kind()).isEqualTo("triple-fault");
            assertThat(again.guestAct().reason()).contains("vCPU 0", "triple fault");
            console.type("\u0010");
            VmInfo crashed = awaitStatus("crashed");
            assertThat(crashed.guestAct().kind()).isEqualTo("panic");
            assertThat(crashed.exitCode()).isNull();
            assertThat(qmp("query-status")).contains("guest-panicked");
        }
    }

    private String qmp(String command) {
        byte[] answer = api.post("/v1/vms/" + vm + "/qmp", Map.of("execute", command));
        return new String(answer, StandardCharsets.UTF_8);
    }

    @Test
    void shouldShowWhyADeviceStopped() throws Exception {
        start("console", "console");
        assertThat(show().deviceStates()).extracting(VmInfo.DeviceInfo::state).containsExactly("active", "active");
        try (TestConsole console = console("?tail=0")) {
            console.type("\u0002");
            await().atMost(LIMIT)
                    .until(() -> show().deviceStates().stream()
                            .anyMatch(device -> device.state().equals("failed")));
            VmInfo.DeviceInfo failed = show().deviceStates().get(1);
            assertThat(failed.name()).isEqualTo("console/0");
            assertThat(failed.kind()).isEqualTo("console");
            assertThat(failed.fault()).contains("console/0 queue 1");
            console.type("alive");
            console.awaitSeen("alive");
        }
        assertThat(qmp("x-query-virtio")).contains("virtio-serial", "/machine/console/0");
        assertThat(new String(
                        api.post(
                                "/v1/vms/" + vm + "/qmp",
                                Map.of(
                                        "execute",
                                        "x-query-virtio-status",
                                        "arguments",
                                        Map.of("path", "/machine/console/0"))),
                        StandardCharsets.UTF_8))
                .contains("\"broken\":true");
    }

    @Test
    void shouldPressThePowerButton() {
        start("");
        assertThat(change("powerdown").status()).isEqualTo("running");
        assertThat(awaitStatus("stopped").guestAct().kind()).isEqualTo("power-off");
        assertThat(refusal(() -> change("powerdown"))).contains("is stopped; it has to be running");
    }

    @Test
    void shouldGiveAGuestTimeToShutDownAndNoMore() {
        start("");
        api.post("/v1/vms/" + vm + "/stop", Map.of("timeout", "50s"));
        assertThat(awaitStatus("stopped").detail()).isEqualTo("the guest powered off");
        deleteVm();

        start("ignore-button");
        VmInfo asked = api.read(api.post("/v1/vms/" + vm + "/stop", Map.of("timeout", "40s")), VmInfo.class);
        assertThat(asked.status()).isEqualTo("running");
        assertThat(asked.detail()).contains("power button was pressed", "40000 ms");
        assertThat(refusal(() -> change("pause"))).contains("is busy with stop");
        await().atMost(LIMIT).until(() -> serial().contains("power button ignored"));
        assertThat(change("stop").detail()).as("who cannot wait").contains("its power was cut");

        change("start");
        await().atMost(LIMIT).until(() -> serial().contains("echo: ready"));
        assertThat(GodwitCommand.create().execute("vm", "stop", vm, "--timeout=300ms", "--api=" + node.url()))
                .isZero();
        assertThat(show().status()).isEqualTo("stopped");
        assertThat(show().detail()).contains("did not shut down within 300 ms");
        assertThat(refusal(() -> api.post("/v1/vms/" + vm + "/stop", Map.of("timeout", "2h"))))
                .contains("timeout");
    }

    @Test
    void shouldBootAnewAtAnOperatorsWordInTheSameGeneration() throws Exception {
        start("");
        String born = show().generation();
        try (TestConsole console = console("?tail=0")) {
            assertThat(change("reset").status()).isEqualTo("running");
            console.awaitSeen("echo: ready");
            assertThat(qmp("system_reset")).isEqualTo("{\"return\":{}}");
            await().atMost(LIMIT).until(() -> console.seen().split("echo: ready", -1).length == 3);
            assertThat(qmp("query-vm-generation-id")).contains(born);
            String renewed = change("renew-generation").generation();
            assertThat(renewed).isNotEqualTo(born).isEqualTo(show().generation());
            change("pause");
            assertThat(change("renew-generation").status()).isEqualTo("paused");
            assertThat(show().generation()).isNotIn(born, renewed);
            change("resume");
            console.type("still there");
            console.awaitSeen("still there");
        }
        assertThat(qmp("system_powerdown")).isEqualTo("{\"return\":{}}");
        awaitStatus("stopped");
    }
}
