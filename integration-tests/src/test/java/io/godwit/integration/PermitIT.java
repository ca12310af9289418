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
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A host that has lost the other voters: what it may run on, and what not. */
@ExtendWith(LogsOnFailure.class)
@Timeout(value = 6, unit = TimeUnit.MINUTES)
class PermitIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    /** P and δ: how long after the last renewal a guest may run at most. */
    private static final long PERMIT_AND_MARGIN_MS = 5_500;
    /** A guest that has not counted for so long stands; a busy machine may keep one waiting for less. */
    private static final long STANDS_MS = 1_500;

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
    void shouldStopWhatAnotherHostCouldStartWithinAPermitOfTheOtherVotersStandingStill() {
        TestNode host = cluster.followers().get(0);
        List<TestNode> others =
                cluster.living().stream().filter(node -> node != host).toList();
        ProbeVm movable = ProbeVm.start(cluster, host, Shape.small("movable").movable());
        ProbeVm sticky = ProbeVm.start(cluster, host, Shape.small("sticky"));
        assertThat(movable.view().path("guarded").asBoolean()).isTrue();
        assertThat(sticky.view().path("guarded").asBoolean()).isFalse();

        others.forEach(TestNode::freeze);
        long ranOnMs;
        try {
            ranOnMs = untilItStandsMs(movable, host);
            assertThat(permit(host).path("quorum").asText()).isEqualTo("lost");
            long stood = heartbeat(movable, host);
            sticky.awaitProgressAt(host, Duration.ofSeconds(5));
            assertThat(heartbeat(movable, host)).as("while it stands").isEqualTo(stood);
        } finally {
            others.forEach(TestNode::thaw);
        }

        Figures.report("permit: a guest ran on for %d ms after the other voters stood still", ranOnMs);
        assertThat(ranOnMs).isLessThanOrEqualTo(PERMIT_AND_MARGIN_MS);
        within(
                LIMIT,
                "the permit is back",
                () -> permit(host).path("quorum").asText().equals("ok"));
        movable.awaitProgressAt(host, LIMIT);
        movable.assertHealthyAt(host);
        sticky.assertHealthyAt(host);
        assertThat(host.logText()).contains("lost the ledger's quorum");
    }

    /** How long the guest went on counting. */
    private static long untilItStandsMs(ProbeVm vm, TestNode host) {
        long beganNs = System.nanoTime();
        long lastNs = beganNs;
        long last = heartbeat(vm, host);
        while (System.nanoTime() - lastNs < TimeUnit.MILLISECONDS.toNanos(STANDS_MS)) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
            long now = heartbeat(vm, host);
            if (now != last) {
                last = now;
                lastNs = System.nanoTime();
            }
            if (System.nanoTime() - beganNs > LIMIT.toNanos()) {
                throw new AssertionError(vm + " still runs after " + LIMIT);
            }
        }
        return TimeUnit.NANOSECONDS.toMillis(lastNs - beganNs);
    }

    private static long heartbeat(ProbeVm vm, TestNode host) {
        return vm.countersAt(host).perVcpu().get(0).heartbeat();
    }

    private static JsonNode permit(TestNode host) {
        for (JsonNode seen : host.rest().get("/v1/hosts").ok()) {
            if (seen.path("name").asText().equals(host.name())) {
                return seen.path("permit");
            }
        }
        throw new AssertionError("host " + host + " does not see itself");
    }
}
