package io.godwit.migration.convergence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class EstimatesTest {
    @Test
    void shouldForgetOldRatesByHalfEachHalfLife() {
        RateEstimate rate = new RateEstimate(1);
        assertThat(rate.isKnown()).isFalse();
        rate.add(100, 1);
        assertThat(rate.perSecond()).isEqualTo(100);
        rate.add(0, 1);
        assertThat(rate.perSecond()).isEqualTo(50 / 1.5, within(1e-9));
        rate.add(7, 0);
        assertThat(rate.perSecond()).isEqualTo(50 / 1.5, within(1e-9));
    }

    @Test
    void shouldNotTakeAMostlyEmptyVmForASlowLink() {
        BandwidthEstimate bandwidth = new BandwidthEstimate();
        long zeroBytes = 8_000_000_000L;
        bandwidth.addRound(100_000_000, zeroBytes, 1.1);
        assertThat(bandwidth.bytesPerSecond(0)).isEqualTo(1e9, within(1e3));
    }

    @Test
    void shouldNotLearnBandwidthFromRoundsThatMovedHardlyAnything() {
        BandwidthEstimate bandwidth = new BandwidthEstimate();
        bandwidth.addRound(4096, 0, 0.01);
        assertThat(bandwidth.bytesPerSecond(0)).isEqualTo(BandwidthEstimate.UNMEASURED_BYTES_PER_SECOND);
        bandwidth.addRound(1_000_000_000, 0, 0.5);
        assertThat(bandwidth.bytesPerSecond(0)).isEqualTo(2e9, within(1e3));
    }

    @Test
    void shouldExpectNoMoreThanTheOperatorAllows() {
        BandwidthEstimate bandwidth = new BandwidthEstimate();
        bandwidth.addRound(1_000_000_000, 0, 0.5);
        assertThat(bandwidth.bytesPerSecond(50_000_000)).isEqualTo(50e6);
    }

    @Test
    void shouldLearnWhatSwitchoversCost() {
        SwitchoverCost cost = new SwitchoverCost();
        for (int i = 0; i < 40; i++) {
            cost.observe(30, 24);
        }
        assertThat(cost.expectedMs()).isEqualTo(6, within(0.1));
    }

    @Test
    void shouldNotShutAHostOutForOneSlowSwitchover() {
        SwitchoverCost cost = new SwitchoverCost();
        cost.observe(607, 0);
        assertThat(cost.expectedMs()).isEqualTo(10 + 0.3 * 40, within(0.1));
        for (int i = 0; i < 20; i++) {
            cost.observe(607, 0);
        }
        assertThat(cost.expectedMs()).as("a host that is that slow").isEqualTo(607, within(30.0));
        for (int i = 0; i < 10; i++) {
            cost.begun();
        }
        assertThat(cost.expectedMs()).as("none was let happen since").isLessThan(300);
        for (int i = 0; i < 100; i++) {
            cost.begun();
        }
        assertThat(cost.expectedMs()).isEqualTo(10, within(0.1));
    }
}
