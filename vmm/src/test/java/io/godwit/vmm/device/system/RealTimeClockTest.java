package io.godwit.vmm.device.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.vmm.ComponentState;
import io.godwit.vmm.state.StateWriter;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RealTimeClockTest {
    /** A Saturday. */
    private Instant now = Instant.parse("2026-11-21T19:08:37.5Z");

    private final RealTimeClock clock = new RealTimeClock(() -> now);

    private static int read(RealTimeClock clock, int register) {
        clock.write(0, 1, register);
        return (int) clock.read(1, 1);
    }

    private static void write(RealTimeClock clock, int register, int value) {
        clock.write(0, 1, register);
        clock.write(1, 1, value);
    }

    private static String time(RealTimeClock clock) {
        return String.format(
                "%02x%02x-%02x-%02x %02x:%02x:%02x day %x",
                read(clock, 0x32),
                read(clock, 9),
                read(clock, 8),
                read(clock, 7),
                read(clock, 4),
                read(clock, 2),
                read(clock, 0),
                read(clock, 6));
    }

    @Test
    void shouldShowTheTimeInBcdAnd24Hours() {
        assertThat(time(clock)).isEqualTo("2026-11-21 19:08:37 day 7");
        assertThat(read(clock, 11)).as("register B: 24 hours, BCD").isEqualTo(0x02);
        assertThat(read(clock, 12)).as("register C: no interrupts").isZero();
        assertThat(read(clock, 13)).as("register D: valid").isEqualTo(0x80);
        now = Instant.parse("2026-11-22T00:00:00Z");
        assertThat(time(clock)).isEqualTo("2026-11-22 00:00:00 day 1");
    }

    @Test
    void shouldSayThatItUpdatesJustBeforeEachSecond() {
        assertThat(read(clock, 10)).isEqualTo(0x26);
        now = Instant.parse("2026-11-21T19:08:37.998Z");
        assertThat(read(clock, 10)).isEqualTo(0xa6);
    }

    @Test
    void shouldStandStillWhileItIsSetAndGoOnFromThere() {
        write(clock, 11, 0x82);
        assertThat(read(clock, 11)).isEqualTo(0x82);
        int[][] newYear = {{0x32, 0x19}, {9, 0x99}, {8, 0x12}, {7, 0x31}, {4, 0x23}, {2, 0x59}, {0, 0x58}};
        for (int[] registerAndValue : newYear) {
            write(clock, registerAndValue[0], registerAndValue[1]);
        }
        now = now.plus(Duration.ofHours(1));
        assertThat(time(clock)).isEqualTo("1999-12-31 23:59:58 day 7");
        write(clock, 11, 0x02);
        assertThat(time(clock)).isEqualTo("1999-12-31 23:59:58 day 6");
        now = now.plusSeconds(2);
        assertThat(time(clock)).isEqualTo("2000-01-01 00:00:00 day 7");
    }

    @Test
    void shouldTakeAFieldWithoutStoppingAndRefuseWhatIsNoTime() {
        write(clock, 4, 0x07);
        assertThat(time(clock)).isEqualTo("2026-11-21 07:08:37 day 7");
        write(clock, 4, 0x24);
        write(clock, 8, 0x1a);
        write(clock, 7, 0x31);
        assertThat(time(clock)).as("no hour 24, no month 0x1a, no November 31").isEqualTo("2026-11-21 07:08:37 day 7");
    }

    @Test
    void shouldKeepItsMemoryItsIndexAndItsTimeAcrossSavingAndAReset() {
        write(clock, 0x0f, 0x0a);
        write(clock, 9, 0x30);
        clock.write(0, 1, 0x8f);
        RealTimeClock restored = new RealTimeClock(() -> now);
        restored.restore(clock.save());
        assertThat(restored.read(1, 1)).as("the index, without its NMI bit").isEqualTo(0x0a);
        assertThat(time(restored)).isEqualTo("2030-11-21 19:08:37 day 5");
        restored.reset();
        assertThat(read(restored, 0x0f)).isEqualTo(0x0a);
        assertThat(time(restored)).isEqualTo("2030-11-21 19:08:37 day 5");
    }

    @Test
    void shouldRefuseStatesThatCannotBe() {
        assertRefused(128, 0, "rtc: index is 128, accepted are 0 to 127");
        assertRefused(
                0, Long.MIN_VALUE, "rtc: offset is -9223372036854775808 s, accepted are -316224000000 to 316224000000");
    }

    private void assertRefused(int index, long offsetS, String message) {
        byte[] bytes =
                new StateWriter().u8(index).raw(new byte[128]).u64(offsetS).toBytes();
        assertThatThrownBy(() -> clock.restore(new ComponentState(RealTimeClock.ID, 1, bytes)))
                .hasMessage(message);
    }
}
