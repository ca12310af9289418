package io.godwit.control.alarm;

import io.godwit.control.alarm.Alarm.Kind;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tells alarms from what a thread reads that does nothing else, at an interval that it is to keep. Not thread-safe.
 *
 * <p>A pause is a look that came too late, by a clock that nobody sets; whether the host was suspended is told by a clock
 * that stands still then. A step is the difference between how far the wall clock and the other went. The ledger's disk is
 * slow if an entry that was there at a look is not on disk long after.
 */
public final class AlarmDetector {
    /**
     * One look.
     *
     * @param bootMs {@code CLOCK_BOOTTIME}, which goes on while the host is suspended
     * @param monotonicMs {@code CLOCK_MONOTONIC}, which does not
     * @param writtenIndex the last entry of the ledger's log here; -1 where this host does not vote
     * @param flushedIndex the last one that is on its disk
     */
    public record Reading(long bootMs, long monotonicMs, long wallEpochMs, long writtenIndex, long flushedIndex) {}

    private static final long NOTHING = -1;

    private final long intervalMs;
    private final long limitMs;
    private @Nullable Reading before;
    private long awaitedIndex = NOTHING;
    private long awaitedSinceMs;

    /**
     * @param intervalMs at which it is looked
     * @param limitMs from which something is worth an alarm
     */
    public AlarmDetector(long intervalMs, long limitMs) {
        this.intervalMs = intervalMs;
        this.limitMs = limitMs;
    }

    public List<Alarm> look(Reading now) {
        List<Alarm> alarms = new ArrayList<>();
        Reading last = before;
        before = now;
        if (last != null) {
            pause(last, now, alarms);
            if (!alarms.isEmpty()) {
                awaitedIndex = NOTHING; // the disk may have been done long ago
            }
            step(last, now, alarms);
        }
        ledger(now, alarms);
        return alarms;
    }

    private void pause(Reading last, Reading now, List<Alarm> alarms) {
        long boot = now.bootMs() - last.bootMs();
        long awake = now.monotonicMs() - last.monotonicMs();
        if (boot - awake > limitMs) {
            alarms.add(new Alarm(Kind.HOST_SUSPENDED, now.wallEpochMs(), boot - awake));
        }
        if (awake - intervalMs > limitMs) {
            alarms.add(new Alarm(Kind.JVM_PAUSE, now.wallEpochMs(), awake - intervalMs));
        }
    }

    private void step(Reading last, Reading now, List<Alarm> alarms) {
        long step = now.wallEpochMs() - last.wallEpochMs() - (now.bootMs() - last.bootMs());
        if (Math.abs(step) > limitMs) {
            alarms.add(new Alarm(Kind.CLOCK_STEP, now.wallEpochMs(), step));
        }
    }

    /** Told when the entry is on disk at last; how long that took is known to the interval. */
    private void ledger(Reading now, List<Alarm> alarms) {
        if (awaitedIndex >= 0 && now.flushedIndex() >= awaitedIndex) {
            long tookMs = now.bootMs() - awaitedSinceMs;
            if (tookMs > limitMs) {
                alarms.add(new Alarm(Kind.LEDGER_SYNC, now.wallEpochMs(), tookMs));
            }
            awaitedIndex = NOTHING;
        } else if (awaitedIndex > now.writtenIndex()) {
            awaitedIndex = NOTHING; // a leader had other entries in their place
        }
        if (awaitedIndex < 0 && now.writtenIndex() > now.flushedIndex()) {
            awaitedIndex = now.writtenIndex();
            awaitedSinceMs = now.bootMs();
        }
    }
}
