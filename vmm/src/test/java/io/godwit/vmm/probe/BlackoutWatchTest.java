package io.godwit.vmm.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
@Timeout(60)
class BlackoutWatchTest {
    private static final long MIB = 1 << 20;
    private static final long PID = ProcessHandle.current().pid();
    private static final GuestMemoryFile MOVING = GuestMemoryFile.ofGodwit(PID, "moving");

    /** Lets the heart beat for a while; returns the last beat. */
    private static long beatFor(FakeGuestMemory memory, long from, long durationMs) {
        long end = System.nanoTime() + durationMs * 1_000_000;
        long beat = from;
        while (System.nanoTime() < end) {
            memory.beat(++beat);
        }
        return beat;
    }

    private static void standStillFor(long durationMs) {
        long end = System.nanoTime() + durationMs * 1_000_000;
        while (System.nanoTime() < end) {
            Thread.onSpinWait();
        }
    }

    @Test
    void shouldMeasureAHandoverToAMemoryThatAppearsMeanwhile() throws Exception {
        try (FakeGuestMemory source = new FakeGuestMemory("godwit:moving", MIB)) {
            source.beat(1);
            try (BlackoutWatch watch = BlackoutWatch.start(MOVING, MOVING, BlackoutWatch.BUSY);
                    FakeGuestMemory target = new FakeGuestMemory("godwit:moving", MIB)) {
                target.beat(beatFor(source, 1, 100) - 50);
                long last = beatFor(source, 1_000_000_000, 50);
                long stoppedNs = System.nanoTime();
                standStillFor(20);
                target.beat(last);
                standStillFor(20);
                long movedNs = System.nanoTime() - stoppedNs;
                beatFor(target, last, 20);

                assertThat(watch.awaitHandover(Duration.ofSeconds(20))).isTrue();
                Blackout blackout = watch.stop();
                Blackout.Silence handover = blackout.handover().orElseThrow();
                assertThat(handover.atMostNs()).as("%s", blackout).isGreaterThanOrEqualTo(movedNs);
                assertThat(handover.atLeastNs())
                        .as("what was seen, but for readings not made: %s", blackout)
                        .isGreaterThanOrEqualTo(movedNs - 3 * blackout.longestPollGapNs());
                assertThat(blackout.longest().atLeastNs()).isGreaterThanOrEqualTo(handover.atLeastNs());
            }
        }
    }

    @Test
    void shouldNotSeeAHandoverWhereThereIsOnlyACopy() throws Exception {
        try (FakeGuestMemory source = new FakeGuestMemory("godwit:moving", MIB);
                FakeGuestMemory target = new FakeGuestMemory("godwit:moving", MIB)) {
            source.beat(10);
            try (BlackoutWatch watch = BlackoutWatch.start(MOVING, MOVING, Duration.ofNanos(20_000))) {
                target.beat(beatFor(source, 10, 50));
                assertThat(watch.awaitHandover(Duration.ofMillis(50))).isFalse();
                assertThat(watch.stop().handover()).isEmpty();
            }
        }
    }

    @Test
    void shouldSayThatTheMemoryBecameUnreadable() throws Exception {
        try (FakeGuestMemory source = new FakeGuestMemory("godwit:moving", MIB);
                BlackoutWatch watch = BlackoutWatch.start(MOVING, MOVING, BlackoutWatch.BUSY)) {
            source.truncate(0);
            assertThat(watch.awaitHandover(Duration.ofMillis(50))).isFalse();
            assertThatThrownBy(watch::stop).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void shouldRefuseASourceThatIsNotThere() throws IOException {
        GuestMemoryFile absent = GuestMemoryFile.ofGodwit(PID, "absent");
        assertThatThrownBy(() -> BlackoutWatch.start(absent, absent, BlackoutWatch.BUSY))
                .isInstanceOf(NoSuchElementException.class);
    }
}
