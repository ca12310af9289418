package io.godwit.integration;

import static io.godwit.integration.harness.Deadline.within;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.godwit.integration.harness.Figures;
import io.godwit.integration.harness.GuestWatch;
import io.godwit.integration.harness.Host;
import io.godwit.integration.harness.LogsOnFailure;
import io.godwit.integration.harness.ProbeVm;
import io.godwit.integration.harness.ProbeVm.Shape;
import io.godwit.integration.harness.TestCluster;
import io.godwit.integration.harness.TestNetwork;
import io.godwit.integration.harness.TestNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A network that falls apart, two hosts here and three there, all five of them voters: what each part may run, and what
 * is left of the other's when they meet again.
 */
@ExtendWith(LogsOnFailure.class)
@Tag("bars")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class PartitionIT {
    private static final Duration LIMIT = Duration.ofSeconds(120);
    /** P and δ: how long after the last renewal a guest may run at most. */
    private static final long PERMIT_AND_MARGIN_MS = 5_500;

    private TestNetwork network;
    private TestCluster cluster;

    @BeforeEach
    void startCluster() {
        Host.assumeKvm();
        Host.assumeNetworkNamespaces();
        network = TestNetwork.of("alpha", "beta", "gamma", "delta", "epsilon");
        cluster = TestCluster.five(network::settings);
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

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldRunWhatIsMovableInTheLargerPartAndNothingTwice(boolean withLeader) {
        List<TestNode> followers = cluster.followers();
        List<TestNode> minority =
                withLeader ? List.of(cluster.ledgerLeader(cluster.any()), followers.get(0)) : followers.subList(0, 2);
        List<TestNode> majority = cluster.living().stream()
                .filter(host -> !minority.contains(host))
                .toList();
        Map<ProbeVm, TestNode> cut = new HashMap<>();
        for (TestNode host : minority) {
            cut.put(ProbeVm.start(cluster, host, small("from-" + host).movable()), host);
        }
        ProbeVm sticky = ProbeVm.start(cluster, minority.get(0), small("sticky"));
        ProbeVm other = ProbeVm.start(cluster, majority.get(0), small("other").movable());
        Placed stickyWas = Placed.of(sticky);
        Placed otherWas = Placed.of(other);

        List<ProbeVm> all = new ArrayList<>(cut.keySet());
        all.addAll(List.of(sticky, other));
        try (GuestWatch watch = GuestWatch.start(cluster, all)) {
            cluster.setApart(minority);
            network.cutOff(minority);
            long cutNs = System.nanoTime();
            cut.forEach((vm, was) -> awaitRecovered(vm, majority, cutNs));
            cut.forEach((vm, was) -> assertStoodInTime(watch, vm, was, cutNs));
            minority.forEach(host -> within(
                    LIMIT,
                    host + " says that it has lost the quorum",
                    () -> quorum(host).equals("lost")));
            awaitNoMembers(minority, majority.get(0), cutNs);
            sticky.awaitProgressAt(minority.get(0), LIMIT);

            minority.forEach(network::join);
            long healedNs = System.nanoTime();
            cluster.awaitAllUp();
            cluster.setApart(List.of());
            Figures.report("partition: all five were members again %d ms after it was healed", msSince(healedNs));
            cut.forEach((vm, was) -> within(LIMIT, was + " has nothing left of " + vm, () -> !vm.hasMemoryAt(was)));
            cut.keySet().forEach(vm -> vm.assertHealthyAt(vm.host()));
            sticky.assertHealthyAt(minority.get(0));
            other.assertHealthyAt(majority.get(0));
            watch.assertEachRanInOneMemoryAtATime();
        }
        assertThat(cut.keySet()).allSatisfy(vm -> assertThat(majority).contains(vm.host()));
        assertThat(Placed.of(sticky)).as("the VM that stays with its host").isEqualTo(stickyWas);
        assertThat(Placed.of(other)).as("the VM of the larger part").isEqualTo(otherWas);
        ProbeVm back = cut.keySet().iterator().next();
        back.migrateTo(cut.get(back)).awaitCompleted(LIMIT);
    }

    private void awaitRecovered(ProbeVm vm, List<TestNode> majority, long cutNs) {
        within(LIMIT, vm + " runs with the majority", () -> {
            TestNode host = vm.host();
            return majority.contains(host)
                    && vm.status().equals("running")
                    && vm.countersAt(host).perVcpu().get(0).heartbeat() > 0;
        });
        Figures.report("partition: %s ran with the majority %d ms after the cut", vm, msSince(cutNs));
    }

    private static void assertStoodInTime(GuestWatch watch, ProbeVm vm, TestNode was, long cutNs) {
        long ranOnMs = TimeUnit.NANOSECONDS.toMillis(watch.lastRanNs(vm, was) - cutNs);
        Figures.report("partition: %s ran on for %d ms after the cut", vm, ranOnMs);
        assertThat(ranOnMs).as("how long %s ran on, in ms", vm).isLessThanOrEqualTo(PERMIT_AND_MARGIN_MS);
    }

    /** They are given up, not merely out of reach: what follows is a return, not the end of a silence. */
    private static void awaitNoMembers(List<TestNode> gone, TestNode asked, long cutNs) {
        within(LIMIT, "the majority has given " + gone + " up", () -> {
            for (JsonNode host : asked.rest().get("/v1/hosts").ok()) {
                if (gone.stream()
                        .anyMatch(one -> one.name().equals(host.path("name").asText()))) {
                    return false;
                }
            }
            return true;
        });
        Figures.report("partition: the majority gave the others up %d ms after the cut", msSince(cutNs));
    }

    private static String quorum(TestNode host) {
        return host.rest().get("/v1/cluster").ok().path("permit").path("quorum").asText();
    }

    /** Little to do for two cores that carry five nodes as well. */
    private static Shape small(String name) {
        return Shape.of(name, "64MiB", "wss=2 rate=2 fill=16");
    }

    private static long msSince(long instantNs) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - instantNs);
    }

    /** Where a VM is, and under which epoch: what changes when it moves. */
    private record Placed(String host, long epoch) {
        static Placed of(ProbeVm vm) {
            JsonNode view = vm.view();
            return new Placed(view.path("host").asText(), view.path("epoch").asLong());
        }
    }
}
