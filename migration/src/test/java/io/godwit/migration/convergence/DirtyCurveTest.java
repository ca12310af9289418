package io.godwit.migration.convergence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class DirtyCurveTest {
    private static final double MB = 1e6;

    @Test
    void shouldSaturateAtTheWorkingSet() {
        DirtyCurve curve = DirtyCurve.of(600 * MB, 300 * MB);
        assertThat(curve.bytesIn(0.25)).isEqualTo(150 * MB, within(1.0));
        assertThat(curve.bytesIn(0.5)).isEqualTo(300 * MB, within(1.0));
        assertThat(curve.bytesIn(100)).isEqualTo(300 * MB, within(1.0));
        assertThat(curve.bytesPerSecond()).isEqualTo(600 * MB, within(1.0));
        assertThat(curve.workingSetBytes()).isEqualTo(300 * MB, within(1.0));
    }

    @Test
    void shouldGoOnRisingWhereNoWorkingSetShowed() {
        DirtyCurve curve = new DirtyCurve(List.of(
                new DirtyCurve.Point(0.1, 5 * MB),
                new DirtyCurve.Point(0.2, 10 * MB),
                new DirtyCurve.Point(1, 50 * MB)));
        assertThat(curve.bytesIn(10)).isEqualTo(500 * MB, within(1.0));
        assertThat(curve.workingSetBytes()).isInfinite();
    }

    @Test
    void shouldTakeAGuestThatWritesAtRandomForWhatItIs() {
        // Distinct pages of n random writes into w: w (1 - exp(-n/w)).
        double w = 100 * MB;
        double rate = 200 * MB;
        CurveRecorder recorder = new CurveRecorder(0);
        long stepNs = 5_000_000;
        long endNs = 4_000_000_000L;
        for (long now = 0; now < endNs; now += stepNs) {
            long at = now;
            recorder.lookIfDue(now, () -> (long) (w * (1 - Math.exp(-rate * at / 1e9 / w))));
        }
        DirtyCurve curve = recorder.end(endNs, (long) (w * (1 - Math.exp(-rate * 4 / w))));
        for (double seconds : new double[] {0.02, 0.07, 0.3, 1, 3, 30}) {
            double exact = w * (1 - Math.exp(-rate * seconds / w));
            assertThat(curve.bytesIn(seconds)).as("in %s s", seconds).isEqualTo(exact, within(exact * 0.12));
        }
        assertThat(curve.workingSetBytes()).isEqualTo(w, within(w * 0.05));
        assertThat(curve.points().size()).as("looks at the guest").isLessThan(10);
    }

    @Test
    void shouldExpectNothingOfAnIdleGuest() {
        assertThat(DirtyCurve.IDLE.bytesIn(100)).isZero();
        assertThat(DirtyCurve.IDLE.workingSetBytes()).isZero();
    }

    @Test
    void shouldRefuseACurveThatFalls() {
        assertThatThrownBy(() -> new DirtyCurve(List.of(new DirtyCurve.Point(1, 10), new DirtyCurve.Point(2, 9))))
                .hasMessageContaining("9.0");
    }
}
