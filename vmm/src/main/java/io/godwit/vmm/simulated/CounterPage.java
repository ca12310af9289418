package io.godwit.vmm.simulated;

import io.godwit.kvm.memory.GuestMemory;
import io.godwit.vmm.DirtyPages;
import io.godwit.vmm.probe.ProbeLayout;

/**
 * The probe guest's counters, in the same place and layout, so that the same tools watch both. Each vCPU writes its own
 * block, as far as the layout has one for it; the counters themselves are guest memory and move with it.
 */
final class CounterPage {
    private final GuestMemory memory;
    private final DirtyPages dirtyPages;
    private final int vcpus;

    CounterPage(GuestMemory memory, DirtyPages dirtyPages, int vcpus) {
        this.memory = memory;
        this.dirtyPages = dirtyPages;
        this.vcpus = Math.min(vcpus, ProbeLayout.MAX_VCPUS);
    }

    void reset(Workload workload) {
        long base = ProbeLayout.COUNTERS_ADDRESS;
        try (GuestMemory.Lease lease = memory.lease()) {
            lease.zero(base, ProbeLayout.COUNTERS_BYTES);
            lease.putInt(base + ProbeLayout.VERSION_AND_VCPUS, ProbeLayout.VERSION);
            lease.putInt(base + ProbeLayout.VERSION_AND_VCPUS + 4, vcpus);
            lease.putLong(base + ProbeLayout.WSS_BYTES, workload.wssPages() * ProbeLayout.PAGE_BYTES);
            lease.putLong(base + ProbeLayout.RATE, workload.rateBytesPerSecond());
            lease.putLong(base + ProbeLayout.FILL_BYTES, workload.fillPages() * ProbeLayout.PAGE_BYTES);
            lease.putInt(base + ProbeLayout.READY_AND_STARTED + 4, vcpus);
            lease.putLong(base, ProbeLayout.MAGIC);
        }
        dirtyPages.mark(base, ProbeLayout.COUNTERS_BYTES);
    }

    void setReady(GuestMemory.Lease lease) {
        lease.putInt(ProbeLayout.COUNTERS_ADDRESS + ProbeLayout.READY_AND_STARTED, 1);
        dirtyPages.mark(ProbeLayout.COUNTERS_ADDRESS, ProbeLayout.BLOCK_BYTES);
    }

    /** One beat of a vCPU's heart, with what it did since the last. */
    void beat(GuestMemory.Lease lease, int vcpu, long written, long checked) {
        if (vcpu < vcpus) {
            long block = ProbeLayout.blockAddress(vcpu);
            add(lease, block + ProbeLayout.HEARTBEAT, 1);
            add(lease, block + ProbeLayout.PAGES_WRITTEN, written);
            add(lease, block + ProbeLayout.PAGES_CHECKED, checked);
            lease.putLong(block + ProbeLayout.LAST_TSC, System.nanoTime());
            dirtyPages.mark(block, ProbeLayout.BLOCK_BYTES);
        }
    }

    void error(GuestMemory.Lease lease, int vcpu, long guestAddress) {
        long block = ProbeLayout.blockAddress(Math.min(vcpu, vcpus - 1));
        add(lease, block + ProbeLayout.ERRORS, 1);
        long first = ProbeLayout.COUNTERS_ADDRESS + ProbeLayout.FIRST_ERROR_ADDRESS;
        if (lease.getLong(first) == 0) {
            lease.putLong(first, guestAddress);
        }
        dirtyPages.mark(ProbeLayout.COUNTERS_ADDRESS, ProbeLayout.COUNTERS_BYTES);
    }

    private static void add(GuestMemory.Lease lease, long address, long value) {
        lease.putLong(address, lease.getLong(address) + value);
    }
}
