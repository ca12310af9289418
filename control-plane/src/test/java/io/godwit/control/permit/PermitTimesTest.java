package io.godwit.control.permit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.config.InvalidValueException;
import org.junit.jupiter.api.Test;

class PermitTimesTest {
    @Test
    void shouldWaitAsLongAsASlowHostAndAFastLeaderNeed() {
        assertThat(PermitTimes.DEFAULT.waitMs()).isEqualTo(5_602);
        for (int drift = 0; drift <= 100; drift++) {
            PermitTimes times = new PermitTimes(5_000, 1_000, drift, 500);
            double rho = drift / 1_000.0;
            double shortestWait = (times.waitMs() - times.marginMs()) / (1 + rho);
            assertThat(shortestWait).as("drift " + drift).isGreaterThanOrEqualTo(times.permitMs() / (1 - rho) - 1e-6);
        }
    }

    @Test
    void shouldRefuseTimesThatCannotBe() {
        assertThatThrownBy(() -> new PermitTimes(999, 100, 10, 500))
                .isInstanceOf(InvalidValueException.class)
                .hasMessageContaining("permitMs");
        assertThatThrownBy(() -> new PermitTimes(5_000, 1_700, 10, 500)).hasMessageContaining("renewalMs");
        assertThatThrownBy(() -> new PermitTimes(5_000, 1_000, 101, 500)).hasMessageContaining("driftPerMille");
        assertThatThrownBy(() -> new PermitTimes(5_000, 1_000, 10, 5_001)).hasMessageContaining("marginMs");
    }
}
