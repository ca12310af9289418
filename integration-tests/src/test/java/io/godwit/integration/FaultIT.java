package io.godwit.integration;

import static io.godwit.integration.harness.Deadline.within;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.godwit.integration.harness.Figures;
import io.godwit.integration.harness.Host;
import io.godwit.integration.harness.LogsOnFailure;
import io.godwit.integration.harness.Migration;
import io.godwit.integration.harness.ProbeVm;
import io.godwit.integration.harness.ProbeVm.Shape;
import io.godwit.integration.harness.TestCluster;
import io.godwit.integration.harness.TestNode;
import io.godwit.vmm.probe.ProbeWatch;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A process dies in the middle of a migration, and what should live, lives. */
@ExtendWith(LogsOnFailure.class)
@Timeout(value = 6, unit = TimeUnit.MINUTES)
class FaultIT {
    /** A peer is missed within seconds; membership takes up to half a minute to give it up. */
    private static final Duration LIMIT = Duration.ofSeconds(90);

    private static final long MEBIBYTE = 1 << 20;
    private static final Map<String, Object> SLOWLY = Map.of("maxBandwidthBytesPerSecond", 30_000_000);
    private static final int ATTEMPTS = 8;

    private TestCluster cluster;

    @BeforeEach
    void startCluster() {
        Host.assumeKvm();
        cluster = TestCluster.three();
    }

    @AfterEach
    void endCluster() {
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    @Tag("slow")
    void shouldGoOnAtTheSourceWhenTheTargetDiesBeforeTheFirstPage() {
        TestNode source = cluster.followers().get(0);
        TestNode target = cluster.followers().get(1);
        ProbeVm vm = ProbeVm.start(cluster, source, Shape.small("stayer"));
        target.freeze(); // it cannot answer the question for admission
        Migration migration = vm.migrateTo(target);
        assertThat(migration.sees("setup", LIMIT)).as("setup was seen").isTrue();

        target.kill();

        assertFailedAndGoesOn(vm, migration, source);
        assertThat(migration.view().path("transferredBytes").asLong()).isZero();
    }

    @Test
    void shouldGoOnAtTheSourceWhenTheTargetDiesAmongThePages() {
        ProbeVm vm = ProbeVm.start(cluster, cluster.alpha(), Shape.of("stayer", "256MiB", "wss=16 rate=30 fill=200"));
        Migration migration = vm.migrateTo(cluster.beta(), SLOWLY);
        migration.awaitTransferred(8 * MEBIBYTE, LIMIT);
        assertThat(migration.status()).isEqualTo("active");

        cluster.beta().kill();

        vm.awaitProgressAt(cluster.alpha(), Duration.ofSeconds(1));
        assertFailedAndGoesOn(vm, migration, cluster.alpha());
    }

    /** Comparing both memories at the pause makes the phase long enough to be hit; a miss is tried again. */
    @Test
    @Tag("slow")
    void shouldGoOnAtTheSourceWhenTheTargetDiesInTheSwitchover() {
        ProbeVm vm = ProbeVm.start(cluster, cluster.alpha(), Shape.gibibyte("stayer"));
        Migration hit = inDevicePhase(vm, cluster.alpha(), cluster.beta());

        cluster.beta().kill();

        assertFailedAndGoesOn(vm, hit, cluster.alpha());
    }

    /** The target has room, a machine and an open lane, and no page yet; a miss is tried again. */
    @Test
    @Tag("slow")
    void shouldCleanUpAtTheTargetWhenTheSourceDiesBeforeTheFirstPage() {
        TestNode source = cluster.followers().get(0);
        TestNode target = cluster.followers().get(1);
        ProbeVm vm = ProbeVm.start(cluster, source, Shape.small("orphan"));
        Migration hit = reservedWithoutAPage(vm, source, target);

        source.kill();

        assertCleanedUpAndUsable(vm, target, cluster.ledgerLeader(target), hit);
    }

    private Migration reservedWithoutAPage(ProbeVm vm, TestNode source, TestNode target) {
        for (int attempt = 0; attempt < 3 * ATTEMPTS; attempt++) {
            vm.beginMigrationTo(target);
            vm.awaitMemoryAt(target, LIMIT);
            source.freeze();
            Migration migration = vm.migrationAt(target);
            JsonNode account = migration.view();
            if (account.path("normalPages").asLong()
                            + account.path("duplicatePages").asLong()
                    == 0) {
                return migration;
            }
            source.thaw();
            migration.awaitCompleted(LIMIT);
            vm.awaitSettled(LIMIT);
            vm.migrateTo(source).awaitCompleted(LIMIT);
            vm.awaitSettled(LIMIT);
            within(LIMIT, "the target has let go", () -> !vm.hasMemoryAt(target));
        }
        throw new AssertionError("every migration had sent a page before its source could be stopped");
    }

    /** Long enough to be given up: it wakes as one that is not a member any more, its migration long over. */
    @Test
    @Tag("bars")
    void shouldGoOnAtTheSourceWhenTheTargetSleepsAmongThePages() {
        TestNode source = cluster.followers().get(0);
        TestNode target = cluster.followers().get(1);
        ProbeVm vm = ProbeVm.start(cluster, source, Shape.of("stayer", "256MiB", "wss=16 rate=10 fill=200"));
        Migration migration = vm.migrateTo(target, SLOWLY);
        migration.awaitTransferred(8 * MEBIBYTE, LIMIT);

        target.freeze();
        long frozenNs = System.nanoTime();
        JsonNode ended = migration.awaitEnd(source, LIMIT);
        assertThat(ended.path("status").asText()).as("%s", ended).isEqualTo("failed");
        vm.awaitProgressAt(source, Duration.ofSeconds(10));
        within(LIMIT, "the target has slept for 20 s", () -> System.nanoTime() - frozenNs > 20_000_000_000L);
        target.thaw();

        within(LIMIT, target + " has given the guest's memory back", () -> !vm.hasMemoryAt(target));
        cluster.awaitAllUp();
        vm.awaitSettled(LIMIT);
        vm.assertHealthyAt(source);
        vm.migrateTo(target, Map.of("verify", "at-pause")).awaitCompleted(LIMIT);
        vm.assertHealthyAt(target);
    }

    @Test
    void shouldCleanUpAtTheTargetWhenTheSourceDiesAmongThePages() {
        ProbeVm vm = ProbeVm.start(cluster, cluster.alpha(), Shape.of("orphan", "256MiB", "wss=16 rate=30 fill=200"));
        Migration migration = vm.migrateTo(cluster.beta(), SLOWLY);
        migration.awaitTransferred(8 * MEBIBYTE, LIMIT);
        assertThat(vm.hasMemoryAt(cluster.beta())).isTrue();

        cluster.alpha().kill();

        assertCleanedUpAndUsable(vm, cluster.beta(), cluster.gamma(), migration);
    }

    @Test
    @Tag("slow")
    void shouldCleanUpAtTheTargetWhenTheSourceDiesInTheSwitchover() {
        ProbeVm vm = ProbeVm.start(cluster, cluster.alpha(), Shape.gibibyte("orphan"));
        Migration hit = inDevicePhase(vm, cluster.alpha(), cluster.beta());

        cluster.alpha().kill();

        JsonNode ended = hit.awaitEnd(cluster.beta(), LIMIT);
        if (ended.path("status").asText().equals("completed")) {
            // It was ready, and the ledger gave it the VM: the only copy goes on.
            vm.assertHealthyAt(cluster.beta());
        } else {
            assertCleanedUpAndUsable(vm, cluster.beta(), cluster.gamma(), hit);
        }
    }

    /** The source sleeps through its own migration: whatever the ledger decided meanwhile, one host runs the guest (I1). */
    @Test
    @Tag("bars")
    void shouldRunTheGuestAtOneHostOnlyWhenAFrozenSourceWakes() {
        TestNode source = cluster.followers().get(0);
        TestNode target = cluster.followers().get(1);
        ProbeVm vm = ProbeVm.start(cluster, source, Shape.gibibyte("sleeper"));
        Migration migration = inDevicePhase(vm, source, target);

        source.freeze();
        JsonNode decided = migration.awaitEnd(target, LIMIT);
        boolean moved = decided.path("status").asText().equals("completed");
        Figures.report("source frozen in the switchover: %s", moved ? "the target runs" : "the target gave it up");
        try (ProbeWatch left = ProbeWatch.open(vm.memoryAt(source))) {
            long heartbeat = left.heartbeat(0);
            source.thaw();
            vm.awaitSettled(LIMIT);
            vm.assertHealthyAt(moved ? target : source);
            within(LIMIT, "the other host has nothing left of it", () -> !vm.hasMemoryAt(moved ? source : target));
            if (moved) {
                assertThat(left.heartbeat(0))
                        .as("the guest's heartbeat in the memory it left")
                        .isEqualTo(heartbeat);
            }
        }
    }

    /** Long enough for the others to give the host up: its actors begin anew around the machine, which never stopped. */
    @Test
    @Tag("bars")
    void shouldKeepTheGuestWhenItsHostIsRemovedFromTheClusterAndComesBack() {
        TestNode host = cluster.followers().get(0);
        TestNode other = cluster.followers().get(1);
        ProbeVm vm = ProbeVm.start(cluster, host, Shape.small("castaway"));

        host.freeze();
        within(LIMIT, "the others have removed " + host, () -> !isListed(host, other));
        long heartbeat = vm.countersAt(host).perVcpu().get(0).heartbeat();
        host.thaw();

        within(
                LIMIT,
                "every host sees " + host + " again",
                () -> cluster.living().stream().allMatch(node -> isListed(host, node)));
        cluster.awaitAllUp();
        within(LIMIT, "the VM runs", () -> vm.status().equals("running"));
        assertThat(vm.countersAt(host).perVcpu().get(0).heartbeat())
                .as("the heartbeat of a guest that was not booted anew")
                .isGreaterThan(heartbeat);
        vm.assertHealthyAt(host);
        vm.migrateTo(other, Map.of("verify", "at-pause")).awaitCompleted(LIMIT);
        vm.assertHealthyAt(other);
    }

    private static boolean isListed(TestNode host, TestNode asked) {
        for (JsonNode listed : asked.rest().get("/v1/hosts").ok()) {
            if (listed.path("name").asText().equals(host.name())) {
                return true;
            }
        }
        return false;
    }

    @Test
    @Tag("bars")
    void shouldFinishTheMigrationWhenTheLedgersLeaderDies() {
        TestNode leader = cluster.ledgerLeader(cluster.alpha());
        TestNode source = cluster.living().stream()
                .filter(node -> node != leader)
                .findFirst()
                .orElseThrow();
        TestNode target = cluster.living().stream()
                .filter(node -> node != leader && node != source)
                .findFirst()
                .orElseThrow();
        ProbeVm vm = ProbeVm.start(cluster, source, Shape.of("voted", "256MiB", "wss=16 rate=10 fill=200"));
        Migration migration = vm.migrateTo(target, SLOWLY);
        migration.awaitTransferred(8 * MEBIBYTE, LIMIT);

        leader.kill();

        migration.awaitCompleted(LIMIT);
        vm.awaitSettled(LIMIT);
        vm.assertHealthyAt(target);
        vm.migrateTo(source).awaitCompleted(LIMIT);
        vm.assertHealthyAt(source);
        ProbeVm.start(cluster, source, Shape.small("created-later")).assertHealthyAt(source);
    }

    /** A migration to {@code target} that is in its device phase now, memory at both ends and the guest paused. */
    private Migration inDevicePhase(ProbeVm vm, TestNode source, TestNode target) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            Migration migration = vm.migrateTo(target, Map.of("verify", "at-pause"));
            if (migration.sees("device", LIMIT)) {
                return migration;
            }
            migration.awaitCompleted(LIMIT);
            vm.awaitSettled(LIMIT);
            vm.migrateTo(source).awaitCompleted(LIMIT);
            vm.awaitSettled(LIMIT);
        }
        throw new AssertionError("the device phase was not seen in " + ATTEMPTS + " migrations");
    }

    /** The migration failed, the guest never noticed, and can be moved to the host that lives besides its own. */
    private void assertFailedAndGoesOn(ProbeVm vm, Migration migration, TestNode source) {
        long killedNs = System.nanoTime();
        JsonNode ended = migration.awaitEnd(LIMIT);
        assertThat(ended.path("status").asText()).as("%s", ended).isEqualTo("failed");
        assertThat(ended.path("reason").asText())
                .as("the reason names the other end")
                .isNotEmpty();
        vm.awaitSettled(LIMIT);
        Figures.report(
                "target killed: VM settled at the source after %d ms; %s",
                (System.nanoTime() - killedNs) / 1_000_000, ended.path("reason").asText());
        vm.assertHealthyAt(source);

        TestNode other = cluster.living().stream()
                .filter(node -> node != source)
                .findFirst()
                .orElseThrow();
        vm.migrateTo(other, Map.of("verify", "at-pause")).awaitCompleted(LIMIT);
        vm.awaitSettled(LIMIT);
        vm.assertHealthyAt(other);
    }

    /** Nothing is left of the half that had arrived, and the host takes VMs as before. */
    private void assertCleanedUpAndUsable(ProbeVm orphan, TestNode target, TestNode other, Migration migration) {
        long killedNs = System.nanoTime();
        within(
                LIMIT,
                target + " has given the guest's memory back",
                () -> target.census().guestMemories() == 0);
        Figures.report("source killed: target cleaned up after %d ms", (System.nanoTime() - killedNs) / 1_000_000);
        JsonNode ended = migration.awaitEnd(target, LIMIT);
        assertThat(ended.path("status").asText()).as("%s", ended).isEqualTo("failed");
        within(LIMIT, target + " says so of its own account", () -> usedBytes(target) == 0);
        assertThat(target.census().threads().keySet()).noneMatch(name -> name.contains(orphan.name()));

        ProbeVm next = ProbeVm.start(cluster, target, Shape.small("next"));
        next.migrateTo(other, Map.of("verify", "at-pause")).awaitCompleted(LIMIT);
        next.assertHealthyAt(other);
    }

    private static long usedBytes(TestNode node) {
        for (JsonNode host : node.rest().get("/v1/hosts").ok()) {
            if (host.path("name").asText().equals(node.name())) {
                return host.path("usedMemoryBytes").asLong();
            }
        }
        throw new AssertionError("host " + node + " does not list itself");
    }
}
