package io.godwit.integration;

import static io.godwit.integration.harness.Deadline.within;
import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.integration.harness.Figures;
import io.godwit.integration.harness.Host;
import io.godwit.integration.harness.LogsOnFailure;
import io.godwit.integration.harness.ProbeVm;
import io.godwit.integration.harness.ProbeVm.Shape;
import io.godwit.integration.harness.ProcessCensus;
import io.godwit.integration.harness.TestCluster;
import io.godwit.integration.harness.TestNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A guest that never stays: what a migration took is given back (I6). */
@ExtendWith(LogsOnFailure.class)
@Tag("bars")
@Timeout(value = 15, unit = TimeUnit.MINUTES)
class ManyMigrationsIT {
    private static final int WARM_UP = 10;
    private static final int MIGRATIONS = 100;
    private static final Duration LIMIT = Duration.ofSeconds(60);

    /** Pools come and go by a few: HTTP connections, Ratis's streams, threads of cached pools. One per 10 would show. */
    private static final int TOLERATED_DESCRIPTORS = 6;

    private static final int TOLERATED_THREADS = 6;

    /** Besides those of its threads' stacks, glibc and the JIT map as they like; a leak is one per migration or more. */
    private static final int TOLERATED_MAPPINGS = 25;

    @Test
    void shouldCrossAHundredTimesWithoutAnErrorOrALeak() {
        Host.assumeKvm();
        try (TestCluster cluster = TestCluster.three()) {
            List<TestNode> both = List.of(cluster.alpha(), cluster.beta());
            ProbeVm vm = ProbeVm.start(cluster, both.get(0), Shape.small("pendulum"));
            move(vm, both, WARM_UP);
            List<ProcessCensus> before = settled(vm, both);
            List<Long> totalMs = move(vm, both, MIGRATIONS);
            List<ProcessCensus> after = settled(vm, both);

            vm.assertHealthyAt(both.get(0));
            Figures.report(
                    "%d migrations of a small VM: total %d ms at the median, %d ms at most",
                    MIGRATIONS,
                    totalMs.stream().sorted().toList().get(MIGRATIONS / 2),
                    totalMs.stream().mapToLong(Long::longValue).max().orElseThrow());
            for (int i = 0; i < both.size(); i++) {
                Figures.report(
                        "host %s after %d migrations: %s; before: %s",
                        both.get(i), MIGRATIONS, after.get(i), before.get(i));
                assertNoGrowth(both.get(i), before.get(i), after.get(i));
            }
        }
    }

    /** To and fro, ending where it began, each migration verified end to end. */
    private static List<Long> move(ProbeVm vm, List<TestNode> both, int times) {
        List<Long> totalMs = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            TestNode to = both.get((i + 1) % 2);
            var migration = vm.migrateTo(to);
            totalMs.add(migration.awaitCompleted(LIMIT).path("totalMs").asLong());
            migration.awaitVerified(LIMIT);
            vm.awaitSettled(LIMIT);
            assertThat(vm.countersAt(to).errors())
                    .as("errors the guest has found after %d migrations", i + 1)
                    .isZero();
        }
        return totalMs;
    }

    /** Taken when the last release is through: the guest's memory is at one host only. */
    private static List<ProcessCensus> settled(ProbeVm vm, List<TestNode> both) {
        within(
                LIMIT,
                "only host " + both.get(0) + " has the guest's memory",
                () -> both.get(0).census().guestMemories() > 0
                        && both.get(1).census().guestMemories() == 0);
        return both.stream().map(TestNode::census).toList();
    }

    private static void assertNoGrowth(TestNode node, ProcessCensus before, ProcessCensus after) {
        String growth = "host " + node + ": " + after.growthSince(before);
        assertThat(after.descriptorCount())
                .as("descriptors of %s", growth)
                .isLessThanOrEqualTo(before.descriptorCount() + TOLERATED_DESCRIPTORS);
        assertThat(after.threadCount())
                .as("threads of %s", growth)
                .isLessThanOrEqualTo(before.threadCount() + TOLERATED_THREADS);
        assertThat(after.mappingCount())
                .as("mappings of %s", growth)
                .isLessThanOrEqualTo(before.mappingCount() + TOLERATED_MAPPINGS);
    }
}
