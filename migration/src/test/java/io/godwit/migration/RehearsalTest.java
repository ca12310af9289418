package io.godwit.migration;

import static io.godwit.migration.harness.TestCluster.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.config.DirtyLogKind;
import io.godwit.config.VmSpec;
import io.godwit.migration.harness.ProcessFootprint;
import io.godwit.migration.harness.TestCluster;
import io.godwit.vmm.simulated.SimulatedMachineFactory;
import java.time.Duration;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class RehearsalTest {
    private static TestCluster cluster;

    @BeforeAll
    static void startCluster() {
        cluster = new TestCluster();
    }

    @AfterAll
    static void stopCluster() {
        cluster.close();
    }

    @Test
    void shouldMigrateFromTheNodeToItselfAndLeaveNothingBehind() {
        run(Rehearsal.defaultSpec(), Duration.ofSeconds(1));
        ProcessFootprint before = ProcessFootprint.settled();
        Rehearsal.Outcome outcome = run(Rehearsal.defaultSpec(), Duration.ofSeconds(2));
        assertThat(outcome.failure()).isNull();
        assertThat(outcome.migrations()).isGreaterThanOrEqualTo(2);
        assertThat(outcome.totalMs()).isLessThan(4000);
        assertThat(outcome.lastBlackoutMs()).isPositive();
        ProcessFootprint.assertReturnsTo(before);
    }

    @Test
    void shouldTellWhyItCouldNotAndThrowNothing() {
        VmSpec missing = new VmSpec(
                "rehearsal", 32L << 20, 1, "/no/such/kernel", "", null, DirtyLogKind.BITMAP, new TreeSet<>());
        Rehearsal.Outcome outcome = run(missing, Duration.ofSeconds(1));
        assertThat(outcome.failure()).contains("/no/such/kernel");
        assertThat(outcome.migrations()).isZero();
    }

    private static Rehearsal.Outcome run(VmSpec spec, Duration budget) {
        return await(Rehearsal.run(
                cluster.source().transport(),
                cluster.materializer(),
                SimulatedMachineFactory.forRehearsals(),
                spec,
                budget));
    }
}
