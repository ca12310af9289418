package io.godwit.kvm.linux;

import java.lang.ref.Reference;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A timer of the kernel on {@code CLOCK_BOOTTIME} that sends {@link KickSignal} to one thread (timer_create(2),
 * SIGEV_THREAD_ID): it ends that thread's {@code KVM_RUN} at an instant whatever the JVM's other threads do. Armed and
 * closed from any thread. Each takes one of the signals that a user may have queued ({@code RLIMIT_SIGPENDING}).
 */
public final class DeadlineTimer implements AutoCloseable {
    /** An instant that never comes. */
    public static final long FOREVER = Long.MAX_VALUE;

    private static final int SIGEV_THREAD_ID = 4;
    private static final int TIMER_ABSTIME = 1;
    private static final int SIGEVENT_BYTES = 64; // value 8, signal 4, notification 4, thread id 4, padding
    private static final int ITIMERSPEC_BYTES = 32; // interval and value, each seconds and ns
    private static final long SYS_TIMER_CREATE = 222;
    private static final long SYS_TIMER_SETTIME = 223;
    private static final long SYS_TIMER_DELETE = 226;
    private static final long NS_PER_S = 1_000_000_000;

    private final int id;
    private final String name;
    private final UnsafeBuffer setting = NativeBuffers.allocate(ITIMERSPEC_BYTES);
    private boolean closed;

    private DeadlineTimer(int id, String name) {
        this.id = id;
        this.name = name;
    }

    /**
     * A timer for the calling thread, which must have blocked the signal: {@link KickSignal#blockOnThisThread()}.
     *
     * @param name how errors speak of it
     * @throws SystemCallException with EAGAIN where {@code RLIMIT_SIGPENDING} allows no further timer
     */
    public static DeadlineTimer ofThisThread(String name) {
        UnsafeBuffer event = NativeBuffers.allocate(SIGEVENT_BYTES);
        event.putInt(8, KickSignal.NUMBER);
        event.putInt(12, SIGEV_THREAD_ID);
        event.putInt(16, KickSignal.currentThreadId());
        UnsafeBuffer id = NativeBuffers.allocate(Integer.BYTES);
        try {
            if (LibC.INSTANCE.syscall(SYS_TIMER_CREATE, BoottimeClock.ID, event.addressOffset(), id.addressOffset())
                    < 0) {
                throw new SystemCallException("timer_create", LibC.errno(), "CLOCK_BOOTTIME, " + name);
            }
            return new DeadlineTimer(id.getInt(0), name);
        } finally {
            Reference.reachabilityFence(event);
            Reference.reachabilityFence(id);
        }
    }

    /**
     * Kicks the thread at that instant, and no more at one that was set before; at once when it has passed.
     *
     * @param boottimeNs as of {@link BoottimeClock}, 0 or more; {@link #FOREVER} disarms
     * @throws IllegalStateException when closed
     */
    public synchronized void arm(long boottimeNs) {
        if (boottimeNs < 0) {
            throw new IllegalArgumentException("deadline " + boottimeNs + " ns of " + name + "; accepted is 0 or more");
        }
        if (closed) {
            throw new IllegalStateException("the deadline timer of " + name + " is closed");
        }
        // The kernel takes an instant of 0 for "disarm".
        long instantNs = boottimeNs == FOREVER ? 0 : Math.max(1, boottimeNs);
        setting.putLong(16, instantNs / NS_PER_S);
        setting.putLong(24, instantNs % NS_PER_S);
        if (LibC.INSTANCE.syscall(SYS_TIMER_SETTIME, id, TIMER_ABSTIME, setting.addressOffset(), 0) < 0) {
            throw new SystemCallException("timer_settime", LibC.errno(), name + ", " + boottimeNs + " ns");
        }
    }

    /** Idempotent. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            if (LibC.INSTANCE.syscall(SYS_TIMER_DELETE, id, 0, 0) < 0) {
                throw new SystemCallException("timer_delete", LibC.errno(), name);
            }
        }
    }
}
