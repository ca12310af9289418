package io.godwit.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.godwit.node.api.DirtyRateInfo;
import io.godwit.node.api.Json;
import io.godwit.node.api.LeftoverInfo;
import io.godwit.node.api.MigrationInfo;
import io.godwit.node.api.ParametersInfo;
import io.godwit.node.api.PoolInfo;
import io.godwit.node.api.VmInfo;
import io.godwit.node.api.VolumeInfo;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The CLI against an HTTP server that answers what the test queued. */
@Timeout(30)
class CliTest {
    private static final String MIGRATION_ID = "3f1c9b0e-52a1-4e0d-9a55-0c6f5f0f7a11";

    private static final List<VmInfo.DiskInfo> DISKS = List.of(new VmInfo.DiskInfo("fast/root.raw", true, "none", 4));
    private static final List<VmInfo.NicInfo> NICS = List.of(new VmInfo.NicInfo("lan", "02:00:00:00:00:01", 2));

    private record Answer(int status, String body) {}

    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final Deque<Answer> answers = new ArrayDeque<>();
    private final PrintStream stdout = System.out;
    private HttpServer server;
    private String out = "";
    private String err = "";

    @BeforeEach
    void startServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
    }

    @AfterEach
    void stopServer() {
        System.setOut(stdout);
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        requests.add((exchange.getRequestMethod() + " " + exchange.getRequestURI() + " " + body).strip());
        Answer answer;
        synchronized (answers) {
            answer = answers.isEmpty() ? new Answer(500, "the test queued no answer") : answers.poll();
        }
        byte[] bytes = answer.body().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("Godwit-Serial-Position", "40");
        exchange.sendResponseHeaders(answer.status(), bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private void queue(int status, Object body) {
        synchronized (answers) {
            answers.add(new Answer(status, body instanceof String text ? text : Json.writeText(body)));
        }
    }

    private int run(String... arguments) {
        ByteArrayOutputStream captured = new ByteArrayOutputStream();
        ByteArrayOutputStream errors = new ByteArrayOutputStream();
        System.setOut(new PrintStream(captured, true, StandardCharsets.UTF_8));
        CommandLine commands = GodwitCommand.create().setErr(new PrintWriter(errors, true, StandardCharsets.UTF_8));
        int code = commands.execute(arguments);
        System.setOut(stdout);
        out = captured.toString(StandardCharsets.UTF_8);
        err = errors.toString(StandardCharsets.UTF_8);
        return code;
    }

    private String api() {
        return "--api=http://127.0.0.1:" + server.getAddress().getPort();
    }

    private static VmInfo vm(String name, String status) {
        return new VmInfo(
                "id-" + name,
                name,
                "alpha",
                status,
                1536L << 20,
                2,
                "/k",
                "",
                null,
                "bitmap",
                List.of(),
                DISKS,
                NICS,
                List.of("rng", "balloon"),
                1,
                "kvm",
                null,
                "");
    }

    private static MigrationInfo migration(String status, Boolean verified) {
        return new MigrationInfo(
                "m-1",
                "id-db",
                "db",
                "alpha",
                "beta",
                status,
                status.equals("failed") ? "no room" : "",
                "1970-01-01T00:00:00Z",
                4,
                2412,
                7,
                6,
                5,
                3L << 30,
                0,
                1L << 30,
                1,
                2,
                3,
                4,
                5,
                6,
                Map.of(),
                verified,
                verified != null || status.equals("failed"),
                0,
                0,
                0,
                null,
                true,
                new MigrationInfo.CompressionInfo(1000, 1 << 20, 3),
                new MigrationInfo.DifferencesInfo(64 << 20, 500, 4096, 7, 1));
    }

    @Test
    void shouldTakeEveryParameterAsAFlagAndThoseOfOtherTools() {
        queue(202, migration("setup", null));

        int code = run(
                "vm",
                "migrate",
                "db",
                "beta",
                "--downtime-limit",
                "80",
                "--max-bandwidth-mb=100",
                "--parallel-connections=4",
                "--compressed",
                "--auto-converge",
                "--no-zero-page-detection",
                "--timeout",
                "60",
                "--timeout-cancel",
                "--tls",
                "--quickly-finish",
                api());

        assertThat(code).as(err).isZero();
        assertThat(requests.get(0))
                .contains("\"downtime-limit\":\"80ms\"")
                .contains("\"max-bandwidth\":\"100MiB/s\"")
                .contains("\"multifd-channels\":\"4\"")
                .contains("\"multifd-compression\":\"zstd\"")
                .contains("\"auto-converge\":\"true\"")
                .contains("\"zero-page-detection\":\"false\"")
                .contains("\"timeout\":\"60s\"")
                .contains("\"timeout-action\":\"cancel\"")
                .contains("\"encryption\":\"on\"")
                .contains("\"quickly-finish\":\"true\"");
    }

    @Test
    void shouldRefuseAParameterGivenTwiceOrWrongly() {
        assertThat(run("vm", "migrate", "db", "beta", "--max-bandwidth-mb=1", "--max-bandwidth=2MiB/s", api()))
                .isEqualTo(ExitCodes.USAGE);
        assertThat(err).contains("max-bandwidth is given as");
        assertThat(run("vm", "migrate", "db", "beta", "--multifd-channels=99", api()))
                .isEqualTo(ExitCodes.USAGE);
        assertThat(err).contains("--multifd-channels").contains("1 to 16");
        assertThat(requests).isEmpty();
    }

    @Test
    void shouldSetAndUnsetParametersOfAVm() {
        queue(
                200,
                new ParametersInfo(
                        Map.of("downtime-limit", "80ms"),
                        List.of(new ParametersInfo.ParameterInfo(
                                "downtime-limit", "80ms", "vm", true, "a duration", "Longest pause."))));

        int code =
                run("migration", "parameters", "--vm", "db", "--set", "downtime-limit=80", "--unset", "verify", api());

        assertThat(code).as(err).isZero();
        assertThat(requests.get(0))
                .isEqualTo("PATCH /v1/vms/db/migration-parameters {\"downtime-limit\":\"80ms\",\"verify\":null}");
        assertThat(out).contains("downtime-limit").contains("80ms").contains("vm");
    }

    @Test
    void shouldChangeARunningMigrationNamedByItsVm() {
        VmInfo moving = new VmInfo(
                "id-db", "db", "alpha", "running", 1 << 30, 1, "/k", "", null, "bitmap", List.of(), DISKS, NICS,
                List.of(), 1, "kvm", "m-1", "");
        queue(200, moving);
        queue(200, migration("active", null));

        assertThat(run("migration", "setspeed", "db", "400", api())).as(err).isZero();

        assertThat(requests)
                .containsExactly("GET /v1/vms/db", "PATCH /v1/migrations/m-1 {\"max-bandwidth\":\"400MiB/s\"}");
    }

    @Test
    void shouldCreateAVmWithAbsolutePaths() {
        queue(201, vm("db", "stopped"));

        int code = run(
                "vm",
                "create",
                "db",
                "--memory",
                "1536MiB",
                "--kernel",
                "k.elf",
                "--vcpus",
                "2",
                "--host",
                "alpha",
                "--cmdline",
                "a b",
                "--hide-cpu-features",
                "avx2,popcnt",
                api());

        assertThat(code).isZero();
        assertThat(out).isEqualToIgnoringNewLines("VM db (id-db) created on alpha");
        assertThat(requests)
                .containsExactly("POST /v1/vms "
                        + "{\"name\":\"db\",\"memory\":\"1536MiB\",\"vcpus\":2,\"kernel\":\""
                        + Path.of("k.elf").toAbsolutePath()
                        + "\",\"cmdline\":\"a b\",\"host\":\"alpha\",\"hideCpuFeatures\":[\"avx2\",\"popcnt\"]}");
    }

    @Test
    void shouldStartWhatItCreatesWhenAskedTo() {
        queue(201, vm("db", "stopped"));
        queue(200, vm("db", "running"));

        assertThat(run("vm", "create", "db", "--memory=1GiB", "--kernel=/k", "--start", api()))
                .isZero();
        assertThat(requests).hasSize(2).last().isEqualTo("POST /v1/vms/id-db/start {}");
    }

    @Test
    void shouldListVmsInColumns() {
        queue(200, List.of(vm("db", "running"), vm("web-frontend", "stopped")));

        assertThat(run("vm", "list", api())).isZero();
        assertThat(out.lines())
                .containsExactly(
                        "NAME          ID               HOST   STATUS   VCPUS  MEMORY   MIGRATION",
                        "db            id-db            alpha  running  2      1536MiB  -",
                        "web-frontend  id-web-frontend  alpha  stopped  2      1536MiB  -");
    }

    @Test
    void shouldPrintTheAnswerAsItCameWithJson() {
        queue(200, "[{\"name\":\"db\",\"new\":1}]");

        assertThat(run("vm", "list", "--json", api())).isZero();
        assertThat(out).isEqualTo("[{\"name\":\"db\",\"new\":1}]\n");
    }

    @Test
    void shouldReachEveryEndpoint() {
        queue(200, vm("db", "running"));
        queue(200, vm("db", "stopped"));
        queue(200, vm("db", "paused"));
        queue(200, vm("db", "running"));
        queue(200, vm("db", "running"));
        queue(204, "");
        queue(202, migration("setup", null));
        queue(200, List.of(migration("active", null)));
        queue(200, migration("completed", true));
        queue(200, migration("cancelling", null));

        assertThat(run("vm", "start", "db", api())).isZero();
        assertThat(run("vm", "stop", "db", api())).isZero();
        assertThat(run("vm", "pause", "db", api())).isZero();
        assertThat(run("vm", "resume", "db", api())).isZero();
        assertThat(run("vm", "show", "a b/c", api())).isZero();
        assertThat(run("vm", "delete", "db", api())).isZero();
        assertThat(run(
                        "vm",
                        "migrate",
                        "db",
                        "beta",
                        "--downtime-limit",
                        "50ms",
                        "--max-bandwidth",
                        "1KiB/s",
                        "--verify",
                        "none",
                        api()))
                .isZero();
        assertThat(run("migration", "list", api())).isZero();
        assertThat(run("migration", "show", MIGRATION_ID, api())).isZero();
        assertThat(run("migration", "cancel", MIGRATION_ID, api())).isZero();

        assertThat(requests)
                .containsExactly(
                        "POST /v1/vms/db/start {}",
                        "POST /v1/vms/db/stop {}",
                        "POST /v1/vms/db/pause {}",
                        "POST /v1/vms/db/resume {}",
                        "GET /v1/vms/a%20b%2Fc",
                        "DELETE /v1/vms/db",
                        "POST /v1/vms/db/migrations {\"target\":\"beta\",\"downtime-limit\":\"50ms\","
                                + "\"max-bandwidth\":\"1KiB/s\",\"verify\":\"none\"}",
                        "GET /v1/migrations",
                        "GET /v1/migrations/" + MIGRATION_ID,
                        "DELETE /v1/migrations/" + MIGRATION_ID);
    }

    @Test
    void shouldSteerARunningMigration() {
        for (int i = 0; i < 3; i++) {
            queue(200, migration("active", null));
        }

        assertThat(run("migration", "complete", MIGRATION_ID, api())).isZero();
        assertThat(out).isEqualTo("migration m-1 of db is active\n");
        assertThat(run("migration", "continue", MIGRATION_ID, api())).isZero();
        assertThat(run("migration", "setmaxdowntime", MIGRATION_ID, "80", api()))
                .isZero();

        assertThat(requests)
                .containsExactly(
                        "POST /v1/migrations/" + MIGRATION_ID + "/complete {}",
                        "POST /v1/migrations/" + MIGRATION_ID + "/continue {}",
                        "PATCH /v1/migrations/" + MIGRATION_ID + " {\"downtime-limit\":\"80ms\"}");
    }

    @Test
    void shouldShowWhatSealingCompressionAndDifferencesDid() {
        queue(200, migration("active", null));

        assertThat(run("migration", "show", MIGRATION_ID, api())).isZero();

        assertThat(out.replaceAll(" +", " "))
                .contains("encrypted true")
                .contains("compressed 1000 pages to 1MiB, 3 batches left as they were")
                .contains("differences 500 pages as 4KiB, 7 not in the cache of 64MiB, 1 no shorter");
    }

    @Test
    void shouldShowAndDiscardWhatFailedMigrationsLeft() {
        queue(
                200,
                List.of(new LeftoverInfo(
                        MIGRATION_ID,
                        "id-db",
                        "db",
                        "beta",
                        "source is lost",
                        "2026-01-01T00:00:00Z",
                        1L << 30,
                        "kvm")));
        queue(200, Map.of());

        assertThat(run("migration", "leftovers", api())).isZero();
        assertThat(out).contains(MIGRATION_ID).contains("beta").contains("1GiB").contains("source is lost");
        assertThat(run("migration", "discard", MIGRATION_ID, api())).isZero();
        assertThat(out).isEqualTo("nothing is kept of migration " + MIGRATION_ID + " any more\n");

        assertThat(requests).containsExactly("GET /v1/leftovers", "DELETE /v1/leftovers/" + MIGRATION_ID);
    }

    @Test
    void shouldMeasureADirtyRateAndWaitForIt() {
        queue(202, rate("measuring", List.of()));
        queue(200, rate("measuring", List.of()));
        queue(200, rate("measured", List.of(3L << 20, 0L)));

        assertThat(run("vm", "dirty-rate", "db", "--for", "500ms", api())).isZero();

        assertThat(out.replaceAll(" +", " "))
                .contains("dirtied 3MiB/s")
                .contains("working set larger than was seen")
                .contains("by vCPU 3MiB/s, 0B/s");
        assertThat(requests)
                .containsExactly(
                        "POST /v1/vms/db/dirty-rate {\"durationMs\":500}",
                        "GET /v1/vms/db/dirty-rate",
                        "GET /v1/vms/db/dirty-rate");
    }

    private static DirtyRateInfo rate(String status, List<Long> byVcpu) {
        return new DirtyRateInfo("id-db", status, "2026-01-01T00:00:00Z", 500, 3L << 20, 4L << 20, -1, byVcpu, "");
    }

    @Test
    void shouldWaitForAMigrationsEnd() {
        queue(202, migration("setup", null));
        queue(200, migration("active", null));
        queue(503, "an election");
        queue(200, migration("completed", null));
        queue(200, migration("completed", true));

        assertThat(run("vm", "migrate", "db", "beta", "--wait", api())).isZero();
        assertThat(out)
                .isEqualToIgnoringNewLines("migration of db, alpha to beta: completed in 2.41s, down for 7ms, 5 rounds,"
                        + " 3GiB sent, memory verified equal");
    }

    @Test
    void shouldExitWithItsOwnCodeWhenAMigrationDidNotComplete() {
        queue(202, migration("setup", null));
        queue(200, migration("failed", null));

        assertThat(run("vm", "migrate", "db", "beta", "--wait", api())).isEqualTo(ExitCodes.NOT_COMPLETED);
        assertThat(out).isEqualToIgnoringNewLines("migration of db, alpha to beta: failed: no room");
    }

    @Test
    void shouldTellWhatAMigrationWouldBeLike() {
        Map<String, Object> plan = new java.util.LinkedHashMap<>(Map.of(
                "vm",
                "id",
                "vmName",
                "db",
                "from",
                "alpha",
                "to",
                "beta",
                "refusals",
                List.of(),
                "converges",
                true,
                "reason",
                "",
                "rounds",
                4,
                "totalMs",
                2410,
                "downtimeMs",
                80));
        plan.putAll(Map.of(
                "transferredBytes",
                3L << 30,
                "throttlePercent",
                0,
                "dirtyBytesPerSecond",
                50_000_000,
                "workingSetBytes",
                -1,
                "zeroBytes",
                0,
                "bandwidthBytesPerSecond",
                900_000_000,
                "bandwidthMeasured",
                false));
        queue(200, plan);
        assertThat(run("vm", "migrate", "db", "beta", "--dry-run", api())).isZero();
        assertThat(out)
                .contains("2.41s")
                .contains("3GiB")
                .contains("larger than was seen")
                .contains("assumed");
        plan.put("refusals", List.of("memory: too little"));
        queue(200, plan);
        assertThat(run("vm", "migrate", "db", "beta", "--dry-run", api())).isEqualTo(ExitCodes.NOT_COMPLETED);
        assertThat(out).contains("memory: too little");
    }

    @Test
    void shouldPrintSerialOutputAsItIs() {
        queue(200, "hello\u00e9\n");
        assertThat(run("vm", "serial", "db", "--from", "7", api())).isZero();
        assertThat(out).isEqualTo("hello\u00e9\n");
        assertThat(requests).containsExactly("GET /v1/vms/db/serial?from=7&follow=false");

        queue(200, "hi");
        assertThat(run("vm", "serial", "db", "--json", api())).isZero();
        assertThat(out).isEqualTo("{\"position\":40,\"end\":42,\"text\":\"hi\"}\n");
    }

    @Test
    void shouldPrintAProblemsDetailInOneLine() {
        queue(
                404,
                Map.of(
                        "type",
                        "/problems/not-found",
                        "title",
                        "Not found",
                        "status",
                        404,
                        "detail",
                        "there is no VM \"x\"",
                        "errors",
                        List.of()));

        assertThat(run("vm", "show", "x", api())).isEqualTo(ExitCodes.REFUSED);
        assertThat(err).isEqualToIgnoringNewLines("godwit: there is no VM \"x\"");
        assertThat(out).isEmpty();
    }

    @Test
    void shouldSayThatNoNodeAnswers() throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }

        assertThat(run("vm", "list", "--api", "http://127.0.0.1:" + port)).isEqualTo(ExitCodes.UNREACHABLE);
        assertThat(err).contains("no node answers at http://127.0.0.1:" + port).hasLineCount(1);
    }

    @Test
    void shouldTellUsageErrorsApart() {
        assertThat(run("vm", "create", "db", api())).isEqualTo(ExitCodes.USAGE);
        assertThat(err).contains("--memory").contains("--kernel").contains("godwit vm create --help");
        assertThat(run("vm")).isEqualTo(ExitCodes.USAGE);
        assertThat(run("frobnicate")).isEqualTo(ExitCodes.USAGE);
        assertThat(run("vm", "list", "--api", "not a url")).isEqualTo(ExitCodes.USAGE);
        assertThat(err).contains("expected one such as http://127.0.0.1:7400");
        assertThat(run("vm", "migrate", "db", "beta", "--downtime-limit", "soon", api()))
                .isEqualTo(ExitCodes.USAGE);
        assertThat(err).contains("expected a duration such as 300ms");
        assertThat(requests).isEmpty();
    }

    @Test
    void shouldTellItsVersion() {
        assertThat(run("version")).isZero();
        assertThat(out)
                .startsWith("godwit ")
                .contains("Java " + Runtime.version().feature());
    }

    @Test
    void shouldCreateAVmWithDisksNetworksAndDevices() {
        queue(201, vm("db", "stopped"));

        int code = run(
                "vm",
                "create",
                "db",
                "--memory=1GiB",
                "--kernel=/k",
                "--disk=fast/root.raw,cache=none,queues=4",
                "--disk=fast/seed.iso,ro",
                "--nic=lan,mac=02:00:00:00:00:01,queues=2",
                "--nic=dmz",
                "--device=rng",
                "--device=balloon",
                api());

        assertThat(code).as(err).isZero();
        assertThat(requests.get(0))
                .contains("\"disks\":[{\"volume\":\"fast/root.raw\",\"cache\":\"none\",\"queues\":4},"
                        + "{\"volume\":\"fast/seed.iso\",\"readOnly\":true}]")
                .contains("\"nics\":[{\"network\":\"lan\",\"mac\":\"02:00:00:00:00:01\",\"queues\":2},"
                        + "{\"network\":\"dmz\"}]")
                .contains("\"devices\":[\"rng\",\"balloon\"]");
    }

    @Test
    void shouldRefuseADiskOrNicWithPartsThatItHasNot() {
        for (String flag : List.of(
                "--disk=a/b,rw",
                "--disk=a/b,ro,ro",
                "--disk=a/b,queues=x",
                "--disk=a/b,ro=1",
                "--nic=lan,cache=none")) {
            assertThat(run("vm", "create", "db", "--memory=1GiB", "--kernel=/k", flag, api()))
                    .isEqualTo(ExitCodes.USAGE);
            assertThat(err).contains(flag.substring(flag.indexOf('=') + 1)).contains("expected");
        }
        assertThat(requests).isEmpty();
    }

    @Test
    void shouldShowTheDevicesOfAVm() {
        queue(200, vm("db", "running"));

        assertThat(run("vm", "show", "db", api())).isZero();
        assertThat(out)
                .contains("fast/root.raw,ro,cache=none,queues=4")
                .contains("lan,mac=02:00:00:00:00:01,queues=2")
                .contains("rng,balloon");
    }

    @Test
    void shouldListPoolsAndVolumes() {
        queue(200, List.of(new PoolInfo("alpha", "fast", "local", "/pools/fast", 8L << 30, 2L << 30, "")));
        queue(200, List.of(new VolumeInfo("san", "db.raw", "shared", 10L << 30, List.of("alpha", "beta"))));

        assertThat(run("pool", "list", api())).isZero();
        assertThat(out).contains("fast", "alpha", "local", "/pools/fast");
        assertThat(run("volume", "list", api())).isZero();
        assertThat(out).contains("san/db.raw", "10GiB", "alpha,beta");
        assertThat(requests).containsExactly("GET /v1/pools", "GET /v1/volumes");
    }

    @Test
    void shouldMakeResizeAndDeleteVolumes(@TempDir Path directory) throws Exception {
        VolumeInfo volume = new VolumeInfo("fast", "a", "local", 1 << 20, List.of("alpha"));
        for (int i = 0; i < 5; i++) {
            queue(200, volume);
        }
        Path userData = Files.writeString(directory.resolve("user-data"), "#cloud-config");

        assertThat(run("volume", "create", "fast/a", "--size=1MiB", "--host=alpha", api()))
                .as(err)
                .isZero();
        assertThat(out).contains("fast/a on alpha is made, of 1MiB");
        assertThat(run("volume", "import", "fast/a", "/i", "--format=qcow2", api()))
                .as(err)
                .isZero();
        assertThat(run("volume", "seed", "fast/a", "--user-data=" + userData, api()))
                .as(err)
                .isZero();
        assertThat(run("volume", "resize", "fast/a", "2MiB", "--json", api()))
                .as(err)
                .isZero();
        assertThat(out).startsWith("{\"pool\":\"fast\"");
        assertThat(run("volume", "delete", "fast/a", "--host=alpha", api()))
                .as(err)
                .isZero();
        assertThat(requests.subList(0, 3))
                .containsExactly(
                        "POST /v1/volumes {\"pool\":\"fast\",\"name\":\"a\",\"host\":\"alpha\",\"size\":\"1MiB\"}",
                        "POST /v1/volumes {\"pool\":\"fast\",\"name\":\"a\",\"import\":\"/i\",\"format\":\"qcow2\"}",
                        "POST /v1/volumes {\"pool\":\"fast\",\"name\":\"a\",\"userData\":\"#cloud-config\"}");
        assertThat(requests.get(3))
                .startsWith("POST /v1/volumes/fast/a/resize {")
                .contains("\"size\":\"2MiB\"");
        assertThat(requests.get(4)).isEqualTo("DELETE /v1/volumes/fast/a?host=alpha");
    }

    @Test
    void shouldHelpWithEveryCommand() {
        assertThat(run("--help")).isZero();
        assertThat(out).contains("demo", "node", "vm", "migration", "host", "cluster", "version");
        assertThat(run("vm", "migrate", "--help")).isZero();
        assertThat(out).contains("--max-bandwidth=RATE");
    }

    @Test
    void shouldDocumentEveryCommandAndExitCode() throws Exception {
        String document = java.nio.file.Files.readString(Path.of("../docs/cli.md"));

        for (java.lang.reflect.Field code : ExitCodes.class.getFields()) {
            assertThat(document).as(code.getName()).contains("| " + code.getInt(null) + " | ");
        }
        GodwitCommand.create().getSubcommands().forEach((group, command) -> {
            if (!group.equals("help")) {
                assertThat(document).contains("`" + group);
            }
            command.getSubcommands()
                    .keySet()
                    .forEach(name -> assertThat(document).contains(name));
        });
    }
}
