package io.godwit.kvm.linux;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Counts who is using a native resource, so that it is never released under a user (invariant I4). Taking and giving
 * back a lease is one atomic operation each. Nothing is counted once it is closed, so what is out can only become less.
 */
public final class LeaseCount {
    /** How long a close waits for leases before it gives the resource up as leaked. */
    public static final long CLOSE_TIMEOUT_MS = 5_000;

    private static final long CLOSED = 1L << 62;

    private final String resource;
    private final AtomicLong state = new AtomicLong();
    private volatile @Nullable Thread closer;

    /** @param resource how errors name what is leased */
    public LeaseCount(String resource) {
        this.resource = resource;
    }

    /** @throws IllegalStateException when the resource is closed, or being closed */
    public void acquire() {
        long before = state.get();
        while ((before & CLOSED) == 0) {
            if (state.compareAndSet(before, before + 1)) {
                return;
            }
            before = state.get();
        }
        throw new IllegalStateException(resource + " is closed");
    }

    public void release() {
        if (state.decrementAndGet() == CLOSED) {
            Thread waiting = closer;
            if (waiting != null) {
                LockSupport.unpark(waiting);
            }
        }
    }

    public boolean isClosed() {
        return (state.get() & CLOSED) != 0;
    }

    /** Leases not given back yet. */
    public long outstanding() {
        return state.get() & ~CLOSED;
    }

    /** Refuses new leases; whether this call was the one that closed. Whoever gets true awaits and releases. */
    public boolean close() {
        long before = state.get();
        while ((before & CLOSED) == 0) {
            if (state.compareAndSet(before, before | CLOSED)) {
                return true;
            }
            before = state.get();
        }
        return false;
    }

    /**
     * Waits for the leases that are out; only the thread that closed calls this. An interrupt does not shorten the
     * wait and is kept.
     *
     * @return false when the time ran out first
     */
    public boolean awaitReturned(long timeoutMs) {
        closer = Thread.currentThread();
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
        boolean interrupted = false;
        boolean returned = state.get() == CLOSED;
        while (!returned) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                break;
            }
            LockSupport.parkNanos(this, left);
            interrupted |= Thread.interrupted();
            returned = state.get() == CLOSED;
        }
        closer = null;
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return returned;
    }
}
