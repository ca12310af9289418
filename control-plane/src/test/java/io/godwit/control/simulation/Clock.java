package io.godwit.control.simulation;

import java.util.Comparator;
import java.util.PriorityQueue;

/** Virtual time: what is due happens in order, ties in the order of scheduling. */
final class Clock {
    private record Due(long atMs, long sequence, Runnable task) {}

    private final PriorityQueue<Due> queue =
            new PriorityQueue<>(Comparator.comparingLong(Due::atMs).thenComparingLong(Due::sequence));
    private long nowMs;
    private long scheduled;

    long nowMs() {
        return nowMs;
    }

    void after(long delayMs, Runnable task) {
        queue.add(new Due(nowMs + delayMs, scheduled++, task));
    }

    /** False when nothing is left to happen. */
    boolean step() {
        Due due = queue.poll();
        if (due == null) {
            return false;
        }
        nowMs = due.atMs;
        due.task.run();
        return true;
    }
}
