package io.godwit.migration.convergence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.godwit.config.MigrationParameter;
import io.godwit.config.MigrationParameters;
import io.godwit.config.MigrationSettings;
import io.godwit.config.VerifyMode;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConvergenceTest {
    private static final double GB = 1e9;
    private static final double MB = 1e6;

    /** Remaining MB, dirty MB/s, bandwidth MB/s, limit ms, round, stagnant rounds, may pause, polish rounds, verdict. */
    @ParameterizedTest
    @CsvSource({
        // After the first round of 1 GiB at 50 MB/s over 1 GB/s: fits, but the owner must record Prepared first.
        "54,     50, 1000, 300, 2,  0, false, 0, CONTINUE",
        // Allowed, fits, but one more round takes 50 ms off the pause.
        "54,     50, 1000, 300, 2,  0, true,  0, CONTINUE",
        // Nothing more to gain.
        "0.5,    50, 1000, 300, 4,  0, true,  0, SWITCHOVER",
        "0,       0, 1000, 300, 2,  0, true,  0, SWITCHOVER",
        // Dirties as fast as it sends: a further round gains nothing, and it fits.
        "200,   990, 1000, 300, 4,  3, true,  0, SWITCHOVER",
        // A round of 200 ms would take 10 ms off the pause.
        "200,   950, 1000, 300, 4,  3, true,  0, SWITCHOVER",
        // Polishing ends.
        "54,     50, 1000, 300, 9,  0, true,  8, SWITCHOVER",
        // Just above and just below the limit, fixed cost 20 ms.
        "281,  2000, 1000, 300, 4,  0, true,  0, CONTINUE",
        "279,  2000, 1000, 300, 4,  0, true,  0, SWITCHOVER",
        // Does not fit: goes on, says that it does not converge, and never gives up unasked.
        "900,  2000, 1000, 300, 4,  4, true,  0, CONTINUE",
        "900,  2000, 1000, 300, 99, 5, true,  0, NOT_CONVERGING",
        // The fixed cost alone is above the limit, and nothing is left that a round could send: given up in time.
        "0,       0, 1000,  10, 9,  4, true,  0, CONTINUE",
        "0,       0, 1000,  10, 9,  5, true,  0, GIVEUP",
        "0.9,   500, 1000,  10, 9,  5, false, 0, GIVEUP",
        "5,     500, 1000,  10, 9,  9, true,  0, NOT_CONVERGING",
        // Just above half the limit a round of 152 ms must save 15 ms; below, one of 102 ms must halve it.
        "152,   880, 1000, 300, 4,  0, true,  0, CONTINUE",
        "152,   910, 1000, 300, 4,  0, true,  0, SWITCHOVER",
        "102,   450, 1000, 300, 4,  0, true,  0, CONTINUE",
        "102,   550, 1000, 300, 4,  0, true,  0, SWITCHOVER",
    })
    void shouldDecide(
            double remainingMb,
            double dirtyMb,
            double bandwidthMb,
            long limitMs,
            int rounds,
            int stagnant,
            boolean mayPause,
            int polish,
            String expected) {
        Situation situation = new Situation(
                (long) (remainingMb * MB),
                dirtyMb * MB,
                bandwidthMb * MB,
                20,
                rounds,
                stagnant,
                mayPause,
                polish,
                0,
                1000,
                false);
        assertThat(name(new Convergence(ConvergencePolicy.DEFAULT).decide(situation, limit(limitMs))))
                .isEqualTo(expected);
    }

    @Test
    void shouldGiveUpAfterTheRoundsAskedForAndSayWhy() {
        Convergence convergence = new Convergence(ConvergencePolicy.DEFAULT.withMaxRounds(7));
        assertThat(name(convergence.decide(notFitting(6), limit(300)))).isEqualTo("NOT_CONVERGING");
        assertThat(convergence.decide(notFitting(7), limit(300)))
                .isInstanceOfSatisfying(
                        Verdict.GiveUp.class,
                        giveUp -> assertThat(giveUp.reason())
                                .contains("7 rounds")
                                .contains("900000000 bytes")
                                .contains("2000.0 MB/s")
                                .contains("limit 300 ms"));
    }

    @Test
    void shouldNotGiveUpWhatFitsWhilePreparedIsBeingRecorded() {
        Convergence convergence = new Convergence(ConvergencePolicy.DEFAULT.withMaxRounds(3));
        Situation waiting = new Situation((long) MB, 50 * MB, GB, 20, 1000, 1000, false, 0, 0, 1000, false);
        assertThat(name(convergence.decide(waiting, limit(300)))).isEqualTo("CONTINUE");
    }

    @Test
    void shouldPredictTransferPlusFixedCost() {
        Prediction prediction =
                new Situation(100_000_000, 0, 500 * MB, 12, 1, 0, false, 0, 0, 0, false).prediction(300);
        assertThat(prediction.transferMs()).isEqualTo(200, within(1e-9));
        assertThat(prediction.downtimeMs()).isEqualTo(212, within(1e-9));
    }

    @Test
    void shouldNotCallAnUnknownBandwidthFitting() {
        assertThat(new Situation(1, 0, 0, 0, 1, 0, true, 0, 0, 0, false)
                        .prediction(2_000_000)
                        .fits())
                .isFalse();
    }

    private static final Situation ONLY_COST = new Situation(0, 0, GB, 20, 9, 9, true, 0, 0, 1000, false);

    @Test
    void shouldNameTheCostAndTheLimitWhenOnlyTheCostIsTooHigh() {
        assertThat(new Convergence(ConvergencePolicy.DEFAULT).decide(ONLY_COST, limit(10)))
                .isInstanceOfSatisfying(
                        Verdict.GiveUp.class,
                        giveUp -> assertThat(giveUp.reason())
                                .contains("20.0 ms beside sending pages")
                                .contains("downtime limit of 10 ms"));
    }

    @Test
    void shouldLeaveAMigrationItsOwnEndWhenOnlyTheCostIsTooHigh() {
        MigrationSettings suspends = with(
                MigrationParameter.DOWNTIME_LIMIT, "10ms",
                MigrationParameter.TIMEOUT, "5s",
                MigrationParameter.TIMEOUT_ACTION, "suspend");
        MigrationSettings quickly =
                with(MigrationParameter.DOWNTIME_LIMIT, "1ms", MigrationParameter.QUICKLY_FINISH, "true");
        Convergence convergence = new Convergence(ConvergencePolicy.DEFAULT);
        assertThat(name(convergence.decide(ONLY_COST, suspends))).isEqualTo("NOT_CONVERGING");
        assertThat(convergence.decide(ONLY_COST, quickly)).isNotInstanceOf(Verdict.GiveUp.class);
    }

    private static Situation notFitting(int rounds) {
        return new Situation((long) (900 * MB), 2000 * MB, 1000 * MB, 20, rounds, 6, true, 0, 0, 1000, false);
    }

    private static MigrationSettings limit(long downtimeMs) {
        return new MigrationSettings(downtimeMs, 0, VerifyMode.NONE);
    }

    private static MigrationSettings with(Object... namesAndValues) {
        MigrationParameters parameters = MigrationParameters.NONE;
        for (int i = 0; i < namesAndValues.length; i += 2) {
            parameters = parameters.with((MigrationParameter<?>) namesAndValues[i], namesAndValues[i + 1]);
        }
        return MigrationSettings.of(parameters);
    }

    /** A rest that does not fit, at a throttle, after rounds without progress. */
    private static Situation stuck(int rounds, int stagnant, int throttle, double elapsedMs, boolean finishNow) {
        return new Situation(
                (long) (900 * MB), 2000 * MB, 1000 * MB, 20, rounds, stagnant, true, 0, throttle, elapsedMs, finishNow);
    }

    @ParameterizedTest
    @CsvSource({
        // stagnant rounds, throttle now, throttle then
        "0,  0,  0",
        "1,  0,  0",
        "2,  0, 20",
        "0, 20, 20",
        "1, 20, 30",
        "1, 95, 97",
        "9, 97, 97",
    })
    void shouldSlowTheGuestStepByStepUpToTheMost(int stagnant, int throttle, int then) {
        MigrationSettings settings =
                with(MigrationParameter.AUTO_CONVERGE, "true", MigrationParameter.THROTTLE_MAX, "97");
        Verdict verdict =
                new Convergence(ConvergencePolicy.DEFAULT).decide(stuck(9, stagnant, throttle, 1000, false), settings);
        if (then == throttle) {
            assertThat(verdict).isInstanceOf(Verdict.Continue.class);
        } else {
            assertThat(verdict)
                    .isInstanceOfSatisfying(
                            Verdict.Throttle.class,
                            step -> assertThat(step.percent()).isEqualTo(then));
        }
    }

    @Test
    void shouldLiftTheThrottleWhenAutoConvergeIsSwitchedOff() {
        assertThat(new Convergence(ConvergencePolicy.DEFAULT).decide(stuck(9, 0, 40, 1000, false), limit(300)))
                .isInstanceOfSatisfying(
                        Verdict.Throttle.class,
                        step -> assertThat(step.percent()).isZero());
    }

    @Test
    void shouldNotSlowAGuestWhoseRestFits() {
        Situation fits = new Situation((long) MB, 2000 * MB, GB, 20, 9, 9, false, 0, 0, 1000, false);
        assertThat(name(new Convergence(ConvergencePolicy.DEFAULT)
                        .decide(fits, with(MigrationParameter.AUTO_CONVERGE, "true"))))
                .isEqualTo("CONTINUE");
    }

    @ParameterizedTest
    @CsvSource({
        "suspend, 4999, NOT_CONVERGING",
        "suspend, 5000, SUSPEND",
        "cancel,  4999, NOT_CONVERGING",
        "cancel,  5000, CANCEL",
        "ignore,  9999, NOT_CONVERGING",
    })
    void shouldEndAsAskedAtTheTimeout(String action, double elapsedMs, String expected) {
        MigrationSettings settings = with(MigrationParameter.TIMEOUT, "5s", MigrationParameter.TIMEOUT_ACTION, action);
        assertThat(name(new Convergence(ConvergencePolicy.DEFAULT).decide(stuck(9, 9, 0, elapsedMs, false), settings)))
                .isEqualTo(expected);
    }

    @Test
    void shouldPauseWhenToldToFinishButNotBeforeTheLedgerAllowsIt() {
        Convergence convergence = new Convergence(ConvergencePolicy.DEFAULT);
        assertThat(name(convergence.decide(stuck(3, 0, 0, 10, true), limit(300))))
                .isEqualTo("SUSPEND");
        Situation unprepared = new Situation((long) (900 * MB), 2000 * MB, 1000 * MB, 20, 3, 0, false, 0, 0, 10, true);
        assertThat(name(convergence.decide(unprepared, limit(300)))).isEqualTo("CONTINUE");
    }

    /** Harvests, allowed pause at a limit of 300 ms. */
    @ParameterizedTest
    @CsvSource({"1, 300", "4, 300", "5, 600", "6, 1200", "10, 19200", "11, 30000", "12, 30000", "2000000000, 30000"})
    void shouldLetTheAllowedPauseGrowWhenAskedToFinishQuickly(int harvests, long allowedMs) {
        MigrationSettings quickly = with(MigrationParameter.QUICKLY_FINISH, "true");
        assertThat(AllowedPause.ms(quickly, harvests)).isEqualTo(allowedMs);
        assertThat(AllowedPause.ms(limit(300), harvests)).isEqualTo(300);
    }

    @Test
    void shouldNotShrinkALimitAboveTheCeiling() {
        MigrationSettings patient =
                with(MigrationParameter.QUICKLY_FINISH, "true", MigrationParameter.DOWNTIME_LIMIT, "100s");
        assertThat(AllowedPause.ms(patient, 99)).isEqualTo(100_000);
    }

    private static String name(Verdict verdict) {
        if (verdict instanceof Verdict.Continue go) {
            return go.converging() ? "CONTINUE" : "NOT_CONVERGING";
        }
        return verdict.getClass().getSimpleName().toUpperCase(Locale.ROOT);
    }
}
