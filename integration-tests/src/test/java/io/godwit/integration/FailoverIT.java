package io.godwit.integration;

import static io.godwit.integration.harness.Deadline.within;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.godwit.integration.harness.Figures;
import io.godwit.integration.harness.Host;
import io.godwit.integration.harness.LogsOnFailure;
import io.godwit.integration.harness.ProbeVm;
import io.godwit.integration.harness.ProbeVm.Shape;
import io.godwit.integration.harness.TestCluster;
import io.godwit.integration.harness.TestNode;
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

/** Hosts that die or stand still: their VMs that may move run elsewhere, once, and nothing else moves. */
@ExtendWith(LogsOnFailure.class)
@Timeout(value = 12, unit = TimeUnit.MINUTES)
class FailoverIT {
    private static final Duration LIMIT = Duration.ofSeconds(90);
    /** The bar is 15 s, which is reported: two cores that carry three nodes, their guests and a build are late by more. */
    private static final Duration MOST = Duration.ofSeconds(45);

    private static final Duration FROZEN = Duration.ofSeconds(60);
    private static final int KILLS = 5;

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
    @Tag("bars")
    void shouldStartTheMovableVmOfAKilledHostElsewhereAndMoveNothingElse() {
        ProbeVm movable =
                ProbeVm.start(cluster, cluster.alpha(), small("movable").movable());
        ProbeVm other = ProbeVm.start(cluster, cluster.beta(), small("other").movable());
        ProbeVm sticky = ProbeVm.start(cluster, cluster.gamma(), small("sticky"));
        int leadersKilled = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            TestNode leader = cluster.ledgerLeader(cluster.any());
            if (kill % 2 == 0) {
                bring(movable, leader);
            }
            TestNode victim = movable.host();
            leadersKilled += victim == leader ? 1 : 0;
            Placed otherWas = Placed.of(other);
            Placed stickyWas = Placed.of(sticky);
            boolean otherMoves = otherWas.host().equals(victim.name());

            victim.kill();
            long beganNs = System.nanoTime();
            long tookMs = awaitElsewhere(movable, victim, beganNs);
            if (otherMoves) {
                tookMs = Math.max(tookMs, awaitElsewhere(other, victim, beganNs));
            }

            Figures.report(
                    "failover %d of %d: %s %s killed, its movable VMs ran elsewhere after %d ms",
                    kill + 1, KILLS, victim == leader ? "leader" : "follower", victim.name(), tookMs);
            assertThat(Placed.of(sticky)).as("the VM that stays with its host").isEqualTo(stickyWas);
            if (!otherMoves) {
                assertThat(Placed.of(other)).as("the VM of another host").isEqualTo(otherWas);
            }
            assertThat(tookMs).isLessThanOrEqualTo(MOST.toMillis());
            if (stickyWas.host().equals(victim.name())) {
                within(
                        LIMIT,
                        "the sticky VM is said to wait for its host",
                        () -> sticky.view().path("waitsFor").asText().equals("host " + victim.name()));
            }

            TestNode again = cluster.restart(victim);
            assertThat(movable.hasMemoryAt(again))
                    .as("the host that came back runs it")
                    .isFalse();
            if (stickyWas.host().equals(victim.name())) {
                startAgain(sticky);
            }
            movable.assertHealthyAt(movable.host());
            other.assertHealthyAt(other.host());
        }
        assertThat(leadersKilled).isGreaterThanOrEqualTo(2);
    }

    @Test
    @Tag("bars")
    void shouldNotRunAVmAtAHostThatWakesAfterAMinuteWhenItRunsElsewhere() {
        TestNode frozen = cluster.followers().stream()
                .filter(node -> node != cluster.any())
                .findFirst()
                .orElseThrow();
        ProbeVm movable = ProbeVm.start(cluster, frozen, small("movable").movable());
        ProbeVm sticky = ProbeVm.start(cluster, frozen, small("sticky"));

        frozen.freeze();
        long frozenNs = System.nanoTime();
        long stoodAt;
        TestNode taker;
        try {
            long tookMs = awaitElsewhere(movable, frozen, frozenNs);
            Figures.report("failover: a frozen host's movable VM ran elsewhere after %d ms", tookMs);
            taker = movable.host();
            stoodAt = heartbeat(movable, frozen);
            within(
                    FROZEN.plusSeconds(5),
                    "the host has been frozen for " + FROZEN,
                    () -> System.nanoTime() - frozenNs >= FROZEN.toNanos());
        } finally {
            frozen.thaw();
        }

        assertThat(lastHeartbeatUntilGone(movable, frozen))
                .as("of the guest at the woken host")
                .isEqualTo(stoodAt);
        within(LIMIT, "the woken host is up", () -> isUp(frozen));
        movable.assertHealthyAt(taker);
        sticky.assertHealthyAt(frozen);
        assertThat(movable.view().path("epoch").asLong()).isEqualTo(2);
    }

    @Test
    void shouldBringBackEveryVmWhenAllHostsLostPower() {
        ProbeVm movable =
                ProbeVm.start(cluster, cluster.alpha(), small("movable").movable());
        ProbeVm sticky = ProbeVm.start(cluster, cluster.beta(), small("sticky"));
        ProbeVm off = ProbeVm.start(cluster, cluster.gamma(), small("off"));
        off.host().rest().post("/v1/vms/" + off.id() + "/stop", Map.of()).ok();
        within(LIMIT, "off is stopped", () -> off.status().equals("stopped"));

        cluster.living().forEach(TestNode::kill);
        cluster.restartAll();

        within(LIMIT, "the movable VM runs", () -> movable.status().equals("running"));
        movable.awaitFilled(movable.host());
        assertThat(sticky.host()).isSameAs(cluster.beta());
        startAgain(sticky);
        assertThat(off.status()).isEqualTo("stopped");
        movable.assertHealthyAt(movable.host());
        sticky.assertHealthyAt(cluster.beta());
    }

    /** All that the VM was, was in its memory: it waits for an operator. */
    private void startAgain(ProbeVm vm) {
        within(LIMIT, vm + " waits for an operator", () -> vm.status().equals("waiting-for-host"));
        vm.host().rest().post("/v1/vms/" + vm.id() + "/start", Map.of()).ok();
        vm.awaitFilled(vm.host());
    }

    /** Little to do for two cores that carry three nodes as well. */
    private static Shape small(String name) {
        return Shape.of(name, "64MiB", "wss=2 rate=2 fill=16");
    }

    private void bring(ProbeVm vm, TestNode host) {
        if (vm.host() != host) {
            vm.migrateTo(host).awaitCompleted(LIMIT);
            vm.awaitSettled(LIMIT);
        }
    }

    /** Until its guest counts at another host; how long after {@code sinceNs} that was, in ms. */
    private long awaitElsewhere(ProbeVm vm, TestNode victim, long sinceNs) {
        within(LIMIT, vm + " runs elsewhere than at " + victim, () -> {
            TestNode host = vm.host();
            return host != victim && vm.status().equals("running") && heartbeat(vm, host) > 0;
        });
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - sinceNs);
    }

    private static long heartbeat(ProbeVm vm, TestNode host) {
        return vm.countersAt(host).perVcpu().get(0).heartbeat();
    }

    private static long lastHeartbeatUntilGone(ProbeVm vm, TestNode host) {
        long last = 0;
        long deadlineNs = System.nanoTime() + LIMIT.toNanos();
        while (System.nanoTime() < deadlineNs) {
            try {
                last = heartbeat(vm, host);
            } catch (NoSuchElementException gone) {
                return last;
            }
            LockSupport.parkNanos(500_000);
        }
        throw new AssertionError(vm + " still has memory at host " + host + " after " + LIMIT);
    }

    private boolean isUp(TestNode node) {
        for (JsonNode host : cluster.any().rest().get("/v1/hosts").ok()) {
            if (host.path("name").asText().equals(node.name())) {
                return host.path("state").asText().equals("up");
            }
        }
        return false;
    }

    /** Where a VM is, and under which epoch: what changes when it moves. */
    private record Placed(String host, long epoch) {
        static Placed of(ProbeVm vm) {
            JsonNode view = vm.view();
            return new Placed(view.path("host").asText(), view.path("epoch").asLong());
        }
    }
}
