package io.godwit.kvm.memory;

import io.godwit.kvm.linux.Errno;
import io.godwit.kvm.linux.Mapping;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.agrona.UnsafeApi;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which windows of a guest's memory have huge pages behind them. A memfd gets none by itself where the host's
 * {@code shmem_enabled} is {@code never}, as it is by default; asked for outright it does. Filling fresh memory costs a
 * third of the CPU time then, and the guest meets one fault where it met 512.
 */
final class HugePages {
    /** Asked for at once: the kernel empties every CPU's list of new pages first, and others wait meanwhile. */
    static final long WINDOW_BYTES = 16L << 20;

    private static final Logger LOG = LoggerFactory.getLogger(HugePages.class);
    private static final VarHandle STATES = MethodHandles.arrayElementVarHandle(int[].class);
    private static final int UNKNOWN = 0;
    private static final int HUGE = 1;
    private static final int SMALL = 2;

    private final String name;
    private final Mapping mapping;
    private final int[] states;

    /** Set by the first refusal that another attempt would only meet again. */
    private volatile boolean refused;

    HugePages(String name, Mapping mapping) {
        this.name = name;
        this.mapping = mapping;
        this.states = new int[(int) ((mapping.sizeBytes() + WINDOW_BYTES - 1) / WINDOW_BYTES)];
    }

    /** Whether huge pages are behind every window of a range, asked for now where nobody has. Under a lease. */
    boolean areBehind(long offset, long length) {
        for (int window = (int) (offset / WINDOW_BYTES); window * WINDOW_BYTES < offset + length; window++) {
            int state = (int) STATES.getAcquire(states, window);
            if ((state == UNKNOWN ? settle(window) : state) == SMALL) {
                return false;
            }
        }
        return true;
    }

    /** One thread asks; the others of the window wait, as filling it meanwhile would make the kernel give up. */
    private synchronized int settle(int window) {
        if (states[window] == UNKNOWN) {
            STATES.setRelease(states, window, !refused && collapse(window) ? HUGE : SMALL);
        }
        return states[window];
    }

    /** What is too small at the memory's end for a huge page stays as it is. */
    private boolean collapse(int window) {
        long start = window * WINDOW_BYTES;
        long end = Math.min(start + WINDOW_BYTES, mapping.sizeBytes()) & -Mapping.HUGE_PAGE_BYTES;
        if (end <= start) {
            return false;
        }
        for (long offset = start; offset < end; offset += Mapping.HUGE_PAGE_BYTES) {
            UnsafeApi.getLongVolatile(null, mapping.address() + offset); // a page of zeros, where there was none
        }
        int errno = mapping.collapse(start, end - start);
        if (errno != 0 && errno != Errno.EAGAIN && errno != Errno.EBUSY) {
            refused = true;
            LOG.info("{} has pages of 4 KiB: madvise MADV_COLLAPSE: {}", name, Errno.describe(errno));
        }
        return errno == 0;
    }
}
