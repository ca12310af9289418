package io.godwit.integration;

import static io.godwit.integration.harness.Deadline.within;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.godwit.integration.harness.Host;
import io.godwit.integration.harness.LogsOnFailure;
import io.godwit.integration.harness.NodeSettings;
import io.godwit.integration.harness.ProbeVm;
import io.godwit.integration.harness.ProbeVm.Shape;
import io.godwit.integration.harness.TestCluster;
import io.godwit.integration.harness.TestNode;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A host whose /dev/shm is full keeps its VMs, says why it takes no migration, and takes them again. */
@ExtendWith(LogsOnFailure.class)
@Timeout(value = 6, unit = TimeUnit.MINUTES)
@Tag("slow")
class FullSharedMemoryIT {
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final int SHARED_MEMORY_MIB = 96;
    private static final String FILLER = "/dev/shm/filler";

    @Test
    void shouldRefuseMigrationsWhileSharedMemoryIsFullAndTakeThemAgainLater() {
        Host.assumeKvm();
        Host.assumeRoot();
        try (TestCluster cluster = TestCluster.three(
                name -> name.equals("beta") ? NodeSettings.withSharedMemory(SHARED_MEMORY_MIB) : NodeSettings.USUAL)) {
            TestNode alpha = cluster.alpha();
            TestNode beta = cluster.beta();
            ProbeVm resident = ProbeVm.start(cluster, beta, Shape.small("resident"));
            ProbeVm guest = ProbeVm.start(cluster, alpha, Shape.small("guest"));

            fill(beta);
            assertFailsForWantOfSpace(guest.migrateTo(beta).awaitEnd(LIMIT));
            guest.awaitSettled(LIMIT);
            guest.assertHealthyAt(alpha);
            assertFailsForWantOfSpace(resident.migrateTo(alpha).awaitEnd(LIMIT));
            resident.awaitSettled(LIMIT);
            resident.assertHealthyAt(beta);
            within(LIMIT, "beta keeps nothing of the guest it refused", () -> !guest.hasMemoryAt(beta));
            assertThat(beta.isAlive()).isTrue();

            assertThat(beta.inItsMounts("rm", FILLER)).isZero();
            guest.migrateTo(beta, Map.of("verify", "at-pause")).awaitCompleted(LIMIT);
            guest.awaitSettled(LIMIT);
            guest.assertHealthyAt(beta);
            resident.migrateTo(alpha, Map.of("verify", "at-pause")).awaitCompleted(LIMIT);
            resident.assertHealthyAt(alpha);
        }
    }

    /** Everything that is left, in the node's own mount namespace; dd ends with 1 when the file system is full. */
    private static void fill(TestNode node) {
        assertThat(node.inItsMounts("dd", "if=/dev/zero", "of=" + FILLER, "bs=64k"))
                .as("dd ran until nothing was left")
                .isEqualTo(1);
    }

    private static void assertFailsForWantOfSpace(JsonNode ended) {
        assertThat(ended.path("status").asText()).as("%s", ended).isEqualTo("failed");
        assertThat(ended.path("reason").asText()).contains("term buffers").contains("bytes free");
    }
}
