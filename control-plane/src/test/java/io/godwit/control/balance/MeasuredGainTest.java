package io.godwit.control.balance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.godwit.control.inventory.Host;
import io.godwit.control.inventory.Inventory;
import io.godwit.control.inventory.Load;
import io.godwit.control.inventory.Vm;
import java.util.List;
import org.junit.jupiter.api.Test;

class MeasuredGainTest {
    private static final long GIB = 1L << 30;

    private static Inventory with(String host) {
        return Inventory.of(
                List.of(Host.of("a", 8 * GIB, 8), Host.of("b", 8 * GIB, 8)),
                List.of(
                        Vm.of("db", host, 4 * GIB, 4, new Load(4, 0, true)),
                        Vm.of("web", "a", 4 * GIB, 4, new Load(4, 0, true))),
                List.of());
    }

    @Test
    void shouldCompareWhatIsWithWhatWouldBe() {
        double gained = Planner.imbalance(with("a"), Measure.LOAD) - Planner.imbalance(with("b"), Measure.LOAD);

        assertThat(MeasuredGain.of("db", "a", "b", with("b")))
                .isEqualTo(gained, within(1e-9))
                .isGreaterThan(0.3);
        assertThat(MeasuredGain.of("db", "b", "a", with("b")))
                .as("had it gone the other way")
                .isEqualTo(-gained);
    }

    @Test
    void shouldSayNothingOfWhatIsGone() {
        assertThat(MeasuredGain.of("cache", "a", "b", with("b"))).isZero();
        assertThat(MeasuredGain.of("db", "a", "c", with("b"))).isZero();
    }
}
