package io.godwit.kvm;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The guest's clock ({@code struct kvm_clock_data}) with what the host's clocks showed at the same moment.
 *
 * @param clockNanos kvmclock
 * @param realtimeNanos the host's wall clock, valid with {@link #hasRealtime()}
 * @param hostTsc the host's time stamp counter, valid with {@link #hasHostTsc()}
 */
record VmClock(long clockNanos, int flags, long realtimeNanos, long hostTsc) {
    static final int BYTES = 48;

    private static final int REALTIME = 1 << 2;
    private static final int HOST_TSC = 1 << 3;

    boolean hasRealtime() {
        return (flags & REALTIME) != 0;
    }

    boolean hasHostTsc() {
        return (flags & HOST_TSC) != 0;
    }

    static VmClock fromNative(DirectBuffer struct) {
        return new VmClock(struct.getLong(0), struct.getInt(8), struct.getLong(16), struct.getLong(24));
    }

    /** @param supportedFlags what KVM_CAP_ADJUST_CLOCK tells: with REALTIME the clock catches up with time in transit */
    void toNative(MutableDirectBuffer struct, int supportedFlags) {
        boolean catchUp = hasRealtime() && (supportedFlags & REALTIME) != 0;
        struct.putLong(0, clockNanos);
        struct.putInt(8, catchUp ? REALTIME : 0);
        struct.putLong(16, catchUp ? realtimeNanos : 0);
    }
}
