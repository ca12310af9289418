package io.godwit.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.node.api.DirtyRateInfo;
import io.godwit.node.api.LeftoverInfo;
import io.godwit.node.api.MigrationInfo;
import io.godwit.node.api.ParametersInfo;
import io.godwit.node.api.VmInfo;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The commands of the CLI, but for those of storage and devices. */
class CliTest extends CliHarness {
    private static final String MIGRATION_ID = "3f1c9b0e-52a1-4e0d-9a55-0c6f5f0f7a11";

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
                List.of(), false, "never", 50, true, List.of(), null, List.of(), false, 1, "kvm", "m-1", "", List.of(),
                null, null, null, false, null);
        queue(200, moving);
        queue(200, migration("active", null));

        assertThat(run("migration", "setspeed", "db", "400", api())).as(err).isZero();

        assertThat(requests)
                .containsExactly("GET /v1/vms/db", "PATCH /v1/migrations/m-1 {\"max-bandwidth\":\"400MiB/s\"}");
    }

    @Test
    void shouldLeaveTheTargetToTheClusterWhereNoneIsNamed() {
        queue(202, migration("setup", null));

        assertThat(run("vm", "migrate", "db", "--prefer-host=beta", "--skip-cpu-check", "--skip-kernel-check", api()))
                .as(err)
                .isZero();

        assertThat(requests)
                .containsExactly("POST /v1/vms/db/migrations"
                        + " {\"preferHost\":\"beta\",\"skipCpuCheck\":true,\"skipKernelCheck\":true}");
        assertThat(out).contains(" to " + migration("setup", null).to() + " is under way");
        assertThat(run("vm", "migrate", "db", "beta", "--target=gamma", api())).isEqualTo(ExitCodes.USAGE);
    }

    @Test
    void shouldMoveAVmThatIsOffOrWhoseHostIsDead() {
        queue(202, migration("setup", null));
        queue(202, migration("setup", null));

        assertThat(run("vm", "migrate", "db", "beta", "--cold", "--auto-start", api()))
                .as(err)
                .isZero();
        assertThat(run("vm", "migrate", "db", "--rescue-mode", api())).as(err).isZero();

        assertThat(requests)
                .containsExactly(
                        "POST /v1/vms/db/migrations {\"target\":\"beta\",\"mode\":\"cold\",\"autoStart\":true}",
                        "POST /v1/vms/db/migrations {\"mode\":\"rescue\"}");
        assertThat(run("vm", "migrate", "db", "--cold", "--rescue-mode", api())).isEqualTo(ExitCodes.USAGE);
        assertThat(err).contains("--cold and --rescue-mode: give one of them");
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
    void shouldCreateAVmWithTheAvailabilityAskedFor() {
        queue(201, vm("db", "stopped"));

        int code = run(
                "vm",
                "create",
                "db",
                "--memory=1GiB",
                "--kernel=/k",
                "--stateless",
                "--auto-restart=on-crash",
                "--priority=70",
                "--no-ha",
                api());

        assertThat(code).as(err).isZero();
        assertThat(requests.get(0))
                .contains("\"stateless\":true,\"autoRestart\":\"on-crash\",\"priority\":70,\"ha\":false");
    }

    @Test
    void shouldStartWhatItCreatesWhenAskedTo() {
        queue(201, vm("db", "running"));

        assertThat(run("vm", "create", "db", "--memory=1GiB", "--kernel=/k", "--start", api()))
                .isZero();
        assertThat(requests).singleElement().asString().contains("\"start\":true");
        assertThat(out).isEqualTo("VM db (id-db) started on alpha\n");
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
