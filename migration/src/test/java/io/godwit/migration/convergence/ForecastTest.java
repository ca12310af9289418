package io.godwit.migration.convergence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.godwit.config.MigrationParameter;
import io.godwit.config.MigrationParameters;
import io.godwit.config.MigrationSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ForecastTest {
    private static final double MB = 1e6;
    private static final long GIB = 1L << 30;
    private static final Forecast.Overheads OVERHEADS = new Forecast.Overheads(100, 30, 10);

    private static Plan plan(double rateMb, double wssMb, double bandwidthMb, MigrationParameters parameters) {
        Forecast.Start start =
                new Forecast.Start(GIB, GIB, 0, 1, DirtyCurve.of(rateMb * MB, wssMb * MB), bandwidthMb * MB, OVERHEADS);
        return Forecast.of(start, MigrationSettings.of(parameters), ConvergencePolicy.DEFAULT);
    }

    /** Rate and bandwidth in MB/s; time by the geometric series 1 GiB / (bandwidth - rate), plus 110 ms. */
    @ParameterizedTest
    @CsvSource({"0, 1000", "50, 1000", "200, 1000", "600, 1000", "100, 110", "5, 100"})
    void shouldAddUpTheRoundsOfAGuestThatIsSlowerThanTheLink(double rateMb, double bandwidthMb) {
        Plan plan = plan(rateMb, 5000, bandwidthMb, MigrationParameters.NONE);
        double seriesMs = GIB / MB / (bandwidthMb - rateMb) * 1000 + 110;
        assertThat(plan.converges()).isTrue();
        assertThat((double) plan.totalMs()).isCloseTo(seriesMs, within(seriesMs * 0.1 + 60));
        assertThat(plan.downtimeMs()).isBetween(10L, 300L);
        assertThat(plan.transferredBytes()).isGreaterThanOrEqualTo(GIB);
    }

    @Test
    void shouldSayWhyItWillNotConverge() {
        Plan plan = plan(600, 512, 100, MigrationParameters.NONE);
        assertThat(plan.converges()).isFalse();
        assertThat(plan.reason())
                .contains("does not converge")
                .contains("100.0 MB/s sent")
                .contains("limit 300 ms");
        assertThat(plan.downtimeMs()).isBetween(4_900L, 5_400L);
    }

    @Test
    void shouldConvergeOnceAWorkingSetIsNoLargerThanThePause() {
        Plan plan = plan(600, 25, 100, MigrationParameters.NONE);
        assertThat(plan.converges()).isTrue();
        assertThat(plan.downtimeMs()).isCloseTo(260, within(10L));
    }

    @Test
    void shouldExpectAutoConvergeToHelp() {
        Plan plan = plan(600, 512, 100, MigrationParameters.of(MigrationParameter.AUTO_CONVERGE, true));
        assertThat(plan.converges()).isTrue();
        assertThat(plan.throttlePercent()).isGreaterThanOrEqualTo(90);
    }

    @Test
    void shouldExpectEachTimeoutActionToDoWhatItSays() {
        MigrationParameters timeout = MigrationParameters.of(MigrationParameter.TIMEOUT, "30s");
        Plan suspended = plan(600, 512, 100, timeout.with(MigrationParameter.TIMEOUT_ACTION, "suspend"));
        assertThat(suspended.converges()).isTrue();
        assertThat(suspended.reason()).contains("timeout of 30000 ms");
        assertThat(suspended.totalMs()).isBetween(33_000L, 37_000L);
        Plan cancelled = plan(600, 512, 100, timeout.with(MigrationParameter.TIMEOUT_ACTION, "cancel"));
        assertThat(cancelled.converges()).isFalse();
        assertThat(cancelled.reason()).contains("timeout of 30000 ms");
        assertThat(cancelled.totalMs()).isBetween(30_000L, 30_300L);
        Plan ignored = plan(600, 512, 100, timeout.with(MigrationParameter.TIMEOUT_ACTION, "ignore"));
        assertThat(ignored.converges()).isFalse();
        assertThat(ignored.reason()).contains("does not converge");
    }

    @Test
    void shouldExpectQuicklyFinishToTakeALongerPause() {
        Plan plan = plan(600, 512, 100, MigrationParameters.of(MigrationParameter.QUICKLY_FINISH, true));
        assertThat(plan.converges()).isTrue();
        assertThat(plan.downtimeMs()).isBetween(4_900L, AllowedPause.CEILING_MS);
    }

    /** 600 MB/s dirtied in 512 MB, over 100 MB/s, after a first round that took 20 s. */
    private static Plan planOfTheRest(MigrationParameters parameters) {
        Forecast.Start rest = new Forecast.Start(
                GIB, (long) (512 * MB), 0, 1, DirtyCurve.of(600 * MB, 512 * MB), 100 * MB, OVERHEADS, 20_000, 1);
        return Forecast.of(rest, MigrationSettings.of(parameters), ConvergencePolicy.DEFAULT);
    }

    @Test
    void shouldCountWhatHasPassedWhereTheFirstRoundIsOver() {
        Plan suspended = planOfTheRest(MigrationParameters.of(MigrationParameter.TIMEOUT, "30s")
                .with(MigrationParameter.TIMEOUT_ACTION, "suspend"));
        assertThat(suspended.converges()).isTrue();
        assertThat(suspended.totalMs()).isBetween(30_100L, 36_500L);
        Plan quickly = planOfTheRest(MigrationParameters.of(MigrationParameter.QUICKLY_FINISH, true));
        assertThat(quickly.converges()).isTrue();
        // Harvests 3 to 9 come 5.1 s apart. At the 9th, 300 ms have doubled five times; a round more, and the pause.
        assertThat(quickly.totalMs()).isBetween(65_800L, 66_600L);
    }

    @Test
    void shouldSendZeroPagesForNothing() {
        Forecast.Start empty = new Forecast.Start(8 * GIB, GIB, 7 * GIB, 1, DirtyCurve.IDLE, 1000 * MB, OVERHEADS);
        Plan plan = Forecast.of(empty, MigrationSettings.DEFAULT, ConvergencePolicy.DEFAULT);
        assertThat(plan.transferredBytes()).isEqualTo(GIB);
        assertThat(plan.totalMs()).isBetween(1_900L, 2_500L);
    }

    @Test
    void shouldKeepToTheBandwidthLimit() {
        Plan plan = plan(0, 1, 1000, MigrationParameters.of(MigrationParameter.MAX_BANDWIDTH, 50_000_000));
        assertThat(plan.totalMs()).isBetween(21_000L, 22_500L);
    }

    @Test
    void shouldLearnFromMigrationsButNotFromThoseThatWereHeldBack() {
        HostExperience host = new HostExperience();
        assertThat(host.isBandwidthKnown()).isFalse();
        host.observeBandwidth(900 * MB, 0);
        host.observeBandwidth(50 * MB, (long) (50 * MB));
        assertThat(host.bytesPerSecond()).isEqualTo(900 * MB);
        host.observeBandwidth(500 * MB, 0);
        assertThat(host.bytesPerSecond()).isBetween(700 * MB, 850 * MB);
    }
}
