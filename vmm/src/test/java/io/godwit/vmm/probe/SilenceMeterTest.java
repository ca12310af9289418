package io.godwit.vmm.probe;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.vmm.probe.Blackout.Silence;
import org.junit.jupiter.api.Test;

class SilenceMeterTest {
    private final SilenceMeter meter = new SilenceMeter(100, 0, 1);

    @Test
    void shouldBoundASilenceByTheReadingsAroundIt() {
        meter.reading(0, 101, 10, 11);
        meter.reading(0, 101, 20, 21);
        meter.reading(0, 101, 30, 31);
        meter.reading(0, 102, 40, 41);
        assertThat(meter.result().longest()).isEqualTo(new Silence(30 - 11, 41 - 0));
    }

    @Test
    void shouldNotTakeACopiedHeartbeatForARunningGuest() {
        meter.reading(0, 200, 10, 11);
        meter.reading(150, 200, 20, 21);
        meter.reading(200, 200, 30, 31);
        meter.reading(200, 200, 40, 41);
        assertThat(meter.isAtTarget()).isFalse();
        meter.reading(201, 200, 50, 51);
        assertThat(meter.isAtTarget()).isTrue();
        assertThat(meter.result().handover()).contains(new Silence(40 - 11, 51 - 0));
    }

    @Test
    void shouldTellTheHandoverFromALongerStallBefore() {
        meter.reading(0, 101, 10, 11);
        meter.reading(0, 101, 1000, 1001);
        meter.reading(0, 102, 1010, 1011);
        meter.reading(0, 102, 1020, 1021);
        meter.reading(103, 102, 1030, 1031);
        Blackout blackout = meter.result();
        assertThat(blackout.longest().atLeastNs()).isEqualTo(1000 - 11);
        assertThat(blackout.handover()).contains(new Silence(1020 - 1011, 1031 - 1000));
    }

    @Test
    void shouldCountASilenceThatNeverEnds() {
        meter.reading(0, 101, 10, 11);
        meter.reading(0, 101, 5000, 5001);
        Blackout blackout = meter.result();
        assertThat(blackout.longest().atLeastNs()).isEqualTo(5000 - 11);
        assertThat(blackout.handover()).isEmpty();
    }

    @Test
    void shouldSayHowLongItDidNotLook() {
        meter.reading(0, 101, 10, 11);
        meter.reading(0, 102, 411, 412);
        meter.reading(0, 103, 420, 421);
        Blackout blackout = meter.result();
        assertThat(blackout.longestPollGapNs()).isEqualTo(401);
        assertThat(blackout.longest()).as("it may have run all the time").isEqualTo(new Silence(0, 412));
        assertThat(blackout.polls()).isEqualTo(3);
    }
}
