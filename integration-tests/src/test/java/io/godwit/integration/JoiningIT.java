package io.godwit.integration;

import static io.godwit.integration.harness.Deadline.within;
import static org.assertj.core.api.Assertions.assertThat;

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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Hosts that lost power and come back, not all of them: they are a cluster again, one. */
@ExtendWith(LogsOnFailure.class)
@Timeout(value = 8, unit = TimeUnit.MINUTES)
class JoiningIT {
    private static final Duration LIMIT = Duration.ofSeconds(90);

    @Test
    @Tag("slow")
    void shouldComeBackAsAClusterWithoutTheFirstSeedWhichJoinsItLater() {
        Host.assumeKvm();
        try (TestCluster cluster = TestCluster.three()) {
            TestNode firstSeed = cluster.alpha();
            ProbeVm movable = ProbeVm.start(
                    cluster,
                    firstSeed,
                    Shape.of("movable", "64MiB", "wss=2 rate=2 fill=16").movable());

            cluster.living().forEach(TestNode::kill);
            long beganNs = System.nanoTime();
            cluster.restart(List.of(cluster.beta(), cluster.gamma()));
            Figures.report(
                    "joining: two of three hosts, without the first seed, were a cluster again after %d ms",
                    TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beganNs));

            within(
                    LIMIT,
                    "the killed host's movable VM runs elsewhere",
                    () -> !movable.view().path("host").asText().equals(firstSeed.name())
                            && movable.status().equals("running"));
            TestNode taker = movable.host();
            movable.awaitFilled(taker);

            TestNode again = cluster.restart(firstSeed);

            assertThat(movable.hasMemoryAt(again))
                    .as("the host that came back runs it")
                    .isFalse();
            movable.assertHealthyAt(taker);
        }
    }
}
