package io.godwit.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.node.api.DrainInfo;
import java.util.List;
import org.junit.jupiter.api.Test;

class DrainCliTest extends CliHarness {
    private static final DrainInfo DRAIN = new DrainInfo(
            "d-1",
            "alpha",
            "drain",
            "active",
            2,
            "2026-01-01T00:00:00Z",
            List.of(
                    new DrainInfo.MoveInfo("id-db", "db", "moving", "beta", "m-1", ""),
                    new DrainInfo.MoveInfo("id-web", "web", "moved", "beta", "", ""),
                    new DrainInfo.MoveInfo("id-big", "big", "waiting", "", "", "no host takes it: host beta is full")));

    @Test
    void shouldDrainAndShowVmByVm() {
        queue(202, DRAIN);
        assertThat(run("host", "drain", "alpha", "--concurrency=3", api())).isZero();
        assertThat(requests).containsExactly("POST /v1/hosts/alpha/drain {\"concurrency\":3}");
        assertThat(out)
                .startsWith("drain d-1 of host alpha: active\n")
                .contains("big  waiting  -     -          no host takes it: host beta is full\n");
    }

    @Test
    void shouldRestoreAsTheNodeThinksBest() {
        queue(202, DRAIN);
        assertThat(run("host", "restore", "alpha", api())).isZero();
        assertThat(requests).containsExactly("POST /v1/hosts/alpha/restore {}");
    }

    @Test
    void shouldShowTheLastOperationOfAHost() {
        queue(200, List.of(DRAIN));
        queue(200, DRAIN);
        assertThat(run("host", "maintenance", "alpha", api())).isZero();
        assertThat(requests).containsExactly("GET /v1/drains", "GET /v1/drains/d-1");
        assertThat(out).startsWith("drain d-1 of host alpha: active\n");

        queue(200, List.of(DRAIN));
        assertThat(run("host", "maintenance", "beta", api())).isZero();
        assertThat(out).isEqualTo("host beta: no drain or restore since its node started\n");
    }

    @Test
    void shouldListWithWhatIsLeft() {
        queue(200, List.of(DRAIN));
        assertThat(run("drain", "list", api())).isZero();
        assertThat(out).contains("d-1  alpha  drain  active  1      2     2026-01-01T00:00:00Z\n");
    }

    @Test
    void shouldCancelAndLetFinishWhereAsked() {
        queue(200, DRAIN);
        queue(200, DRAIN);
        assertThat(run("drain", "cancel", "d-1", api())).isZero();
        assertThat(run("drain", "cancel", "d-1", "--finish", api())).isZero();
        assertThat(requests).containsExactly("DELETE /v1/drains/d-1", "DELETE /v1/drains/d-1?finish=true");
    }

    @Test
    void shouldPrintTheNodesAnswerAsJson() {
        queue(200, DRAIN);
        assertThat(run("drain", "show", "d-1", "--json", api())).isZero();
        assertThat(out).startsWith("{\"id\":\"d-1\",\"host\":\"alpha\",\"kind\":\"drain\"");
    }
}
