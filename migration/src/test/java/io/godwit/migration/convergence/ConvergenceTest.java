package io.godwit.migration.convergence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

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
        // Polishing ends.
        "54,     50, 1000, 300, 9,  0, true,  8, SWITCHOVER",
        // Just above and just below the limit, fixed cost 20 ms.
        "281,  2000, 1000, 300, 4,  0, true,  0, CONTINUE",
        "279,  2000, 1000, 300, 4,  0, true,  0, SWITCHOVER",
        // Does not fit: goes on, says that it does not converge, and never gives up unasked.
        "900,  2000, 1000, 300, 4,  4, true,  0, CONTINUE",
        "900,  2000, 1000, 300, 99, 5, true,  0, NOT_CONVERGING",
        // The fixed cost alone is above the limit.
        "0,       0, 1000,  10, 9,  9, true,  0, NOT_CONVERGING",
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
                limitMs,
                rounds,
                stagnant,
                mayPause,
                polish);
        assertThat(name(new Convergence(ConvergencePolicy.DEFAULT).decide(situation)))
                .isEqualTo(expected);
    }

    @Test
    void shouldGiveUpAfterTheRoundsAskedForAndSayWhy() {
        Convergence convergence = new Convergence(ConvergencePolicy.DEFAULT.withMaxRounds(7));
        assertThat(name(convergence.decide(notFitting(6)))).isEqualTo("NOT_CONVERGING");
        assertThat(convergence.decide(notFitting(7)))
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
        Situation waiting = new Situation((long) MB, 50 * MB, GB, 20, 300, 1000, 1000, false, 0);
        assertThat(name(convergence.decide(waiting))).isEqualTo("CONTINUE");
    }

    @Test
    void shouldPredictTransferPlusFixedCost() {
        Prediction prediction = new Situation(100_000_000, 0, 500 * MB, 12, 300, 1, 0, false, 0).prediction();
        assertThat(prediction.transferMs()).isEqualTo(200, within(1e-9));
        assertThat(prediction.downtimeMs()).isEqualTo(212, within(1e-9));
    }

    @Test
    void shouldNotCallAnUnknownBandwidthFitting() {
        assertThat(new Situation(1, 0, 0, 0, 2_000_000, 1, 0, true, 0)
                        .prediction()
                        .fits())
                .isFalse();
    }

    private static Situation notFitting(int rounds) {
        return new Situation((long) (900 * MB), 2000 * MB, 1000 * MB, 20, 300, rounds, 6, true, 0);
    }

    private static String name(Verdict verdict) {
        if (verdict instanceof Verdict.Continue go) {
            return go.converging() ? "CONTINUE" : "NOT_CONVERGING";
        }
        return verdict instanceof Verdict.SwitchOver ? "SWITCHOVER" : "GIVE_UP";
    }
}
