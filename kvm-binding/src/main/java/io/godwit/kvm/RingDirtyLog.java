package io.godwit.kvm;

import io.godwit.kvm.linux.Errno;
import io.godwit.kvm.memory.PageBitmap;
import java.util.List;

/**
 * The dirty rings of all vCPUs. A harvest holds every vCPU outside the guest while it empties the rings: what the CPU
 * has buffered is in them then. A vCPU whose ring is full empties it itself into {@code pending}, so it never waits for
 * a harvester to come by.
 */
final class RingDirtyLog implements DirtyLog {
    private static final int ENTRY_BYTES = 16;

    private final KvmVm vm;
    private final PageBitmap pending;
    private volatile boolean harvesting;
    private boolean enabled;
    private long fullExits;

    private RingDirtyLog(KvmVm vm) {
        this.vm = vm;
        this.pending = new PageBitmap(vm.memory().layout().pageCount());
    }

    static RingDirtyLog create(KvmVm vm, int entries) {
        long bytes = (long) entries * ENTRY_BYTES;
        boolean ordered = vm.check(KvmCapability.DIRTY_LOG_RING_ACQ_REL) > 0;
        KvmCapability capability = ordered ? KvmCapability.DIRTY_LOG_RING_ACQ_REL : KvmCapability.DIRTY_LOG_RING;
        int maxBytes = vm.check(capability);
        if (bytes > maxBytes || !vm.enable(capability, bytes)) {
            throw new KvmException(
                    KvmIoctl.KVM_ENABLE_CAP,
                    Errno.EINVAL,
                    "a dirty ring of " + entries + " entries; this host accepts up to " + maxBytes / ENTRY_BYTES);
        }
        return new RingDirtyLog(vm);
    }

    @Override
    public DirtyLogMechanism mechanism() {
        return DirtyLogMechanism.RING;
    }

    @Override
    public synchronized void enable() {
        if (!enabled) {
            vm.logDirtyPages(true);
            enabled = true;
        }
    }

    @Override
    public synchronized void disable() {
        if (enabled) {
            enabled = false;
            vm.logDirtyPages(false);
            emptyRings();
            pending.clearAll();
        }
    }

    @Override
    public synchronized boolean isEnabled() {
        return enabled;
    }

    @Override
    public synchronized long harvest(PageBitmap into) {
        if (!enabled) {
            throw new IllegalStateException("dirty logging of " + vm.name() + " is off");
        }
        emptyRings();
        into.or(pending);
        long found = pending.cardinality();
        pending.clearAll();
        return found;
    }

    /** Whether vCPUs have to stay outside the guest; if so, {@link #awaitHarvested}. */
    boolean isHarvesting() {
        return harvesting;
    }

    @SuppressWarnings("EmptyBlock")
    synchronized void awaitHarvested() {
        // The harvester holds the lock.
    }

    /** Empties the full ring of the calling thread's vCPU. */
    synchronized void drainFull(KvmVcpu vcpu) {
        fullExits++;
        if (collect(vcpu) == 0) {
            ringOf(vcpu).unstick(pending);
        }
        reset();
    }

    /** How often a vCPU had to stop because its ring was full. */
    synchronized long fullExits() {
        return fullExits;
    }

    /** How often a ring overflowed, so that all pages had to count as dirty. */
    synchronized long overflows() {
        return vm.vcpus().stream().mapToLong(vcpu -> ringOf(vcpu).overflows()).sum();
    }

    @Override
    public synchronized long[] pagesByVcpu() {
        return vm.vcpus().stream().mapToLong(vcpu -> ringOf(vcpu).collected()).toArray();
    }

    private void emptyRings() {
        harvesting = true;
        try {
            leaveGuestCode();
            vm.vcpus().forEach(this::collect);
            reset();
        } finally {
            harvesting = false;
        }
    }

    private void leaveGuestCode() {
        List<KvmVcpu> vcpus = vm.vcpus();
        long[] entries = new long[vcpus.size()];
        for (int i = 0; i < entries.length; i++) {
            entries[i] = vcpus.get(i).guestEntry();
            if ((entries[i] & 1) != 0) {
                vcpus.get(i).kick();
            }
        }
        for (int i = 0; i < entries.length; i++) {
            vcpus.get(i).awaitLeft(entries[i]);
        }
    }

    private int collect(KvmVcpu vcpu) {
        return ringOf(vcpu).collect(vm.memory().layout(), pending);
    }

    private void reset() {
        vm.file().call(KvmIoctl.KVM_RESET_DIRTY_RINGS, 0, "");
    }

    private static DirtyRing ringOf(KvmVcpu vcpu) {
        DirtyRing ring = vcpu.ring();
        if (ring == null) {
            throw new IllegalStateException(vcpu + " has no dirty ring");
        }
        return ring;
    }
}
