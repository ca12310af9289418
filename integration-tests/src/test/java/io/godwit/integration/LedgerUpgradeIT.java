package io.godwit.integration;

import static io.godwit.integration.harness.Deadline.within;
import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.integration.harness.Cli;
import io.godwit.integration.harness.LogsOnFailure;
import io.godwit.integration.harness.NodeSettings;
import io.godwit.integration.harness.TestCluster;
import io.godwit.integration.harness.TestNode;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** The ledger's level is raised when every host can be asked, and hosts come back into it. */
@ExtendWith(LogsOnFailure.class)
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@Tag("slow")
class LedgerUpgradeIT {
    private static final Duration LIMIT = Duration.ofSeconds(90);

    @Test
    void shouldRaiseTheLevelOnlyWithEveryHostAndLetHostsInAfterIt() {
        try (TestCluster cluster =
                TestCluster.threeAndAClient(name -> NodeSettings.USUAL.with("hypervisor.backend", "simulated"))) {
            TestNode alpha = cluster.alpha();
            TestNode client = cluster.node("delta");
            within(LIMIT, "all say what they speak", () -> speakers(alpha, 2) == 4);
            assertThat(level(alpha)).isEqualTo(1);
            client.kill();
            Cli.Result refused = Cli.run(alpha, LIMIT, "ledger", "upgrade");
            assertThat(refused.exitCode()).isNotZero();
            assertThat(refused.output()).contains("not raised to level 2").contains("host delta");
            assertThat(level(alpha)).isEqualTo(1);

            TestNode again = cluster.restart(client);
            within(LIMIT, "the client is back", () -> speakers(alpha, 2) == 4);
            Cli.Result raised = Cli.run(again, LIMIT, "ledger", "upgrade");

            assertThat(raised.exitCode()).as(raised.output()).isZero();
            within(LIMIT, "all see the level", () -> cluster.living().stream().allMatch(node -> level(node) == 2));
            assertThat(Cli.run(alpha, LIMIT, "ledger", "upgrade").exitCode())
                    .as("nothing is left to raise")
                    .isZero();
            cluster.gamma().kill();
            cluster.restart(cluster.gamma());
            within(LIMIT, "a voter comes back into it", () -> speakers(alpha, 2) == 4);
            assertThat(alpha.rest().get("/v1/ledger").ok().get("notes")).isEmpty();
        }
    }

    private static int level(TestNode node) {
        return node.rest().get("/v1/ledger").ok().get("level").asInt();
    }

    private static int speakers(TestNode node, int level) {
        int speakers = 0;
        for (var host : node.rest().get("/v1/ledger").ok().get("hosts")) {
            speakers += host.get("speaks").asInt() == level ? 1 : 0;
        }
        return speakers;
    }
}
