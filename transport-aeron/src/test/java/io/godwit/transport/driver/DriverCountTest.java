package io.godwit.transport.driver;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DriverCountTest {
    @ParameterizedTest(name = "{0} lanes on {1} cores: {2}")
    @CsvSource({
        "1, 64, 1",
        "2, 1, 1",
        "2, 2, 1",
        "16, 2, 1",
        "2, 3, 1",
        "2, 4, 2",
        "4, 4, 2",
        "4, 8, 4",
        "3, 64, 3",
        "16, 8, 4",
        "16, 16, 8",
        "16, 64, 8"
    })
    void shouldHaveADriverForEachLaneWhereCoresAreLeft(final int lanes, final int cores, final int drivers) {
        assertThat(DriverCount.of(lanes, cores)).isEqualTo(drivers);
    }

    @Test
    void shouldNeverHaveFewerForMoreLanesOrMoreCores() {
        for (int lanes = 1; lanes <= 16; lanes++) {
            for (int cores = 1; cores <= 128; cores++) {
                assertThat(DriverCount.of(lanes, cores))
                        .isBetween(1, Math.min(lanes, DriverCount.MAX_DRIVERS))
                        .isLessThanOrEqualTo(DriverCount.of(lanes + 1, cores))
                        .isLessThanOrEqualTo(DriverCount.of(lanes, cores + 1));
            }
        }
    }
}
