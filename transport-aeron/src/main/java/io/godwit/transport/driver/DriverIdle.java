package io.godwit.transport.driver;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;

/**
 * How the driver's thread waits: in long sleeps while no stream is open, so that an idle node costs next to nothing,
 * and in short ones while there is one. Opening a stream ends a long sleep at once.
 */
final class DriverIdle {
    private static final long ASLEEP_PARK_NS = TimeUnit.MILLISECONDS.toNanos(50);
    /** A closed stream's last bytes are still sent and its end answered. */
    private static final long AWAKE_AFTER_LAST_STREAM_NS = TimeUnit.SECONDS.toNanos(1);

    private static final int SPINS = 10;
    private static final int YIELDS = 20;
    private static final long MIN_PARK_NS = 1_000;
    private static final long MAX_PARK_NS = 100_000;

    private final IdleStrategy awake = new BackoffIdleStrategy(SPINS, YIELDS, MIN_PARK_NS, MAX_PARK_NS);
    private final AtomicInteger streams = new AtomicInteger();
    private volatile long lastStreamClosedNs = System.nanoTime() - AWAKE_AFTER_LAST_STREAM_NS;
    private volatile long unusedSinceNs = System.nanoTime();
    private volatile Thread sleeper = Thread.currentThread();

    void runBy(final Thread thread) {
        sleeper = thread;
    }

    void streamOpened() {
        streams.incrementAndGet();
        LockSupport.unpark(sleeper);
    }

    void streamClosed() {
        lastStreamClosedNs = System.nanoTime();
        unusedSinceNs = lastStreamClosedNs;
        streams.decrementAndGet();
    }

    int openStreams() {
        return streams.get();
    }

    /** How long no stream has been open, since the start at most; 0 while one is. */
    long idleForNs() {
        return streams.get() > 0 ? 0 : System.nanoTime() - unusedSinceNs;
    }

    void idle(final int workCount) {
        if (streams.get() > 0 || System.nanoTime() - lastStreamClosedNs < AWAKE_AFTER_LAST_STREAM_NS) {
            awake.idle(workCount);
        } else if (workCount <= 0) {
            LockSupport.parkNanos(ASLEEP_PARK_NS);
        }
    }
}
