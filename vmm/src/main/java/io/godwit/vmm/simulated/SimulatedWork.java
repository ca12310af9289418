package io.godwit.vmm.simulated;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.vmm.ComponentState;
import io.godwit.vmm.DirtyPages;
import io.godwit.vmm.state.StateReader;
import io.godwit.vmm.state.StateWriter;

/**
 * One vCPU's part of the workload. Fills its pages, then sweeps over its working set: checks each page against the
 * sequence number that it must have by now and writes the next one. Beside that it checks the pages that are only
 * filled. Where it is in its sweep is its whole state; all else follows from memory. Used by one thread at a time.
 */
final class SimulatedWork {
    static final int VERSION = 1;
    /** Pages per lease. */
    private static final int BATCH = 32;

    private final int vcpu;
    private final GuestMemory memory;
    private final DirtyPages dirtyPages;
    private final CounterPage counters;
    private final PageContent content = new PageContent();
    private final Part wss;
    private final Part rest;

    private long filled;
    /** Sequence number of the pages that the sweep has not reached yet. */
    private long sequence = 1;

    private volatile long written;
    private long cursor;
    private long checkCursor;

    SimulatedWork(
            int vcpu, int vcpus, Workload workload, GuestMemory memory, DirtyPages dirtyPages, CounterPage counters) {
        this.vcpu = vcpu;
        this.memory = memory;
        this.dirtyPages = dirtyPages;
        this.counters = counters;
        this.wss = Part.of(vcpu, workload.writersOf(vcpus), Workload.firstPage(), workload.wssPages());
        this.rest = Part.of(
                vcpu, vcpus, Workload.firstPage() + workload.wssPages(), workload.fillPages() - workload.wssPages());
    }

    boolean isFilled() {
        return filled == wss.pages + rest.pages;
    }

    /** Fills some pages. */
    void fill() {
        try (GuestMemory.Lease lease = memory.lease()) {
            long end = Math.min(filled + BATCH, wss.pages + rest.pages);
            while (filled < end) {
                long page = filled < wss.pages ? wss.first + filled : rest.first + (filled - wss.pages);
                write(lease, address(page), 1);
                filled++;
            }
            counters.beat(lease, vcpu, 0, 0);
        }
    }

    /**
     * Checks and writes some pages of the working set, at most {@code pages}, and checks as many others.
     *
     * @return pages written
     */
    int step(long pages) {
        int count = wss.pages == 0 ? 0 : (int) Math.min(Math.max(pages, 0), BATCH);
        int checks = rest.pages == 0 ? 0 : Math.max(count, 1);
        try (GuestMemory.Lease lease = memory.lease()) {
            for (int i = 0; i < count; i++) {
                long address = address(wss.first + cursor);
                check(lease, address, sequence);
                write(lease, address, sequence + 1);
                if (++cursor == wss.pages) {
                    cursor = 0;
                    sequence++;
                }
            }
            for (int i = 0; i < checks; i++) {
                check(lease, address(rest.first + checkCursor), 1);
                checkCursor = (checkCursor + 1) % rest.pages;
            }
            counters.beat(lease, vcpu, count, (long) count + checks);
        }
        return count;
    }

    private void check(GuestMemory.Lease lease, long address, long expected) {
        if (!content.isIntact(lease, address, expected)) {
            counters.error(lease, vcpu, address);
        }
    }

    /** Pages written so far. */
    long pagesWritten() {
        return written;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes
    private void write(GuestMemory.Lease lease, long address, long number) {
        written++;
        content.write(lease, address, number);
        dirtyPages.mark(address, GuestLayout.PAGE_SIZE);
    }

    private long address(long page) {
        return memory.layout().guestAddress(page);
    }

    String id() {
        return "vcpu/" + vcpu;
    }

    ComponentState save() {
        StateWriter writer =
                new StateWriter().u64(filled).u64(sequence).u64(cursor).u64(checkCursor);
        return new ComponentState(id(), VERSION, writer.toBytes());
    }

    void restore(ComponentState state) {
        StateReader reader = StateReader.of(state);
        long newFilled = below(reader, "filled pages", wss.pages + rest.pages + 1);
        long newSequence = below(reader, "sequence", Long.MAX_VALUE);
        long newCursor = below(reader, "cursor", Math.max(wss.pages, 1));
        long newCheckCursor = below(reader, "check cursor", Math.max(rest.pages, 1));
        reader.end();
        filled = newFilled;
        sequence = newSequence;
        cursor = newCursor;
        checkCursor = newCheckCursor;
    }

    private static long below(StateReader reader, String field, long limit) {
        long value = reader.u64(field);
        if (value < 0 || value >= limit) {
            throw reader.refused(field + " is " + Long.toUnsignedString(value) + ", accepted are 0 to " + (limit - 1));
        }
        return value;
    }

    /** Consecutive pages of one vCPU. */
    private record Part(long first, long pages) {
        static Part of(int vcpu, int vcpus, long first, long pages) {
            long start = pages * Math.min(vcpu, vcpus) / vcpus;
            return new Part(first + start, pages * Math.min(vcpu + 1, vcpus) / vcpus - start);
        }
    }
}
