package io.godwit.kvm;

import io.godwit.kvm.linux.Errno;
import io.godwit.kvm.linux.EventFd;
import io.godwit.kvm.linux.NativeBuffers;
import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.kvm.memory.GuestRegion;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import org.agrona.concurrent.UnsafeBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One VM in the kernel: memory slots, interrupt controllers (PIC, IOAPIC, local APICs), PIT, and its vCPUs. Thread-safe.
 * It holds a lease on its memory until it is closed.
 */
public final class KvmVm implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(KvmVm.class);

    private static final int MEM_LOG_DIRTY_PAGES = 1;
    private static final int IRQFD_DEASSIGN = 1;
    private static final int IOEVENTFD_DATAMATCH = 1;
    private static final int IOEVENTFD_PIO = 2;
    private static final int IOEVENTFD_DEASSIGN = 4;

    private final KvmFile file;
    private final VmOptions options;
    private final int runBytes;
    private final int[] stateMsrs;
    private final int xsaveBytes;
    private final GuestMemory.Lease memoryLease;
    private final List<KvmVcpu> vcpus = new CopyOnWriteArrayList<>();
    private final DirtyLog dirtyLog;
    private final UnsafeBuffer irqLevel = NativeBuffers.allocate(8);
    private final UnsafeBuffer message = NativeBuffers.allocate(32);

    private KvmVm(KvmFile file, VmOptions options, int runBytes, int[] stateMsrs, GuestMemory.Lease memoryLease) {
        this.file = file;
        this.options = options;
        this.runBytes = runBytes;
        this.stateMsrs = stateMsrs;
        this.memoryLease = memoryLease;
        this.xsaveBytes = Math.max(VcpuPart.MIN_XSAVE_BYTES, check(KvmCapability.XSAVE2));
        // Before the slots are made: it decides how KVM logs.
        this.dirtyLog = options.dirtyLog() == DirtyLogMechanism.RING
                ? RingDirtyLog.create(this, options.dirtyRingEntries())
                : BitmapDirtyLog.create(this);
    }

    /** Owns {@code file}, a {@link BareVm}'s, from here on, also when this throws. */
    static KvmVm create(KvmFile file, VmOptions options, int runBytes, int[] stateMsrs) {
        GuestMemory.Lease lease = null;
        try {
            lease = options.memory().lease();
            KvmVm vm = new KvmVm(file, options, runBytes, stateMsrs, lease);
            vm.logDirtyPages(false);
            return vm;
        } catch (RuntimeException e) {
            file.close();
            if (lease != null) {
                lease.close();
            }
            throw e;
        }
    }

    public String name() {
        return options.name();
    }

    public GuestMemory memory() {
        return options.memory();
    }

    /** 0 when absent, else 1 or the capability's own value. */
    public int check(KvmCapability capability) {
        return file.check(capability);
    }

    /** @param index from 0, the APIC id of the vCPU; 0 is the one that boots */
    public synchronized KvmVcpu createVcpu(int index) {
        int fd = file.call(KvmIoctl.KVM_CREATE_VCPU, index, "vCPU " + index);
        int ringEntries = options.dirtyLog() == DirtyLogMechanism.RING ? options.dirtyRingEntries() : 0;
        KvmVcpu vcpu = KvmVcpu.create(this, index, fd, runBytes, ringEntries);
        vcpus.add(vcpu);
        return vcpu;
    }

    public List<KvmVcpu> vcpus() {
        return List.copyOf(vcpus);
    }

    public DirtyLog dirtyLog() {
        return dirtyLog;
    }

    /**
     * Raises or lowers a line of PIC and IOAPIC.
     *
     * @param gsi 0 to 23
     */
    public void irqLine(int gsi, boolean level) {
        synchronized (irqLevel) {
            irqLevel.putInt(0, gsi);
            irqLevel.putInt(4, level ? 1 : 0);
            file.call(KvmIoctl.KVM_IRQ_LINE, irqLevel, "line " + gsi);
        }
    }

    /**
     * Delivers a message-signalled interrupt, as a function with MSI or MSI-X would write it.
     *
     * @param address says which local APIC
     * @param data says which vector, and how
     */
    public void signalMsi(long address, int data) {
        synchronized (message) {
            message.putLong(0, address); // address_lo u32, address_hi u32, data u32, flags u32, devid u32, pad
            message.putInt(8, data);
            int result;
            do {
                result = file.tryCall(KvmIoctl.KVM_SIGNAL_MSI, message);
            } while (result == -Errno.EINTR);
            if (result < 0) { // the text only now: there may be a hundred thousand of these a second
                String what = String.format("%s, 0x%x, data 0x%x", file.name(), address, data);
                throw new KvmException(KvmIoctl.KVM_SIGNAL_MSI, -result, what);
            }
        }
    }

    /** From now on signalling {@code fd} raises an edge-triggered interrupt, without leaving the kernel. */
    public void assignIrqfd(EventFd fd, int gsi) {
        irqfd(fd, gsi, 0);
    }

    public void deassignIrqfd(EventFd fd, int gsi) {
        irqfd(fd, gsi, IRQFD_DEASSIGN);
    }

    private void irqfd(EventFd fd, int gsi, int flags) {
        UnsafeBuffer struct = NativeBuffers.allocate(32); // fd u32, gsi u32, flags u32, resamplefd u32
        struct.putInt(0, fd.file().number());
        struct.putInt(4, gsi);
        struct.putInt(8, flags);
        file.call(KvmIoctl.KVM_IRQFD, struct, "line " + gsi + ", " + fd.file());
    }

    /** From now on a guest's write at {@code at} signals {@code fd} and does not leave the guest. */
    public void assignIoEventFd(EventFd fd, IoEventAddress at) {
        ioEventFd(fd, at, 0);
    }

    public void deassignIoEventFd(EventFd fd, IoEventAddress at) {
        ioEventFd(fd, at, IOEVENTFD_DEASSIGN);
    }

    private void ioEventFd(EventFd fd, IoEventAddress at, int extraFlags) {
        int flags = extraFlags | (at.port() ? IOEVENTFD_PIO : 0) | (at.value().isPresent() ? IOEVENTFD_DATAMATCH : 0);
        UnsafeBuffer struct = NativeBuffers.allocate(64); // datamatch u64, addr u64, len u32, fd s32, flags u32
        struct.putLong(0, at.value().orElse(0));
        struct.putLong(8, at.address());
        struct.putInt(16, at.lengthBytes());
        struct.putInt(20, fd.file().number());
        struct.putInt(24, flags);
        file.call(KvmIoctl.KVM_IOEVENTFD, struct, at + ", " + fd.file());
    }

    /** Interrupt controllers, timer and clock; while every vCPU is paused. */
    public VmState saveState() {
        List<byte[]> irqchips = new ArrayList<>();
        for (int chip = 0; chip < VmState.IRQCHIPS; chip++) {
            UnsafeBuffer struct = NativeBuffers.allocate(VmState.IRQCHIP_BYTES);
            struct.putInt(0, chip);
            file.call(KvmIoctl.KVM_GET_IRQCHIP, struct, "chip " + chip);
            irqchips.add(NativeBuffers.toBytes(struct));
        }
        UnsafeBuffer pit = NativeBuffers.allocate(VmState.PIT_BYTES);
        file.call(KvmIoctl.KVM_GET_PIT2, pit, "");
        return new VmState(irqchips, NativeBuffers.toBytes(pit), readClock());
    }

    /**
     * Restores after {@link KvmVcpu#restoreState} of every vCPU and before irqfds are assigned. Lines that were pending
     * are raised again. The clock, and with it the vCPUs' time stamp counters, go on as if time in transit had passed
     * in the guest, where KVM can tell how long that was.
     */
    public void restoreState(VmState state) {
        for (int chip = 0; chip < VmState.IRQCHIPS; chip++) {
            file.call(KvmIoctl.KVM_SET_IRQCHIP, NativeBuffers.copyOf(state.irqchip(chip)), "chip " + chip);
        }
        file.call(KvmIoctl.KVM_SET_PIT2, NativeBuffers.copyOf(state.pit()), "");
        UnsafeBuffer clock = NativeBuffers.allocate(VmClock.BYTES);
        state.clock().toNative(clock, check(KvmCapability.ADJUST_CLOCK));
        file.call(KvmIoctl.KVM_SET_CLOCK, clock, state.clock().toString());
        restoreTscOffsets(state.clock());
    }

    private void restoreTscOffsets(VmClock there) {
        VmClock here = readClock();
        if (!there.hasHostTsc() || !here.hasHostTsc()) {
            return; // the counters go on from where they were saved, by their MSR
        }
        for (KvmVcpu vcpu : vcpus) {
            VcpuState state = vcpu.restoredState();
            OptionalLong offset = state == null ? OptionalLong.empty() : TscOffset.usable(state, vcpu.hostTscKhz());
            if (state != null && offset.isPresent() && TscOffset.read(vcpu).isPresent()) {
                TscOffset.write(vcpu, TscOffset.translate(offset.getAsLong(), state.tscKhz(), there, here));
                new VcpuStateIo(vcpu).rewriteTscDeadline(state);
            }
        }
    }

    private VmClock readClock() {
        UnsafeBuffer clock = NativeBuffers.allocate(VmClock.BYTES);
        file.call(KvmIoctl.KVM_GET_CLOCK, clock, "");
        return VmClock.fromNative(clock);
    }

    /** Makes the memory slots, one per region, or changes whether writes to them are logged. */
    void logDirtyPages(boolean log) {
        GuestLayout layout = options.memory().layout();
        for (int slot = 0; slot < layout.regions().size(); slot++) {
            GuestRegion region = layout.regions().get(slot);
            UnsafeBuffer struct = NativeBuffers.allocate(32); // slot u32, flags u32, guest u64, size u64, host u64
            struct.putInt(0, slot);
            struct.putInt(4, log ? MEM_LOG_DIRTY_PAGES : 0);
            struct.putLong(8, region.guestAddress());
            struct.putLong(16, region.sizeBytes());
            struct.putLong(24, memoryLease.hostAddress(region));
            file.call(KvmIoctl.KVM_SET_USER_MEMORY_REGION, struct, "slot " + slot + ", " + region);
        }
    }

    /** @return false when this KVM does not have it */
    boolean enable(KvmCapability capability, long argument) {
        UnsafeBuffer struct = NativeBuffers.allocate(104); // cap u32, flags u32, args u64[4]
        struct.putInt(0, capability.number());
        struct.putLong(8, argument);
        int result = file.tryCall(KvmIoctl.KVM_ENABLE_CAP, struct);
        if (result < 0 && result != -Errno.EINVAL) {
            throw new KvmException(KvmIoctl.KVM_ENABLE_CAP, -result, capability + " " + argument);
        }
        return result >= 0;
    }

    KvmFile file() {
        return file;
    }

    int xsaveBytes() {
        return xsaveBytes;
    }

    int[] stateMsrs() {
        return stateMsrs;
    }

    /**
     * Closes the vCPUs that are still open, then the VM, then gives its lease on the memory back. Close the
     * {@link VcpuThread}s first: a vCPU that still runs leaks, loudly, and then the memory stays mapped too. Idempotent.
     */
    @Override
    public synchronized void close() {
        boolean released = true;
        for (KvmVcpu vcpu : vcpus) {
            released &= vcpu.closeOrLeak();
        }
        released &= file.closeOrLeak();
        if (released) {
            memoryLease.close();
        } else {
            LOG.error("LEAKED {}: its memory stays mapped because the kernel may still use it", file.name());
        }
    }

    @Override
    public String toString() {
        return file.name();
    }
}
