package io.godwit.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.node.api.RebalancerInfo;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The commands about balance. */
class RebalanceCliTest extends CliHarness {
    private static RebalancerInfo info() {
        return new RebalancerInfo(
                "armed",
                "1 moves bring imbalance 0.500 to 0.100",
                0.5,
                0.1,
                List.of(new RebalancerInfo.PlannedInfo(
                        List.of("db"), "alpha", "beta", false, 0.4, null, 0, "balance", true)),
                List.of("rule x is left out"),
                List.of(new RebalancerInfo.MoveInfo(
                        "m-1",
                        "web",
                        "alpha",
                        "beta",
                        "completed",
                        "",
                        true,
                        "balance",
                        "1970-01-01T00:00:01Z",
                        0.3,
                        1_000L,
                        1L << 29,
                        0.29,
                        900L)));
    }

    @Test
    void shouldShowWhatWouldBeMovedAndWhatWas() {
        queue(200, info());

        assertThat(run("rebalance", "status", api())).as(err).isZero();

        assertThat(out)
                .contains("armed", "imbalance 0.500 to 0.100", "rule x is left out")
                .contains("would not end", "0.400", "0.290", "900ms", "asked for, balance");
        assertThat(requests).containsExactly("GET /v1/rebalance");
    }

    @Test
    void shouldSayThatNothingWasLookedAtYet() {
        queue(200, new RebalancerInfo("armed", "", 0, 0, List.of(), List.of(), List.of()));

        assertThat(run("rebalance", "status", api())).as(err).isZero();

        assertThat(out).contains("armed", "none yet").doesNotContain("0.000", "FROM");
    }

    @Test
    void shouldSayThatItIsOffAndSinceWhen() {
        List<String> since = List.of("off since 2026-01-01T00:00:00Z");
        queue(200, new RebalancerInfo("off", "", 0, 0, List.of(), since, List.of()));

        assertThat(run("rebalance", "status", api())).as(err).isZero();

        assertThat(out)
                .contains("none: the rebalancer is off", "off since 2026-01-01T00:00:00Z")
                .doesNotContain("none yet", "0.000", "FROM");
    }

    @Test
    void shouldArmAndDisarm() {
        queue(200, info());
        queue(200, info());
        queue(200, info());

        assertThat(run("rebalance", "arm", api())).isZero();
        assertThat(run("rebalance", "recommend", api())).isZero();
        assertThat(run("rebalance", "disarm", api())).isZero();

        assertThat(requests)
                .containsExactly(
                        "POST /v1/rebalance/mode {\"mode\":\"armed\"}",
                        "POST /v1/rebalance/mode {\"mode\":\"recommend-only\"}",
                        "POST /v1/rebalance/mode {\"mode\":\"off\"}");
    }

    @Test
    void shouldBalanceOrOnlySayWhatThatWouldBe() {
        queue(200, info());
        queue(200, info());

        assertThat(run("rebalance", "--dry-run", api())).as(err).isZero();
        assertThat(run("rebalance", api(), "--json")).as(err).isZero();

        assertThat(requests).containsExactly("POST /v1/rebalance?dryRun=true {}", "POST /v1/rebalance {}");
        assertThat(out).startsWith("{\"mode\":\"armed\"");
    }
}
