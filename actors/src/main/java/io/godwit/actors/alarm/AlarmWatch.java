package io.godwit.actors.alarm;

import io.godwit.control.alarm.Alarm;
import io.godwit.control.alarm.AlarmBook;
import io.godwit.control.alarm.AlarmDetector;
import io.godwit.control.alarm.AlarmDetector.Reading;
import io.godwit.kvm.linux.BoottimeClock;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A thread that does nothing else looks at the clocks, and at the ledger's log. It outlives actor systems. */
public final class AlarmWatch implements Alarms, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AlarmWatch.class);
    private static final long INTERVAL_MS = 500;
    private static final long LIMIT_MS = 1_000;

    /**
     * How far the ledger's log is here.
     *
     * @param writtenIndex of its last entry; -1 where this host does not vote
     * @param flushedIndex of the last one on its disk
     */
    public record LogPosition(long writtenIndex, long flushedIndex) {
        public static final LogPosition NONE = new LogPosition(-1, -1);
    }

    private final Supplier<LogPosition> log;
    private final AlarmBook book = new AlarmBook();
    private final AlarmDetector detector = new AlarmDetector(INTERVAL_MS, LIMIT_MS);
    private final CountDownLatch over = new CountDownLatch(1);
    private volatile Consumer<Alarm> listener = alarm -> {};

    private AlarmWatch(Supplier<LogPosition> log) {
        this.log = log;
    }

    /** @param log asked by the thread; must not block */
    public static AlarmWatch start(Supplier<LogPosition> log) {
        AlarmWatch watch = new AlarmWatch(log);
        Thread thread = new Thread(watch::run, "godwit-alarms");
        thread.setDaemon(true);
        thread.start();
        return watch;
    }

    private void run() {
        try {
            while (!over.await(INTERVAL_MS, TimeUnit.MILLISECONDS)) {
                detector.look(read()).forEach(this::raise);
            }
        } catch (InterruptedException ending) {
            Thread.currentThread().interrupt();
        }
    }

    private Reading read() {
        LogPosition position = log.get();
        return new Reading(
                BoottimeClock.nowMs(),
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime()),
                System.currentTimeMillis(),
                position.writtenIndex(),
                position.flushedIndex());
    }

    private void raise(Alarm alarm) {
        LOG.warn("{} of {} ms: {}", label(alarm), alarm.valueMs(), alarm.kind().meaning());
        book.raise(alarm, BoottimeClock.nowMs());
        try {
            listener.accept(alarm);
        } catch (RuntimeException gone) {
            LOG.debug("nobody was told of an alarm", gone);
        }
    }

    /** As operators read its kind. */
    static String label(Alarm alarm) {
        return alarm.kind().name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    @Override
    public List<Alarm> list() {
        return book.list(BoottimeClock.nowMs());
    }

    @Override
    public void onRaised(Consumer<Alarm> told) {
        listener = told;
    }

    @Override
    public void close() {
        over.countDown();
    }
}
