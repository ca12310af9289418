package io.godwit.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.node.api.AutoMigrateInfo;
import io.godwit.node.api.ConfirmedDeadInfo;
import io.godwit.node.api.RecoveryInfo;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The commands about hosts that are down. */
class RecoveryCliTest extends CliHarness {
    @Test
    void shouldListWhatVmsOfADeadHostWaitFor() {
        queue(
                200,
                List.of(new RecoveryInfo(
                        "id-3",
                        "id",
                        "db",
                        "alpha",
                        "life",
                        "",
                        "waiting",
                        "no host takes it",
                        "1970-01-01T00:00:01Z",
                        "1970-01-01T00:00:02Z")));

        assertThat(run("recovery", "list", api())).isZero();

        assertThat(out).contains("db", "alpha", "waiting", "no host takes it");
        assertThat(requests).containsExactly("GET /v1/recoveries");
    }

    @Test
    void shouldConfirmAHostDeadOnlyWhenThatWasLookedAt() {
        assertThat(run("host", "confirm-dead", "alpha", api())).isEqualTo(ExitCodes.USAGE);
        assertThat(err).contains("--yes", "alpha");
        assertThat(requests).isEmpty();
        queue(200, new ConfirmedDeadInfo("alpha", List.of("life-1", "life-2")));

        assertThat(run("host", "confirm-dead", "alpha", "--yes", api())).isZero();

        assertThat(out).contains("alpha", "life-1, life-2");
        assertThat(requests).containsExactly("POST /v1/hosts/alpha/confirm-dead {}");
    }

    @Test
    void shouldForgetAHostOnlyWhenThatWasLookedAt() {
        assertThat(run("host", "forget", "alpha", api())).isEqualTo(ExitCodes.USAGE);
        assertThat(err).contains("--yes", "alpha");
        assertThat(requests).isEmpty();
        queue(204, "");

        assertThat(run("host", "forget", "alpha", "--yes", api())).isZero();

        assertThat(requests).containsExactly("DELETE /v1/hosts/alpha");
    }

    @Test
    void shouldShowAndSetWhetherAHostsVmsAreStartedElsewhere() {
        queue(200, new AutoMigrateInfo("alpha", true));
        queue(200, new AutoMigrateInfo("alpha", false));

        assertThat(run("host", "auto-migrate-on-host-down", "alpha", api())).isZero();
        assertThat(out).contains("is on for host alpha");
        assertThat(run("host", "auto-migrate-on-host-down", "alpha", "false", api()))
                .isZero();

        assertThat(out).contains("is off for host alpha");
        assertThat(requests)
                .containsExactly(
                        "GET /v1/hosts/alpha/auto-migrate-on-host-down",
                        "POST /v1/hosts/alpha/auto-migrate-on-host-down {\"enabled\":false}");
    }
}
