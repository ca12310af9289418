package io.godwit.vmm.simulated;

import io.godwit.kvm.memory.GuestMemory;
import io.godwit.vmm.DirtyPages;

/**
 * The probe guest's counters, at the same guest-physical address and with the same layout, so that the same tools watch
 * both. Each vCPU writes its own block; the counters themselves are guest memory and move with it.
 */
final class CounterPage {
    static final long BASE = 0x10000;
    private static final long MAGIC = 0x4250_5449_5744_4f47L;
    private static final int VERSION = 1;
    private static final int BLOCK_BYTES = 64;

    private static final int HEARTBEAT = 0;
    private static final int PAGES_WRITTEN = 8;
    private static final int PAGES_CHECKED = 16;
    private static final int ERRORS = 24;
    private static final int LAST_TSC = 32;

    private final GuestMemory memory;
    private final DirtyPages dirtyPages;
    private final int vcpus;

    CounterPage(GuestMemory memory, DirtyPages dirtyPages, int vcpus) {
        this.memory = memory;
        this.dirtyPages = dirtyPages;
        this.vcpus = vcpus;
    }

    void reset(Workload workload, long pageBytes) {
        try (GuestMemory.Lease lease = memory.lease()) {
            lease.zero(BASE, (long) BLOCK_BYTES * (1 + vcpus));
            lease.putInt(BASE + 8, VERSION);
            lease.putInt(BASE + 12, vcpus);
            lease.putLong(BASE + 16, workload.wssPages() * pageBytes);
            lease.putLong(BASE + 24, workload.rateBytesPerSecond());
            lease.putLong(BASE + 32, workload.fillPages() * pageBytes);
            lease.putInt(BASE + 52, vcpus);
            lease.putLong(BASE, MAGIC);
        }
        dirtyPages.mark(BASE, (long) BLOCK_BYTES * (1 + vcpus));
    }

    void setReady(GuestMemory.Lease lease) {
        lease.putInt(BASE + 48, 1);
        dirtyPages.mark(BASE, BLOCK_BYTES);
    }

    /** One beat of a vCPU's heart, with what it did since the last. */
    void beat(GuestMemory.Lease lease, int vcpu, long written, long checked) {
        long block = block(vcpu);
        add(lease, block + HEARTBEAT, 1);
        add(lease, block + PAGES_WRITTEN, written);
        add(lease, block + PAGES_CHECKED, checked);
        lease.putLong(block + LAST_TSC, System.nanoTime());
        dirtyPages.mark(block, BLOCK_BYTES);
    }

    void error(GuestMemory.Lease lease, int vcpu, long guestAddress) {
        add(lease, block(vcpu) + ERRORS, 1);
        if (lease.getLong(BASE + 40) == 0) {
            lease.putLong(BASE + 40, guestAddress);
        }
        dirtyPages.mark(BASE, (long) BLOCK_BYTES * (2 + vcpu));
    }

    private static void add(GuestMemory.Lease lease, long address, long value) {
        lease.putLong(address, lease.getLong(address) + value);
    }

    private static long block(int vcpu) {
        return BASE + (long) BLOCK_BYTES * (1 + vcpu);
    }
}
