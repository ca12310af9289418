package io.godwit.control.alarm;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.control.alarm.Alarm.Kind;
import io.godwit.control.alarm.AlarmDetector.Reading;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AlarmDetectorTest {
    private static final long INTERVAL_MS = 250;
    private static final long LIMIT_MS = 1_000;

    private final AlarmDetector detector = new AlarmDetector(INTERVAL_MS, LIMIT_MS);
    private long bootMs = 500_000;
    private long monotonicMs = 400_000;
    private long wallMs = 1_700_000_000_000L;

    @Test
    void shouldSayNothingOfLooksThatAreALittleLate() {
        Random random = new Random(1);
        for (int i = 0; i < 1_000; i++) {
            assertThat(after(INTERVAL_MS + random.nextInt((int) LIMIT_MS))).isEmpty();
        }
    }

    @Test
    void shouldTellAPauseOfTheJvmWithItsLength() {
        after(INTERVAL_MS);
        assertThat(after(INTERVAL_MS + 4_321)).containsExactly(new Alarm(Kind.JVM_PAUSE, wallMs, 4_321));
        assertThat(after(INTERVAL_MS)).as("told once").isEmpty();
    }

    @Test
    void shouldTellASuspendedHostFromAPausedJvm() {
        after(INTERVAL_MS);
        bootMs += 60_000;
        wallMs += 60_000;
        assertThat(after(INTERVAL_MS)).containsExactly(new Alarm(Kind.HOST_SUSPENDED, wallMs, 60_000));
    }

    @Test
    void shouldTellAStepOfTheWallClockInEitherDirection() {
        after(INTERVAL_MS);
        wallMs += 3_600_000;
        assertThat(after(INTERVAL_MS)).containsExactly(new Alarm(Kind.CLOCK_STEP, wallMs, 3_600_000));
        wallMs -= 5_000;
        assertThat(after(INTERVAL_MS)).containsExactly(new Alarm(Kind.CLOCK_STEP, wallMs, -5_000));
        wallMs += 900;
        assertThat(after(INTERVAL_MS)).as("slewed").isEmpty();
    }

    @Test
    void shouldTellThatTheLedgersDiskIsSlowOnceTheEntryIsOnIt() {
        assertThat(look(INTERVAL_MS, 10, 9)).isEmpty();
        for (int i = 0; i < 8; i++) {
            assertThat(look(INTERVAL_MS, 12, 9)).isEmpty();
        }
        assertThat(look(INTERVAL_MS, 12, 10)).containsExactly(new Alarm(Kind.LEDGER_SYNC, wallMs, 9 * INTERVAL_MS));
    }

    @Test
    void shouldNotTakeABusyLedgerForASlowOne() {
        for (int i = 0; i < 100; i++) {
            assertThat(look(INTERVAL_MS, 10 + i, 9 + i)).isEmpty();
        }
    }

    @Test
    void shouldNotTakeAPauseOfTheJvmForASlowDisk() {
        look(INTERVAL_MS, 10, 9);
        assertThat(look(INTERVAL_MS + 5_000, 10, 10)).containsExactly(new Alarm(Kind.JVM_PAUSE, wallMs, 5_000));
    }

    @Test
    void shouldNotWaitForEntriesThatALeaderTookBack() {
        look(INTERVAL_MS, 20, 9);
        look(INTERVAL_MS, 9, 9);
        for (int i = 0; i < 20; i++) {
            assertThat(look(INTERVAL_MS, 9, 9)).isEmpty();
        }
        assertThat(look(INTERVAL_MS, 21, 21)).isEmpty();
    }

    @Test
    void shouldKeepSoManyAlarmsForSoLong() {
        AlarmBook book = new AlarmBook();
        for (int i = 0; i < AlarmBook.MOST + 10; i++) {
            book.raise(new Alarm(Kind.JVM_PAUSE, i, 2_000), i);
        }
        assertThat(book.list(100)).hasSize(AlarmBook.MOST);
        assertThat(book.list(100).get(0).atEpochMs()).isEqualTo(AlarmBook.MOST + 9);
        assertThat(book.list(AlarmBook.KEPT_MS + 20)).hasSize(AlarmBook.MOST - 11);
        assertThat(book.list(2 * AlarmBook.KEPT_MS)).isEmpty();
    }

    private List<Alarm> after(long ms) {
        return look(ms, -1, -1);
    }

    private List<Alarm> look(long ms, long written, long flushed) {
        bootMs += ms;
        monotonicMs += ms;
        wallMs += ms;
        return detector.look(new Reading(bootMs, monotonicMs, wallMs, written, flushed));
    }
}
