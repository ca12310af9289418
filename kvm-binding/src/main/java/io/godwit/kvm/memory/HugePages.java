package io.godwit.kvm.memory;

import io.godwit.kvm.linux.Errno;
import io.godwit.kvm.linux.Mapping;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import org.agrona.UnsafeApi;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which windows of a guest's memory have huge pages behind them. A memfd gets none by itself where the host's
 * {@code shmem_enabled} is {@code never}, as it is by default; asked for outright it does. Filling fresh memory costs a
 * third of the CPU time then, and the guest meets one fault where it met 512.
 *
 * <p>That is so where the host has huge pages at hand. One whose memory is in pieces moves others' pages about first, and
 * one that is itself a guest may have given its large pieces away: such a host is not asked again for this memory.
 */
final class HugePages {
    /** Asked for at once: the kernel empties every CPU's list of new pages first, and others wait meanwhile. */
    static final long WINDOW_BYTES = 16L << 20;

    private static final Logger LOG = LoggerFactory.getLogger(HugePages.class);
    private static final VarHandle STATES = MethodHandles.arrayElementVarHandle(int[].class);
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final int UNKNOWN = 0;
    private static final int HUGE = 1;
    private static final int SMALL = 2;

    private final String name;
    private final Mapping mapping;
    private final HugePageBudget budget;
    private final int[] states;

    /** Set by the first answer that another attempt would only meet again. */
    private volatile boolean refused;

    HugePages(String name, Mapping mapping, HugePageBudget budget) {
        this.name = name;
        this.mapping = mapping;
        this.budget = budget;
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
            STATES.setRelease(states, window, fill(window) ? HUGE : SMALL);
        }
        return states[window];
    }

    /** What is too small at the memory's end for a huge page stays as it is. */
    private boolean fill(int window) {
        long start = window * WINDOW_BYTES;
        long end = Math.min(start + WINDOW_BYTES, mapping.sizeBytes()) & -Mapping.HUGE_PAGE_BYTES;
        long offset = start;
        while (offset < end && !refused) {
            long length = budget.isProven() ? end - offset : Mapping.HUGE_PAGE_BYTES;
            if (!ask(offset, length)) {
                return false;
            }
            offset += length;
        }
        return offset == end && end > start;
    }

    private boolean ask(long start, long length) {
        long startedNs = THREADS.getCurrentThreadCpuTime();
        for (long offset = start; offset < start + length; offset += Mapping.HUGE_PAGE_BYTES) {
            UnsafeApi.getLongVolatile(null, mapping.address() + offset); // a page of zeros, where there was none
        }
        int errno = mapping.collapse(start, length);
        budget.spend(length, THREADS.getCurrentThreadCpuTime() - startedNs);
        if (errno != 0 && errno != Errno.EAGAIN && errno != Errno.EBUSY) {
            refuse("madvise MADV_COLLAPSE: " + Errno.describe(errno));
        } else if (budget.isExceeded()) {
            refuse("the host has none at hand: " + budget);
        }
        return errno == 0;
    }

    private void refuse(String why) {
        refused = true;
        LOG.info("{} gets no more huge pages, {}", name, why);
    }
}
