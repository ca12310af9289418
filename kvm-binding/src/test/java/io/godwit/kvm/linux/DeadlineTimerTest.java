package io.godwit.kvm.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DeadlineTimerTest {
    @Test
    void shouldReadAClockThatGoesOnAndIsThatOfTheKernel() throws Exception {
        long before = BoottimeClock.nowNs();
        // proc(5): seconds since boot, suspension included, two decimals
        String uptime = Files.readString(Path.of("/proc/uptime"));
        long kernelNs = (long) (Double.parseDouble(uptime.substring(0, uptime.indexOf(' '))) * 1e9);
        long after = BoottimeClock.nowNs();
        assertThat(kernelNs).isBetween(before - TimeUnit.MILLISECONDS.toNanos(20), after);
        assertThat(after).isGreaterThan(before);
    }

    @Test
    void shouldRefuseWhatIsClosedOrNoInstant() {
        KickSignal.install();
        KickSignal.blockOnThisThread();
        DeadlineTimer timer = DeadlineTimer.ofThisThread("test");
        assertThatThrownBy(() -> timer.arm(-5)).hasMessage("deadline -5 ns of test; accepted is 0 or more");
        timer.arm(BoottimeClock.nowNs() + TimeUnit.HOURS.toNanos(1));
        timer.close();
        timer.close();
        assertThatThrownBy(() -> timer.arm(DeadlineTimer.FOREVER))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the deadline timer of test is closed");
    }
}
