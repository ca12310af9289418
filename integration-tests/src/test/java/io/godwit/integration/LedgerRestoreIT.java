package io.godwit.integration;

import static io.godwit.integration.harness.Deadline.within;
import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.integration.harness.Cli;
import io.godwit.integration.harness.LogsOnFailure;
import io.godwit.integration.harness.ProbeVm;
import io.godwit.integration.harness.TestCluster;
import io.godwit.integration.harness.TestNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A backup of the ledger is put back where it is empty, and only there. */
@ExtendWith(LogsOnFailure.class)
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@Tag("slow")
class LedgerRestoreIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @Test
    void shouldHaveAVmBackThatWasDeletedSinceTheBackup(@TempDir Path directory) {
        String file = directory.resolve("ledger.gz").toString();
        try (TestCluster cluster = TestCluster.one()) {
            TestNode node = cluster.alpha();
            Map<String, Object> body = Map.of(
                    "name",
                    "kept",
                    "memory",
                    "64MiB",
                    "kernel",
                    ProbeVm.kernel().toString());
            String vm = node.rest().post("/v1/vms", body).ok().path("id").asText();
            assertDone(Cli.run(node, LIMIT, "ledger", "backup", file));

            Cli.Result early = Cli.run(node, LIMIT, "ledger", "restore", file);
            assertThat(early.exitCode()).isNotZero();
            assertThat(early.output()).contains("not empty").contains("kept");
            assertDone(Cli.run(node, LIMIT, "vm", "delete", "kept"));
            assertDone(Cli.run(node, LIMIT, "ledger", "restore", file));

            within(
                    LIMIT,
                    "the VM is back",
                    () -> node.rest()
                            .get("/v1/vms/" + vm)
                            .ok()
                            .path("name")
                            .asText()
                            .equals("kept"));
            within(
                    LIMIT,
                    "and can be started",
                    () -> node.rest().post("/v1/vms/" + vm + "/start", Map.of()).status() < 300);
            assertThat(node.rest().get("/v1/ledger").ok().get("generation").asInt())
                    .isEqualTo(1);
        }
    }

    private static void assertDone(Cli.Result result) {
        assertThat(result.exitCode()).as(result.output()).isZero();
    }
}
