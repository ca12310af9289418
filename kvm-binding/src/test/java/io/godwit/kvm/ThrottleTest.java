package io.godwit.kvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The share on a virtual clock. */
class ThrottleTest {
    private static final long PIECE_NS = 1_000_000;

    private final Throttle throttle = new Throttle();
    private long nowNs;

    private double shareRun(long forNs) {
        long ranNs = 0;
        long endNs = nowNs + forNs;
        while (nowNs < endNs) {
            long restNs = throttle.restNs(nowNs);
            if (restNs > 0) {
                nowNs += restNs;
            } else {
                nowNs += PIECE_NS;
                ranNs += PIECE_NS;
                throttle.ran(PIECE_NS, nowNs);
            }
        }
        return (double) ranNs / forNs;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 20, 50, 90, 99})
    void shouldLeaveTheRestOfTheTimeToTheGuest(int percent) {
        throttle.set(percent);
        assertThat(shareRun(20_000_000_000L)).isEqualTo((100 - percent) / 100.0, within(0.01));
    }

    @Test
    void shouldNotHoldBackUnlessTold() {
        assertThat(shareRun(1_000_000_000L)).isEqualTo(1.0, within(1e-9));
    }

    @Test
    void shouldEndARestAtOnceWhenLifted() {
        throttle.set(99);
        throttle.ran(Throttle.SLICE_NS, nowNs);
        assertThat(throttle.restNs(nowNs)).isEqualTo(99 * Throttle.SLICE_NS);
        throttle.set(0);
        assertThat(throttle.restNs(nowNs)).isZero();
        throttle.set(50);
        assertThat(throttle.restNs(nowNs)).as("what was before does not count").isZero();
    }

    @Test
    void shouldRefuseToStopAGuest() {
        assertThatThrownBy(() -> throttle.set(100)).hasMessageContaining("100").hasMessageContaining("0 to 99");
        assertThatThrownBy(() -> throttle.set(-1)).hasMessageContaining("-1");
        assertThat(throttle.percent()).isZero();
    }
}
