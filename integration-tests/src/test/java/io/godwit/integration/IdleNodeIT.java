package io.godwit.integration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.integration.harness.Figures;
import io.godwit.integration.harness.Host;
import io.godwit.integration.harness.LogsOnFailure;
import io.godwit.integration.harness.ProcessCensus;
import io.godwit.integration.harness.TestCluster;
import io.godwit.integration.harness.TestNode;
import io.godwit.integration.harness.Training;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A node without VMs costs next to nothing. */
@ExtendWith(LogsOnFailure.class)
@Timeout(value = 12, unit = TimeUnit.MINUTES)
@Tag("slow")
class IdleNodeIT {
    private static final boolean TRAINED = Training.ofThisBuild().exitCode() == 0;

    /** The bar is that of a trained node; where the JDK cannot learn, its JIT goes on for longer than the test. */
    private static final double MOST_OF_A_CORE = TRAINED ? 0.03 : 0.055;

    private static final long MOST_RESIDENT_KIB = (TRAINED ? 300 : 330) * 1024;
    private static final Duration WINDOW = Duration.ofSeconds(15);
    private static final Duration SETTLING = Duration.ofSeconds(480);

    /** Measured in windows until each node has had a good one: the JIT goes on for a while after the start. */
    @Test
    void shouldUseLittleOfACoreAndOfMemory() {
        Host.assumeKvm();
        try (TestCluster cluster = TestCluster.three()) {
            Map<String, Double> least = new HashMap<>();
            await("every node idles below " + MOST_OF_A_CORE + " of a core")
                    .atMost(SETTLING)
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(1))
                    .until(() -> {
                        measure(cluster, least);
                        return least.values().stream().allMatch(share -> share < MOST_OF_A_CORE);
                    });
            for (TestNode node : cluster.living()) {
                ProcessCensus census = node.census();
                Figures.report("idle host %s: %.2f %% of a core, %s", node, 100 * least.get(node.name()), census);
                assertThat(census.residentKiB())
                        .as("KiB of RssAnon and RssFile of host %s", node)
                        .isLessThan(MOST_RESIDENT_KIB);
            }
        }
    }

    private static void measure(TestCluster cluster, Map<String, Double> least) {
        Map<TestNode, ProcessCensus> before = new HashMap<>();
        cluster.living().forEach(node -> before.put(node, node.census()));
        long startedNs = System.nanoTime();
        await().pollDelay(WINDOW).atMost(WINDOW.multipliedBy(2)).until(() -> true);
        long elapsedNs = System.nanoTime() - startedNs;
        before.forEach(
                (node, census) -> least.merge(node.name(), node.census().coreShareSince(census, elapsedNs), Math::min));
    }
}
