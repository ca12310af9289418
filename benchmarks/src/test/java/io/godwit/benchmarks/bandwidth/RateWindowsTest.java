package io.godwit.benchmarks.bandwidth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.godwit.benchmarks.bandwidth.RateWindows.Reading;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RateWindowsTest {
    private static final long SECOND_NS = 1_000_000_000;

    @Test
    void shouldSeeASteadyRateThroughUnevenReadings() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        List<Reading> readings = new ArrayList<>();
        for (long atNs = 0; atNs < 5 * SECOND_NS; atNs += 10_000_000 + random.nextInt(90_000_000)) {
            readings.add(new Reading(atNs, atNs / 10));
        }

        assertThat(RateWindows.of(readings))
                .as("seed %d", seed)
                .hasSizeGreaterThan(10)
                .allSatisfy(rate -> assertThat(rate).isEqualTo(1e8, within(2.0)));
    }

    @Test
    void shouldSeeABurstThatTheAverageHides() {
        List<Reading> readings = new ArrayList<>();
        for (int tenth = 0; tenth <= 40; tenth++) {
            long bytes = tenth <= 20 ? tenth * 10 : 200 + Math.min(tenth - 20, 5) * 40L;
            readings.add(new Reading(tenth * SECOND_NS / 10, bytes));
        }

        List<Double> rates = RateWindows.of(readings);

        assertThat(RateWindows.largestDeviation(rates, 100)).isEqualTo(1.5, within(0.01));
        assertThat(rates).anySatisfy(rate -> assertThat(rate).isEqualTo(250, within(0.01)));
    }

    @Test
    void shouldHaveNoWindowBeforeASecondIsOver() {
        assertThat(RateWindows.of(List.of(new Reading(0, 0), new Reading(SECOND_NS - 1, 9))))
                .isEmpty();
        assertThat(RateWindows.of(List.of(new Reading(0, 0), new Reading(SECOND_NS, 9))))
                .containsExactly(9.0);
    }
}
