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
    void shouldGoOnAtTheSourceWhenTheTargetDiesInTheSwitchover() {
        ProbeVm vm = ProbeVm.start(cluster, cluster.alpha(), Shape.gibibyte("stayer"));
        Migration hit = inDevicePhase(vm, cluster.alpha(), cluster.beta());

        cluster.beta().kill();

        assertFailedAndGoesOn(vm, hit, cluster.alpha());
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
