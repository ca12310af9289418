package io.godwit.kvm;

import io.godwit.kvm.linux.Errno;
import io.godwit.kvm.linux.FileDescriptor;
import io.godwit.kvm.linux.KickSignal;
import io.godwit.kvm.linux.Mapping;
import io.godwit.kvm.linux.NativeBuffers;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One vCPU. Guest code runs on one thread, its owner: the first that calls {@link #run()}, by rule a {@link VcpuThread}.
 * Registers and state are read and written while it does not run.
 */
public final class KvmVcpu implements AutoCloseable {
    private static final long LEAVE_TIMEOUT_MS = 5_000;
    private static final VcpuExit INTERRUPTED = new VcpuExit.Interrupted();

    private final KvmVm vm;
    private final int index;
    private final KvmFile file;
    private final int hostTscKhz;
    private final Mapping mapping;
    private final RunPage page;
    private final @Nullable DirtyRing ring;
    private final Object ownerLock = new Object();
    private volatile @Nullable Thread owner;
    private int ownerThreadId;

    /** Odd while the owner is in {@code KVM_RUN}; written by the owner only. */
    private volatile long guestEntries;

    private volatile CpuidTable cpuid = new CpuidTable(List.of());
    private volatile @Nullable VcpuState restored;

    private KvmVcpu(KvmVm vm, int index, KvmFile file, int hostTscKhz, Mapping mapping, @Nullable DirtyRing ring) {
        this.vm = vm;
        this.index = index;
        this.file = file;
        this.hostTscKhz = hostTscKhz;
        this.mapping = mapping;
        this.page = new RunPage(mapping);
        this.ring = ring;
    }

    static KvmVcpu create(KvmVm vm, int index, int fd, int runBytes, int ringEntries) {
        String name = "vCPU " + index + " of " + vm.name();
        FileDescriptor descriptor = new FileDescriptor(fd, name);
        Mapping mapping = null;
        try {
            KvmFile file = new KvmFile(descriptor);
            int hostTscKhz = file.call(KvmIoctl.KVM_GET_TSC_KHZ, 0, "");
            mapping = Mapping.ofShared(name + " run page", descriptor, 0, runBytes);
            DirtyRing ring = ringEntries > 0 ? DirtyRing.map(name, descriptor, ringEntries) : null;
            return new KvmVcpu(vm, index, file, hostTscKhz, mapping, ring);
        } catch (RuntimeException e) {
            if (mapping != null) {
                mapping.close();
            }
            descriptor.close();
            throw e;
        }
    }

    public int index() {
        return index;
    }

    public KvmVm vm() {
        return vm;
    }

    /** How often guest code was entered, and left again, so far. */
    public long guestExits() {
        return guestEntries >>> 1;
    }

    /** What CPUID answers; to be set before the first run, and never changed after it. */
    public void setCpuid(CpuidTable table) {
        file.call(KvmIoctl.KVM_SET_CPUID2, table.toNative(), table.entries().size() + " entries");
        cpuid = table;
    }

    /** The table that was set last. */
    public CpuidTable cpuid() {
        return cpuid;
    }

    public Registers registers() {
        return Registers.fromNative(read(KvmIoctl.KVM_GET_REGS, Registers.BYTES));
    }

    /** Also clears a pending exception. */
    public void setRegisters(Registers registers) {
        UnsafeBuffer struct = NativeBuffers.allocate(Registers.BYTES);
        registers.toNative(struct);
        write(KvmIoctl.KVM_SET_REGS, struct);
    }

    public SpecialRegisters specialRegisters() {
        return SpecialRegisters.fromNative(read(KvmIoctl.KVM_GET_SREGS, SpecialRegisters.BYTES));
    }

    public void setSpecialRegisters(SpecialRegisters registers) {
        UnsafeBuffer struct = read(KvmIoctl.KVM_GET_SREGS, SpecialRegisters.BYTES);
        registers.toNative(struct);
        write(KvmIoctl.KVM_SET_SREGS, struct);
    }

    public MpState mpState() {
        return MpState.of(read(KvmIoctl.KVM_GET_MP_STATE, 4).getInt(0));
    }

    public void setMpState(MpState state) {
        UnsafeBuffer struct = NativeBuffers.allocate(4);
        struct.putInt(0, state.number());
        write(KvmIoctl.KVM_SET_MP_STATE, struct);
    }

    /** Frequency of the guest's time stamp counter. */
    public int tscKhz() {
        return file.call(KvmIoctl.KVM_GET_TSC_KHZ, 0, "");
    }

    /** What {@link #tscKhz()} was before anybody set it: the frequency at which KVM need not scale. */
    int hostTscKhz() {
        return hostTscKhz;
    }

    /**
     * Runs guest code until it leaves; on the owner's thread only. The exit before this one counts as answered.
     *
     * @throws KvmException when KVM cannot run the guest at all
     */
    @SuppressWarnings("NonAtomicVolatileUpdate") // guestEntries is written by the owner only
    public VcpuExit run() {
        if (owner != Thread.currentThread()) {
            bindToCurrentThread();
        }
        enterGuest();
        int result = file.tryCall(KvmIoctl.KVM_RUN, 0);
        guestEntries++;
        if (result >= 0) {
            return page.decode();
        }
        if (result == -Errno.EINTR) {
            KickSignal.drain();
            return INTERRUPTED;
        }
        if (result == -Errno.EAGAIN) { // a secondary vCPU was woken by INIT or SIPI
            return INTERRUPTED;
        }
        throw new KvmException(KvmIoctl.KVM_RUN, -result, file.name());
    }

    /** From here on a harvester has to wait for this vCPU, or has been waited for. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // written by the owner only
    private void enterGuest() {
        guestEntries++;
        while (ring != null && vm.dirtyLog() instanceof RingDirtyLog rings && rings.isHarvesting()) {
            guestEntries++;
            rings.awaitHarvested();
            guestEntries++;
        }
    }

    /** Value {@code at} of the pending {@link VcpuExit.PortOut}, zero-extended. */
    public int portValue(int at) {
        return page.portValue(at);
    }

    /** Answers value {@code at} of the pending {@link VcpuExit.PortIn}. */
    public void answerPort(int at, int value) {
        page.answer(at, value);
    }

    /** Answers the pending {@link VcpuExit.MmioRead}, little-endian. */
    public void answerMmio(long value) {
        page.answer(0, value);
    }

    /** The whole state beside memory; while the vCPU does not run. */
    public VcpuState saveState() {
        requireStopped("saved");
        return new VcpuStateIo(this).save();
    }

    /**
     * Restores into a vCPU that never ran, or one that was given the same CPUID: that is how it is reset. {@link
     * KvmVm#restoreState} completes it with the clocks, after all vCPUs.
     *
     * @return MSRs that this host cannot set, in the state's order; empty on a host like the source
     * @throws KvmStateException when the state cannot run here
     * @throws KvmException when KVM refuses a part
     */
    public List<SkippedMsr> restoreState(VcpuState state) {
        requireStopped("restored");
        List<SkippedMsr> skipped = new VcpuStateIo(this).restore(state);
        restored = state;
        return skipped;
    }

    @Nullable
    VcpuState restoredState() {
        return restored;
    }

    KvmFile file() {
        return file;
    }

    @Nullable
    DirtyRing ring() {
        return ring;
    }

    /** Makes the calling thread the one that runs guest code: kicks reach it from here on. */
    void bindToCurrentThread() {
        synchronized (ownerLock) {
            Thread before = owner;
            if (before != null && before != Thread.currentThread() && before.isAlive()) {
                throw new IllegalStateException(this + " runs on thread " + before.getName() + ", not on "
                        + Thread.currentThread().getName());
            }
            if (before == null) {
                mapping.acquire();
            }
            owner = Thread.currentThread();
            ownerThreadId = KickSignal.currentThreadId();
            UnsafeBuffer mask = NativeBuffers.allocate(12); // length of the kernel's set, then the set
            mask.putInt(0, Long.BYTES);
            mask.putLong(4, KickSignal.blockOnThisThread());
            write(KvmIoctl.KVM_SET_SIGNAL_MASK, mask);
        }
    }

    /** The owner will not run guest code again. */
    void unbind() {
        synchronized (ownerLock) {
            if (owner != null) {
                owner = null;
                mapping.release();
            }
        }
    }

    /** Makes the owner leave guest code, or not enter it, until it clears the request. From any thread. */
    void kick() {
        synchronized (ownerLock) {
            Thread target = owner;
            if (target == null || !target.isAlive()) {
                return;
            }
            page.requestImmediateExit(true);
            if (target != Thread.currentThread()) {
                KickSignal.send(ownerThreadId);
            }
        }
    }

    /** Only on the owner's thread. */
    void requestImmediateExit(boolean exit) {
        page.requestImmediateExit(exit);
    }

    /** Which entry into guest code is under way, for {@link #awaitLeft}; even when none is. */
    long guestEntry() {
        return guestEntries;
    }

    /** Waits until the entry that was under way has been left; kick first. */
    void awaitLeft(long entry) {
        if ((entry & 1) == 0) {
            return;
        }
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LEAVE_TIMEOUT_MS);
        for (int spins = 0; guestEntries == entry; spins++) {
            if (spins < 100) {
                Thread.onSpinWait();
            } else if (System.nanoTime() > deadline) {
                throw new IllegalStateException(this + " did not leave guest code within " + LEAVE_TIMEOUT_MS + " ms");
            } else {
                LockSupport.parkNanos(20_000);
            }
        }
    }

    UnsafeBuffer read(KvmIoctl ioctl, int bytes) {
        UnsafeBuffer struct = NativeBuffers.allocate(bytes);
        file.call(ioctl, struct, "");
        return struct;
    }

    void write(KvmIoctl ioctl, UnsafeBuffer struct) {
        file.call(ioctl, struct, struct.capacity() + " bytes");
    }

    private void requireStopped(String what) {
        if ((guestEntries & 1) != 0) {
            throw new IllegalStateException(this + " is running guest code and cannot be " + what + "; pause it first");
        }
    }

    /** Closes; whether everything was released instead of leaked. Idempotent. */
    boolean closeOrLeak() {
        if (owner == Thread.currentThread()) {
            unbind();
        }
        boolean released = mapping.closeOrLeak();
        if (ring != null) {
            released &= ring.closeOrLeak();
        }
        return file.closeOrLeak() && released;
    }

    /** To be called after the owner's thread ended; else waits up to 5 s for it, then leaks loudly. Idempotent. */
    @Override
    public void close() {
        closeOrLeak();
    }

    @Override
    public String toString() {
        return file.name();
    }
}
