package io.godwit.integration;

import static io.godwit.integration.harness.Deadline.within;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.godwit.integration.harness.Cli;
import io.godwit.integration.harness.Figures;
import io.godwit.integration.harness.Host;
import io.godwit.integration.harness.LineFollower;
import io.godwit.integration.harness.LogsOnFailure;
import io.godwit.integration.harness.Migration;
import io.godwit.integration.harness.ProbeVm;
import io.godwit.integration.harness.ProbeVm.Shape;
import io.godwit.integration.harness.TalkingGuest;
import io.godwit.integration.harness.TestCluster;
import io.godwit.integration.harness.TestNode;
import io.godwit.vmm.probe.Blackout;
import io.godwit.vmm.probe.BlackoutWatch;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A guest under load crosses from one node's JVM to another's. */
@ExtendWith(LogsOnFailure.class)
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class MigrationIT {
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final long MEBIBYTE = 1 << 20;
    private static TestCluster cluster;
    private ProbeVm vm;

    @BeforeAll
    static void startCluster() {
        Host.assumeKvm();
        cluster = TestCluster.three();
    }

    @AfterAll
    static void endCluster() {
        if (cluster != null) {
            cluster.close();
        }
    }

    @AfterEach
    void deleteVm() {
        if (vm != null) {
            vm.delete();
        }
    }

    @Test
    void shouldMoveAGibibyteUnderLoadThereAndBackWithItsMemoryIntact() throws InterruptedException {
        TestNode alpha = cluster.alpha();
        TestNode beta = cluster.beta();
        vm = ProbeVm.start(cluster, alpha, Shape.gibibyte("gibibyte"));

        JsonNode compared = vm.migrateTo(beta, Map.of("verify", "at-pause")).awaitCompleted(LIMIT);

        assertThat(compared.path("verified").asBoolean()).isTrue();
        assertThat(compared.path("from").asText()).isEqualTo("alpha");
        assertThat(compared.path("to").asText()).isEqualTo("beta");
        vm.assertHealthyAt(beta);
        vm.awaitSettled(LIMIT);
        within(LIMIT, "alpha has given the guest's memory back", () -> !vm.hasMemoryAt(alpha));

        migrateWatched(beta, alpha);
        vm.assertHealthyAt(alpha);
    }

    /** The blackout as the guest's own heartbeat shows it, with the memory compared behind it. */
    private void migrateWatched(TestNode from, TestNode to) throws InterruptedException {
        try (BlackoutWatch watch = BlackoutWatch.start(vm.memoryAt(from), vm.memoryAt(to), Duration.ofNanos(200_000))) {
            Migration migration = vm.migrateTo(to, Map.of("verify", "after-resume"));
            JsonNode ended = migration.awaitCompleted(LIMIT);
            assertThat(watch.awaitHandover(LIMIT))
                    .as("the guest was seen to run at %s", to)
                    .isTrue();
            migration.awaitVerified(LIMIT);
            Blackout blackout = watch.stop();
            double blackoutMs = blackout.handover().orElseThrow().atMostMs();
            Figures.report(
                    "%s %s to %s: total %d ms, %d rounds, downtime %d ms, blackout %.1f ms, %d MiB sent",
                    vm,
                    from,
                    to,
                    ended.path("totalMs").asLong(),
                    ended.path("rounds").asInt(),
                    ended.path("downtimeMs").asLong(),
                    blackoutMs,
                    ended.path("transferredBytes").asLong() / MEBIBYTE);
            assertThat(blackoutMs)
                    .as("what the guest missed is no more than the source says, and what watching adds")
                    .isLessThan(ended.path("downtimeMs").asLong() + 1_000.0);
            assertThat(ended.path("transferredBytes").asLong()).isGreaterThan(900 * MEBIBYTE);
            assertThat(ended.path("rounds").asInt()).isGreaterThan(1);
        }
    }

    @ParameterizedTest(name = "{0} vCPUs")
    @ValueSource(ints = {2, 4})
    void shouldMoveGuestsWithSeveralVcpus(int vcpus) {
        vm = ProbeVm.start(
                cluster,
                cluster.alpha(),
                Shape.of("smp-" + vcpus, "256MiB", "wss=32 rate=40 fill=200").vcpus(vcpus));

        JsonNode there =
                vm.migrateTo(cluster.beta(), Map.of("verify", "at-pause")).awaitCompleted(LIMIT);
        vm.assertHealthyAt(cluster.beta());
        vm.migrateTo(cluster.gamma(), Map.of("verify", "at-pause")).awaitCompleted(LIMIT);
        vm.assertHealthyAt(cluster.gamma());

        assertThat(there.path("verified").asBoolean()).isTrue();
    }

    @ParameterizedTest(name = "dirty log: {0}")
    @ValueSource(strings = {"bitmap", "ring"})
    void shouldMoveGuestsWithEitherDirtyLog(String kind) {
        vm = ProbeVm.start(
                cluster,
                cluster.alpha(),
                Shape.of("log-" + kind, "256MiB", "wss=64 rate=100 fill=200")
                        .vcpus(2)
                        .dirtyLog(kind));

        JsonNode there =
                vm.migrateTo(cluster.beta(), Map.of("verify", "at-pause")).awaitCompleted(LIMIT);
        vm.assertHealthyAt(cluster.beta());
        JsonNode back =
                vm.migrateTo(cluster.alpha(), Map.of("verify", "at-pause")).awaitCompleted(LIMIT);
        vm.assertHealthyAt(cluster.alpha());

        assertThat(there.path("verified").asBoolean()).isTrue();
        assertThat(back.path("verified").asBoolean()).isTrue();
        assertThat(vm.view().path("dirtyLog").asText()).isEqualTo(kind);
    }

    @Test
    void shouldFollowTheSerialLogAcrossMigrationsWithoutAGap() throws Exception {
        vm = ProbeVm.startOther(cluster, cluster.alpha(), "talker", TalkingGuest.kernel());

        try (LineFollower follower = LineFollower.serial(cluster.gamma(), vm)) {
            follower.awaitLines(20, LIMIT);
            vm.migrateTo(cluster.beta()).awaitCompleted(LIMIT);
            follower.awaitLines(follower.lines().size() + 20, LIMIT);
            vm.awaitSettled(LIMIT);
            vm.migrateTo(cluster.alpha()).awaitCompleted(LIMIT);
            follower.awaitLines(follower.lines().size() + 20, LIMIT);

            List<String> lines = follower.lines();
            assertThat(lines)
                    .isEqualTo(IntStream.rangeClosed(1, lines.size())
                            .mapToObj("%08x"::formatted)
                            .toList());
        }
    }

    @Test
    void shouldKeepWhatTheGuestWroteBeforeTheMigration() {
        vm = ProbeVm.start(cluster, cluster.alpha(), Shape.small("memoir"));
        String before =
                Cli.run(cluster.alpha(), LIMIT, "vm", "serial", vm.name()).output();
        assertThat(before).contains("probe: 1 of 1 vCPUs").contains("probe: fill 64 MiB");

        vm.migrateTo(cluster.beta()).awaitCompleted(LIMIT);
        vm.awaitSettled(LIMIT);

        assertThat(Cli.run(cluster.beta(), LIMIT, "vm", "serial", vm.name()).output())
                .startsWith(before);
    }

    @Test
    void shouldGoOnAtTheSourceAfterACancelAndMoveLater() {
        vm = ProbeVm.start(cluster, cluster.alpha(), Shape.of("undecided", "256MiB", "wss=16 rate=30 fill=200"));
        Migration migration = vm.migrateTo(cluster.beta(), Map.of("maxBandwidthBytesPerSecond", 40_000_000));
        migration.awaitTransferred(8 * MEBIBYTE, LIMIT);

        assertThat(migration.cancel().status()).isEqualTo(200);

        JsonNode ended = migration.awaitEnd(LIMIT);
        assertThat(ended.path("status").asText()).isEqualTo("cancelled");
        assertThat(ended.path("reason").asText()).contains("operator");
        vm.awaitSettled(LIMIT);
        vm.assertHealthyAt(cluster.alpha());
        within(LIMIT, "beta has cleaned up", () -> !vm.hasMemoryAt(cluster.beta()));
        assertThat(migration.cancel().status()).as("a second cancel").isEqualTo(409);

        vm.migrateTo(cluster.beta(), Map.of("verify", "at-pause")).awaitCompleted(LIMIT);
        vm.assertHealthyAt(cluster.beta());
    }

    @Test
    void shouldSendNoFasterThanAsked() {
        long limit = 30_000_000;
        vm = ProbeVm.start(cluster, cluster.alpha(), Shape.of("slow", "256MiB", "wss=16 rate=5 fill=200"));
        Migration migration = vm.migrateTo(cluster.beta(), Map.of("maxBandwidthBytesPerSecond", limit));
        migration.awaitTransferred(4 * MEBIBYTE, LIMIT);
        JsonNode first = migration.view();
        long startedNs = System.nanoTime();
        migration.awaitTransferred(first.path("transferredBytes").asLong() + 60 * MEBIBYTE, LIMIT);
        double seconds = (System.nanoTime() - startedNs) / 1e9;
        long sent = migration.view().path("transferredBytes").asLong()
                - first.path("transferredBytes").asLong();
        migration.cancel();

        Figures.report("limit %d MB/s: %.1f MB/s sent", limit / 1_000_000, sent / seconds / 1e6);
        assertThat(sent / seconds).as("bytes per second").isLessThan(limit * 1.15);
        assertThat(migration.awaitEnd(LIMIT).path("status").asText()).isEqualTo("cancelled");
        vm.awaitSettled(LIMIT);
        vm.assertHealthyAt(cluster.alpha());
    }

    @Test
    void shouldTellEveryNodeOfAMigration() throws Exception {
        vm = ProbeVm.start(cluster, cluster.alpha(), Shape.small("announced"));

        try (LineFollower events = LineFollower.events(cluster.gamma())) {
            events.awaitLines(1, LIMIT); // subscribed
            String id = vm.migrateTo(cluster.beta())
                    .awaitCompleted(LIMIT)
                    .path("id")
                    .asText();
            for (String kind :
                    List.of("migration.setup", "migration.active", "migration.device", "migration.completed")) {
                events.awaitLineWith(LIMIT, kind, id, vm.id());
            }
        }
    }

    @Test
    void shouldBeDoneByTheCommandLineFromAnyNode() {
        vm = ProbeVm.start(cluster, cluster.alpha(), Shape.small("commanded"));

        Cli.Result moved = Cli.run(cluster.gamma(), LIMIT, "vm", "migrate", vm.name(), "beta", "--wait");

        assertThat(moved.exitCode()).as(moved.output()).isZero();
        vm.awaitSettled(LIMIT);
        vm.assertHealthyAt(cluster.beta());
        Cli.Result listed = Cli.run(cluster.alpha(), LIMIT, "migration", "list");
        assertThat(listed.output()).contains("commanded").contains("completed");
    }
}
