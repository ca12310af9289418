package io.godwit.kvm.linux;

import java.lang.ref.Reference;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The host's {@code CLOCK_BOOTTIME} (clock_gettime(2)): ns since boot. It is not set by anybody, and unlike
 * {@link System#nanoTime()} it goes on while the host is suspended. Instants of it mean nothing on another host.
 */
public final class BoottimeClock {
    /** CLOCK_BOOTTIME of linux/time.h. */
    static final int ID = 7;

    private static final ThreadLocal<UnsafeBuffer> TIMESPEC = ThreadLocal.withInitial(() -> NativeBuffers.allocate(16));

    private BoottimeClock() {}

    public static long nowMs() {
        return nowNs() / 1_000_000;
    }

    public static long nowNs() {
        UnsafeBuffer timespec = TIMESPEC.get();
        try {
            if (LibC.INSTANCE.clock_gettime(ID, timespec.addressOffset()) < 0) {
                throw new SystemCallException("clock_gettime", LibC.errno(), "CLOCK_BOOTTIME");
            }
            return timespec.getLong(0) * 1_000_000_000 + timespec.getLong(8);
        } finally {
            Reference.reachabilityFence(timespec);
        }
    }
}
