package io.godwit.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.node.api.AlarmInfo;
import io.godwit.node.api.ClusterInfo;
import io.godwit.node.api.ClusterInfo.CpuBaselineInfo;
import io.godwit.node.api.ClusterInfo.Homeless;
import io.godwit.node.api.ClusterInfo.HostCpu;
import io.godwit.node.api.ClusterInfo.HostLoss;
import io.godwit.node.api.FencingInfo;
import io.godwit.node.api.HostInfo;
import io.godwit.node.api.PermitInfo;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Where VMs live and may live, and the lists in which one looks for them. */
class PlacementCliTest extends CliHarness {
    @Test
    void shouldSayWhetherTheClusterCanLoseAHost() {
        queue(200, cluster(List.of(new HostLoss("alpha", true, List.of()))));
        queue(200, cluster(List.of(new HostLoss("alpha", false, List.of(new Homeless("db", List.of("no room")))))));
        queue(200, cluster(null));

        assertThat(run("cluster", "status", api())).as(err).isZero();
        assertThat(out).containsPattern("can lose +any one host");
        assertThat(run("cluster", "status", api())).isZero();
        assertThat(out).containsPattern("can lose +not alpha: VM db would find no place \\(no room\\)");
        assertThat(run("cluster", "status", api())).isZero();
        assertThat(out).containsPattern("can lose +unknown");
        assertThat(out).containsPattern("quorum +QUORUM LOST; voters out of reach: beta, gamma");
    }

    @Test
    void shouldSayWhatTheCpusOfHostsHaveInCommonAndWhichHaveMore() {
        queue(200, cluster(List.of()));

        assertThat(run("cluster", "status", api())).as(err).isZero();

        assertThat(out.lines().map(line -> line.strip().replaceAll(" +", " ")))
                .contains("CPU baseline 2 features of AuthenticAMD, without gamma", "beyond it alpha: avx2")
                .noneMatch(line -> line.contains("beyond it beta"));
    }

    @Test
    void shouldAskForACpuThatEveryHostHasAndSayWhatWasNotConsidered() {
        queue(201, vm("db", "stopped"));

        assertThat(run("vm", "create", "db", "--memory=1GiB", "--kernel=/k", "--cpu=baseline", api()))
                .as(err)
                .isZero();

        assertThat(requests).singleElement().asString().contains("\"cpu\":\"baseline\"");
    }

    @Test
    void shouldSayWhereAVmMayLive() {
        queue(201, vm("db", "stopped"));

        int code = run(
                "vm",
                "create",
                "db",
                "--memory=1GiB",
                "--kernel=/k",
                "--rule=apart=web,mail",
                "--preference=not-on=beta",
                "--prefer-host=alpha",
                "--zone=west,east",
                "--pinned",
                api());

        assertThat(code).as(err).isZero();
        assertThat(requests)
                .containsExactly("POST /v1/vms {\"name\":\"db\",\"memory\":\"1GiB\",\"vcpus\":1,\"kernel\":\"/k\","
                        + "\"rules\":[{\"kind\":\"apart\",\"strict\":true,\"vms\":[\"web\",\"mail\"]},"
                        + "{\"kind\":\"not-on\",\"strict\":false,\"hosts\":[\"beta\"]}],"
                        + "\"preferHost\":\"alpha\",\"zones\":[\"west\",\"east\"],\"pinned\":true}");
        assertThat(run("vm", "create", "db", "--memory=1GiB", "--kernel=/k", "--rule=apart", api()))
                .isEqualTo(ExitCodes.USAGE);
        assertThat(err).contains("--rule: \"apart\" is not accepted; expected KIND=NAME");
    }

    @Test
    void shouldShowWhereAVmMayLive() {
        queue(200, vm("db", "running"));

        assertThat(run("vm", "show", "db", api())).isZero();

        assertThat(out.lines().map(line -> line.replaceAll(" +", " ")))
                .contains("rule apart=web (preferred)", "prefers host beta", "zones rack-7", "pinned true");
    }

    @Test
    void shouldAskForWhatIsLookedForInLists() {
        queue(200, List.of());
        queue(200, List.of());

        assertThat(run("vm", "list", "db 1", "--host=alpha", "--status=running", api()))
                .as(err)
                .isZero();
        assertThat(run("host", "list", "alp", "--state=up", "--zone=west", api()))
                .as(err)
                .isZero();

        assertThat(requests)
                .containsExactly(
                        "GET /v1/vms?search=db%201&host=alpha&status=running",
                        "GET /v1/hosts?search=alp&state=up&zone=west");
    }

    @Test
    void shouldShowHowSharedDisksAreFencedAndWhereHostsDiffer() {
        queue(200, cluster(List.of()));

        assertThat(run("cluster", "status", api())).as(err).isZero();

        assertThat(out.lines().map(line -> line.replaceAll(" +", " ").strip()))
                .contains(
                        "CAVEAT no automatic failover",
                        "gamma 10.0.0.3:7401 up witness",
                        "fencing pool san: none",
                        "CONFLICT pool san is none on beta, but command on alpha; none counts",
                        "fence alpha: configured; its VMs db write san",
                        "NO FENCE on beta, which may lead the ledger",
                        "ALARM alpha 2026-01-01T00:00:05Z: jvm-pause of 2345 ms: the JVM stood still");
    }

    @Test
    void shouldShowAHost() {
        queue(
                200,
                new HostInfo(
                        "alpha",
                        "i",
                        "up",
                        "member",
                        "kvm",
                        8,
                        "EPYC",
                        "0x1",
                        "6.1.0",
                        8L << 30,
                        1L << 30,
                        3,
                        "http://127.0.0.1:7400",
                        "1",
                        new PermitInfo("ok", "2026-01-01T00:00:05Z"),
                        "west",
                        "AuthenticAMD",
                        List.of("avx2", "sse4a"),
                        List.of(new HostInfo.PoolName("fast", "local")),
                        List.of(new HostInfo.NetworkName("lan", "br0"))));

        assertThat(run("host", "show", "alpha", api())).as(err).isZero();

        assertThat(requests).containsExactly("GET /v1/hosts/alpha");
        assertThat(out.lines().map(line -> line.replaceAll(" +", " ")))
                .contains(
                        "state up",
                        "role member",
                        "permit ok",
                        "CPUs 8 of EPYC",
                        "CPU features avx2,sse4a",
                        "guest memory 8GiB, of which 1GiB is taken",
                        "pool fast (local)",
                        "network lan (bridge br0)");
    }

    private static ClusterInfo cluster(@Nullable List<HostLoss> losses) {
        return new ClusterInfo(
                "east",
                "alpha",
                "1",
                "alpha",
                List.of(new ClusterInfo.Member("gamma", "10.0.0.3:7401", "up", "witness")),
                new ClusterInfo.LedgerInfo(
                        losses != null,
                        "",
                        losses != null ? "held" : "lost",
                        losses != null ? List.of() : List.of("beta", "gamma"),
                        null,
                        List.of(),
                        1,
                        "no automatic failover"),
                new PermitInfo("lost", null),
                new CpuBaselineInfo(
                        List.of("sse4_2", "sse4a"),
                        List.of(new HostCpu("alpha", List.of("avx2")), new HostCpu("beta", List.of())),
                        List.of("AuthenticAMD"),
                        List.of("gamma")),
                new FencingInfo(
                        List.of(new FencingInfo.PoolFencingInfo(
                                "san",
                                "none",
                                List.of(
                                        new FencingInfo.LevelInfo("none", List.of("beta")),
                                        new FencingInfo.LevelInfo("command", List.of("alpha"))),
                                "pool san is none on beta, but command on alpha")),
                        List.of(new FencingInfo.WriterInfo("alpha", "configured", List.of("san"), List.of("db"))),
                        List.of("beta")),
                List.of(new AlarmInfo("alpha", "jvm-pause", "2026-01-01T00:00:05Z", 2_345, "the JVM stood still")),
                losses);
    }
}
