package io.godwit.kvm;

import io.godwit.kvm.linux.Errno;
import io.godwit.kvm.linux.FileDescriptor;
import io.godwit.kvm.linux.KickSignal;
import io.godwit.kvm.linux.NativeBuffers;
import io.godwit.kvm.linux.SystemCallException;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** The host's KVM: what it can do, and new VMs. Thread-safe; VMs live on when this is closed. */
public final class Kvm implements AutoCloseable {
    static final String DEVICE = "/dev/kvm";

    private static final int API_VERSION = 12;
    /** Where these are missing Godwit does something else, or says so when it is asked for. */
    private static final Set<KvmCapability> OPTIONAL = EnumSet.of(
            KvmCapability.MANUAL_DIRTY_LOG_PROTECT2,
            KvmCapability.DIRTY_LOG_RING,
            KvmCapability.TSC_CONTROL,
            KvmCapability.KVMCLOCK_CTRL,
            KvmCapability.XSAVE2,
            KvmCapability.VCPU_ATTRIBUTES);

    private static final Set<KvmCapability> NEEDED = needed();

    private final KvmFile file;
    private final AtomicReference<@Nullable BareVm> spare = new AtomicReference<>();
    private boolean closed;

    private Kvm(KvmFile file) {
        this.file = file;
    }

    /**
     * Opens {@code /dev/kvm}.
     *
     * @throws KvmException when it is missing, forbidden, of another API version or without something Godwit needs
     * @throws IllegalStateException when the kick signal is taken by something else in this process
     */
    public static Kvm open() {
        KvmFile file;
        try {
            file = new KvmFile(FileDescriptor.open(DEVICE));
        } catch (SystemCallException e) {
            throw new KvmException(e.call(), e.errno(), e.argument());
        }
        try {
            int version = file.call(KvmIoctl.KVM_GET_API_VERSION, 0, "");
            if (version != API_VERSION) {
                throw new KvmException(
                        KvmIoctl.KVM_GET_API_VERSION,
                        Errno.ENOSYS,
                        "API version " + version + "; accepted is " + API_VERSION);
            }
            for (KvmCapability capability : NEEDED) {
                if (file.check(capability) <= 0) {
                    throw new KvmException(
                            KvmIoctl.KVM_CHECK_EXTENSION, Errno.ENOSYS, capability + " is missing and needed");
                }
            }
            KickSignal.install();
            return new Kvm(file);
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private static Set<KvmCapability> needed() {
        Set<KvmCapability> needed = EnumSet.of(KvmCapability.IMMEDIATE_EXIT); // no ioctl has it
        for (KvmIoctl ioctl : KvmIoctl.values()) {
            KvmCapability capability = ioctl.capability();
            if (capability != null && !OPTIONAL.contains(capability)) {
                needed.add(capability);
            }
        }
        return needed;
    }

    /** Why KVM cannot be used here, in one line; empty when it can. */
    public static Optional<String> unavailableReason() {
        try {
            open().close();
            return Optional.empty();
        } catch (RuntimeException | LinkageError e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    /** 0 when absent, else 1 or the capability's own value. Some are known only per VM: {@link KvmVm#check}. */
    public int check(KvmCapability capability) {
        return file.check(capability);
    }

    /** All CPUID leaves that this host and KVM can offer a guest. */
    public CpuidTable supportedCpuid() {
        UnsafeBuffer table = CpuidTable.nativeTable(CpuidTable.MAX_ENTRIES);
        file.call(KvmIoctl.KVM_GET_SUPPORTED_CPUID, table, "");
        return CpuidTable.fromNative(table);
    }

    /** Numbers of the MSRs that make up a guest's state. */
    public int[] stateMsrs() {
        UnsafeBuffer count = NativeBuffers.allocate(4);
        int result = file.tryCall(KvmIoctl.KVM_GET_MSR_INDEX_LIST, count);
        if (result < 0 && result != -Errno.E2BIG) {
            throw new KvmException(KvmIoctl.KVM_GET_MSR_INDEX_LIST, -result, DEVICE);
        }
        int[] msrs = new int[count.getInt(0)];
        UnsafeBuffer list = NativeBuffers.allocate(4 + 4 * msrs.length);
        list.putInt(0, msrs.length);
        file.call(KvmIoctl.KVM_GET_MSR_INDEX_LIST, list, msrs.length + " MSRs");
        for (int i = 0; i < msrs.length; i++) {
            msrs[i] = list.getInt(4 + 4 * i);
        }
        return msrs;
    }

    /** A VM with memory, interrupt controllers and timer, without vCPUs. */
    public KvmVm createVm(VmOptions options) {
        int runBytes = file.call(KvmIoctl.KVM_GET_VCPU_MMAP_SIZE, 0, "");
        int[] stateMsrs = stateMsrs();
        BareVm kept = spare.getAndSet(null);
        BareVm bare = kept == null ? BareVm.create(file) : kept;
        KvmFile vm;
        try {
            vm = bare.become(options.name());
        } catch (RuntimeException failed) {
            bare.close();
            throw failed;
        }
        return KvmVm.create(vm, options, runBytes, stateMsrs);
    }

    /**
     * Makes beforehand what the next VM does not need memory for, unless that is there already; some milliseconds. Does
     * nothing when closed.
     */
    public synchronized void makeSpare() {
        if (!closed && spare.get() == null) {
            spare.set(BareVm.create(file));
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        BareVm unused = spare.getAndSet(null);
        if (unused != null) {
            unused.close();
        }
        file.close();
    }
}
