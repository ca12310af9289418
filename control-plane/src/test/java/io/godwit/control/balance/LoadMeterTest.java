package io.godwit.control.balance;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.control.balance.LoadMeter.Sample;
import io.godwit.control.inventory.Load;
import io.godwit.control.ledger.HostIdentity;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LoadMeterTest {
    private static final HostIdentity A = new HostIdentity("a", "1");
    private static final HostIdentity B = new HostIdentity("b", "1");

    private final LoadMeter meter = new LoadMeter();

    private Load after(HostIdentity host, long cpuTimeMs, long nowMs) {
        return meter.after(Map.of(host, List.of(new Sample("db", cpuTimeMs * 1_000_000, 7))), nowMs)
                .get("db");
    }

    @Test
    void shouldKnowCoresFromTwoSamples() {
        assertThat(after(A, 500, 0)).isEqualTo(new Load(0, 7, false));
        assertThat(after(A, 15_500, 10_000)).isEqualTo(new Load(1.5, 7, true));
        assertThat(after(A, 15_500, 20_000)).isEqualTo(new Load(0, 7, true));
    }

    @Test
    void shouldNotJudgeByAMachineThatIsAnother() {
        after(A, 500, 0);
        after(A, 10_500, 10_000);

        assertThat(after(B, 100_000, 20_000)).as("it has moved").isEqualTo(new Load(1, 7, false));
        assertThat(after(B, 105_000, 30_000)).isEqualTo(new Load(0.5, 7, true));
        assertThat(after(B, 0, 40_000)).as("it was started anew").isEqualTo(new Load(0.5, 7, false));
    }

    @Test
    void shouldKeepWhatItKnowsForSamplesThatAreTooClose() {
        after(A, 0, 0);
        after(A, 10_000, 10_000);

        assertThat(after(A, 10_999, 10_999)).isEqualTo(new Load(1, 7, true));
        assertThat(after(A, 11_500, 11_000)).isEqualTo(new Load(1.5, 7, true));
    }

    @Test
    void shouldCallALoadOutdatedThatNobodySpokeOf() {
        after(A, 0, 0);
        after(A, 10_000, 10_000);

        assertThat(meter.after(Map.of(), 20_000)).containsEntry("db", new Load(1, 7, false));
        meter.retain(Set.of());
        assertThat(meter.after(Map.of(), 30_000)).isEmpty();
    }

    @Test
    void shouldTakeADirtyRateThatNobodyCanHaveForTheMostThereIs() {
        Load load = meter.after(Map.of(A, List.of(new Sample("db", 0, Long.MAX_VALUE))), 0)
                .get("db");

        assertThat(load.dirtyBytesPerSecond()).isEqualTo(1L << 40);
        assertThat(meter.after(Map.of(A, List.of(new Sample("db", 0, -1))), 0)
                        .get("db")
                        .dirtyBytesPerSecond())
                .isZero();
    }
}
