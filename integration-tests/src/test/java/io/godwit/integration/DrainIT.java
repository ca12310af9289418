package io.godwit.integration;

import static io.godwit.integration.harness.Deadline.within;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.godwit.integration.harness.Figures;
import io.godwit.integration.harness.Host;
import io.godwit.integration.harness.LogsOnFailure;
import io.godwit.integration.harness.NodeSettings;
import io.godwit.integration.harness.ProbeVm;
import io.godwit.integration.harness.ProbeVm.Shape;
import io.godwit.integration.harness.TestCluster;
import io.godwit.integration.harness.TestNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A host that is emptied for maintenance and gets its guests back, which never stop running. */
@ExtendWith(LogsOnFailure.class)
@Tag("bars")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class DrainIT {
    private static final Duration LIMIT = Duration.ofSeconds(120);

    private TestCluster cluster;

    @BeforeEach
    void startCluster() {
        Host.assumeKvm();
        cluster = TestCluster.three(name -> NodeSettings.USUAL
                .with("host.auto-migrate-on-host-shutdown", "true")
                .with("host.shutdown-limit", "50s"));
    }

    @AfterEach
    void endCluster() {
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    void shouldDrainAbortDrainAgainAndRestore() {
        List<ProbeVm> vms = new ArrayList<>();
        for (String name : List.of("one", "two", "three")) {
            vms.add(ProbeVm.start(cluster, cluster.alpha(), Shape.small(name)));
        }

        String aborted = begin("drain", 1);
        within(LIMIT, "a VM has moved", () -> states(aborted).contains("moved"));
        assertThat(state(cluster.alpha())).isEqualTo("draining");
        cluster.beta().rest().delete("/v1/drains/" + aborted).ok();
        within(
                LIMIT,
                "the drain is cancelled",
                () -> drain(aborted).path("state").asText().equals("cancelled"));
        assertThat(state(cluster.alpha())).isEqualTo("up");
        assertThat(hosts(vms)).as("where VMs are after the abort").contains("alpha");
        vms.forEach(vm -> vm.assertHealthyAt(vm.host()));

        long beganNs = System.nanoTime();
        String drain = begin("drain", 2);
        awaitCompleted(drain);
        Figures.report(
                "host alpha was drained of what was left of 3 small VMs in %d ms",
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beganNs));
        assertThat(state(cluster.alpha())).isEqualTo("maintenance");
        assertThat(hosts(vms)).doesNotContain("alpha");
        vms.forEach(vm -> vm.awaitSettled(LIMIT));
        vms.forEach(vm -> vm.assertHealthyAt(vm.host()));

        awaitCompleted(begin("restore", 2));
        assertThat(state(cluster.alpha())).isEqualTo("up");
        assertThat(hosts(vms)).containsExactly("alpha");
        vms.forEach(vm -> vm.awaitSettled(LIMIT));
        vms.forEach(vm -> vm.assertHealthyAt(cluster.alpha()));
    }

    @Test
    void shouldKeepGuestsRunningWhileTheirHostIsShutDownAndStartedAgain() {
        TestNode alpha = cluster.alpha();
        ProbeVm vm = ProbeVm.start(cluster, alpha, Shape.small("kept"));
        long heartbeat = heartbeat(vm, alpha);

        long beganNs = System.nanoTime();
        assertThat(alpha.terminate()).as("exit code").isZero();
        long tookMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beganNs);
        assertThat(vm.host().name()).as("where the VM is").isNotEqualTo("alpha");
        Figures.report("host alpha moved a small VM away and ended %d ms after SIGTERM", tookMs);
        vm.awaitSettled(LIMIT);
        assertThat(heartbeat(vm, vm.host())).as("the guest's count of its life").isGreaterThan(heartbeat);
        vm.assertHealthyAt(vm.host());

        TestNode again = cluster.restart(alpha);
        within(LIMIT, "the VM is back", () -> vm.host().name().equals("alpha"));
        within(LIMIT, "host alpha is up", () -> state(again).equals("up"));
        vm.awaitSettled(LIMIT);
        vm.assertHealthyAt(again);
        assertThat(heartbeat(vm, again)).isGreaterThan(heartbeat);
    }

    private static long heartbeat(ProbeVm vm, TestNode host) {
        return vm.countersAt(host).perVcpu().get(0).heartbeat();
    }

    private String begin(String operation, int concurrency) {
        return cluster.beta()
                .rest()
                .post("/v1/hosts/alpha/" + operation, Map.of("concurrency", concurrency))
                .ok()
                .path("id")
                .asText();
    }

    private JsonNode drain(String id) {
        return cluster.gamma().rest().get("/v1/drains/" + id).ok();
    }

    private void awaitCompleted(String id) {
        within(
                LIMIT,
                "drain or restore " + id + " is complete",
                () -> drain(id).path("state").asText().equals("completed"));
    }

    private Set<String> states(String id) {
        Set<String> states = new TreeSet<>();
        drain(id).path("vms").forEach(vm -> states.add(vm.path("state").asText()));
        return states;
    }

    private String state(TestNode host) {
        for (JsonNode one : cluster.gamma().rest().get("/v1/hosts").ok()) {
            if (one.path("name").asText().equals(host.name())) {
                return one.path("state").asText();
            }
        }
        return "not there";
    }

    private static Set<String> hosts(List<ProbeVm> vms) {
        Set<String> hosts = new TreeSet<>();
        vms.forEach(vm -> hosts.add(vm.host().name()));
        return hosts;
    }
}
