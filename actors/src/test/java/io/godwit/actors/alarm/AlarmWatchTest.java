package io.godwit.actors.alarm;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.actors.alarm.AlarmWatch.LogPosition;
import io.godwit.control.alarm.Alarm;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class AlarmWatchTest {
    @Test
    void shouldTellThatItsThreadStoodStillAndThatTheLedgersDiskWasSlow() {
        List<Alarm> told = new CopyOnWriteArrayList<>();
        AtomicBoolean stall = new AtomicBoolean();
        AtomicInteger flushed = new AtomicInteger(5);
        AtomicInteger looks = new AtomicInteger();
        try (AlarmWatch watch = AlarmWatch.start(() -> {
            looks.incrementAndGet();
            if (stall.getAndSet(false)) {
                long untilNs = System.nanoTime() + SECONDS.toNanos(3);
                while (System.nanoTime() < untilNs) {
                    LockSupport.parkNanos(10_000_000);
                }
            }
            return new LogPosition(6, flushed.get());
        })) {
            watch.onRaised(told::add);
            await().atMost(10, SECONDS).until(() -> looks.get() > 0); // a stop is noticed between two looks
            assertThat(watch.list()).isEmpty();
            stall.set(true);
            await().atMost(20, SECONDS).until(() -> kinds(told).contains(Alarm.Kind.JVM_PAUSE));
            int fromThen = looks.get();
            await().atMost(20, SECONDS).until(() -> looks.get() >= fromThen + 4);
            flushed.set(6);
            await().atMost(20, SECONDS).until(() -> kinds(told).contains(Alarm.Kind.LEDGER_SYNC));

            assertThat(told).anyMatch(alarm -> alarm.kind() == Alarm.Kind.JVM_PAUSE && alarm.valueMs() >= 2_000);
            assertThat(kinds(watch.list())).contains(Alarm.Kind.JVM_PAUSE, Alarm.Kind.LEDGER_SYNC);
        }
    }

    private static List<Alarm.Kind> kinds(List<Alarm> alarms) {
        return alarms.stream().map(Alarm::kind).toList();
    }
}
