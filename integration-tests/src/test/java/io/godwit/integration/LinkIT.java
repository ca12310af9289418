package io.godwit.integration;

import static io.godwit.integration.harness.Deadline.asserted;
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
import io.godwit.integration.harness.TestNetwork;
import io.godwit.integration.harness.TestNode;
import io.godwit.vmm.probe.ProbeWatch;
import java.time.Duration;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A link is cut while both hosts live. Whatever becomes of the migration, the guest goes on at one host, and the other
 * has nothing of it.
 */
@ExtendWith(LogsOnFailure.class)
@Timeout(value = 6, unit = TimeUnit.MINUTES)
@Tag("slow")
class LinkIT {
    /** A host that is cut off is given up after some seconds, comes back as a new member, and then looks around. */
    private static final Duration LIMIT = Duration.ofSeconds(120);

    private static final long MEBIBYTE = 1 << 20;
    private static final Map<String, Object> SLOWLY = Map.of("maxBandwidthBytesPerSecond", 30_000_000);

    private TestNetwork network;
    private TestCluster cluster;
    private TestNode source;
    private TestNode target;

    @BeforeEach
    void startCluster() {
        Host.assumeKvm();
        Host.assumeNetworkNamespaces();
        network = TestNetwork.of("alpha", "beta", "gamma");
        cluster = TestCluster.three(network::settings);
        source = cluster.followers().get(0);
        target = cluster.followers().get(1);
    }

    @AfterEach
    void endCluster() {
        if (cluster != null) {
            cluster.close();
        }
        if (network != null) {
            network.close();
        }
    }

    @Test
    void shouldGoOnOrEndCleanlyWhenTheLinkIsDownForTwoSeconds() {
        ProbeVm vm = ProbeVm.start(cluster, source, Shape.of("shaken", "256MiB", "wss=16 rate=10 fill=200"));
        Migration migration = vm.migrateTo(target, SLOWLY);
        migration.awaitTransferred(8 * MEBIBYTE, LIMIT);

        network.cut(target);
        LockSupport.parkNanos(Duration.ofSeconds(2).toNanos());
        network.join(target);

        JsonNode ended = migration.awaitEnd(LIMIT);
        Figures.report(
                "link down for 2 s: the migration %s; %s",
                ended.path("status").asText(), ended.path("reason").asText());
        assertOneHasIt(vm, ended.path("status").asText().equals("completed") ? target : source);
    }

    @Test
    @Tag("bars")
    void shouldGoOnAtTheSourceWhenTheTargetIsCutOffForGood() {
        ProbeVm vm = ProbeVm.start(cluster, source, Shape.of("stayer", "256MiB", "wss=16 rate=10 fill=200"));
        Migration migration = vm.migrateTo(target, SLOWLY);
        migration.awaitTransferred(8 * MEBIBYTE, LIMIT);

        network.cut(target);
        long cutNs = System.nanoTime();

        JsonNode ended = migration.awaitEnd(LIMIT);
        assertThat(ended.path("status").asText()).as("%s", ended).isEqualTo("failed");
        Figures.report(
                "target cut off: the source ended after %d ms; %s",
                (System.nanoTime() - cutNs) / 1_000_000, ended.path("reason").asText());
        vm.awaitProgressAt(source, Duration.ofSeconds(10));
        // The target asks the ledger before it gives its half back, and cannot reach it from where it is.
        network.join(target);
        within(
                LIMIT,
                target + " has given the guest's memory back",
                () -> target.census().guestMemories() == 0);
        Figures.report("target cut off: all given back %d ms after the cut", (System.nanoTime() - cutNs) / 1_000_000);
        cluster.awaitAllUp();
        assertOneHasIt(vm, source);
        vm.migrateTo(target, Map.of("verify", "at-pause")).awaitCompleted(LIMIT);
        assertOneHasIt(vm, target);
    }

    /** Between the pause and the end of the handover, at moments that chance picks; looked at from outside (I1). */
    @ParameterizedTest
    @ValueSource(strings = {"at-pause", "none"})
    @Tag("bars")
    void shouldRunTheGuestAtOneHostWhenTheLinkIsCutAroundGo(String verify) {
        ProbeVm vm = ProbeVm.start(cluster, source, Shape.gibibyte("divided"));
        Migration migration = vm.migrateTo(target, Map.of("verify", verify));
        assertThat(migration.sees("pre-switchover", LIMIT)
                        || !migration.status().equals("active"))
                .as("the switchover began")
                .isTrue();

        network.cut(target);
        String status = migration.status();
        String ran = hostsThatRan(vm, Duration.ofSeconds(12));
        network.join(target);

        cluster.awaitAllUp();
        vm.awaitSettled(LIMIT);
        JsonNode ended = migration.awaitEnd(cluster.any(), LIMIT);
        Figures.report(
                "link cut in %s (verify %s): ran at %s meanwhile; %s %s",
                status,
                verify,
                ran,
                ended.path("status").asText(),
                ended.path("reason").asText());
        assertOneHasIt(vm, vm.host());
        TestNode other = vm.host() == target ? source : target;
        // Its half of this migration may take a moment more, and a host that still has it takes no other.
        asserted(
                LIMIT,
                other + " has let go",
                () -> assertThat(vm.refusalsOf(other)).isEmpty());
        vm.migrateTo(other, Map.of("verify", "at-pause")).awaitCompleted(LIMIT);
    }

    /**
     * Watches both memories: where the guest's heartbeat moves again and again; fails when it does in both. A page that
     * was on its way when the link was cut moves it once.
     */
    private String hostsThatRan(ProbeVm vm, Duration time) {
        long deadline = System.nanoTime() + time.toNanos();
        Beats atSource = new Beats(vm, source);
        Beats atTarget = new Beats(vm, target);
        while (System.nanoTime() < deadline) {
            atSource.look();
            atTarget.look();
            assertThat(atSource.ran() && atTarget.ran())
                    .as("the guest ran at both hosts behind the cut")
                    .isFalse();
            LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
        }
        return (atSource.ran() ? source.name() : "") + (atTarget.ran() ? target.name() : "");
    }

    /** How often the heartbeat in one host's memory was seen to have moved. */
    private static final class Beats {
        private static final int OF_A_GUEST_THAT_RUNS = 5;
        private final ProbeVm vm;
        private final TestNode host;
        private long last;
        private int moves;

        Beats(ProbeVm vm, TestNode host) {
            this.vm = vm;
            this.host = host;
            this.last = heartbeat(vm, host);
        }

        /** The host may end and give its memory back; what was seen before stays seen. */
        void look() {
            long now = heartbeat(vm, host);
            moves += last > 0 && now > last ? 1 : 0;
            last = Math.max(last, now);
        }

        boolean ran() {
            return moves >= OF_A_GUEST_THAT_RUNS;
        }
    }

    /** 0 where the host has no memory of it, or no probe in it yet. */
    private static long heartbeat(ProbeVm vm, TestNode node) {
        try (ProbeWatch watch = ProbeWatch.open(vm.memoryAt(node))) {
            return watch.heartbeat(0);
        } catch (NoSuchElementException none) {
            return 0;
        }
    }

    private void assertOneHasIt(ProbeVm vm, TestNode host) {
        vm.awaitSettled(LIMIT);
        vm.assertHealthyAt(host);
        TestNode other = host == source ? target : source;
        within(LIMIT, other + " has nothing left of it", () -> !vm.hasMemoryAt(other));
    }
}
