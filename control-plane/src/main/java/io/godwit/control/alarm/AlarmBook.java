package io.godwit.control.alarm;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** The last alarms of a host, so many and for so long: what is not repeated is over. Thread-safe. */
public final class AlarmBook {
    public static final int MOST = 50;
    public static final long KEPT_MS = 15 * 60_000;

    private record Entry(Alarm alarm, long raisedAtMs) {}

    private final Deque<Entry> entries = new ArrayDeque<>();

    /** @param nowMs of a clock that nobody sets */
    public synchronized void raise(Alarm alarm, long nowMs) {
        entries.addLast(new Entry(alarm, nowMs));
        if (entries.size() > MOST) {
            entries.removeFirst();
        }
    }

    /** Newest first. */
    public synchronized List<Alarm> list(long nowMs) {
        entries.removeIf(entry -> nowMs - entry.raisedAtMs() >= KEPT_MS);
        List<Alarm> alarms = new ArrayList<>();
        entries.descendingIterator().forEachRemaining(entry -> alarms.add(entry.alarm()));
        return alarms;
    }
}
