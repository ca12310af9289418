package io.godwit.kvm;

import io.godwit.kvm.linux.FileDescriptor;
import io.godwit.kvm.linux.NativeBuffers;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What of a VM needs neither memory nor a name: interrupt controllers, PIT and the lines of a PC. KVM waits for its
 * readers several times while it makes them, some milliseconds in all, so they may be made before a VM is asked for.
 */
final class BareVm implements AutoCloseable {
    /** Four pages below the BIOS's area that KVM may need on older Intel CPUs; where QEMU puts them too. */
    private static final long IDENTITY_MAP_ADDRESS = 0xfffb_c000L;

    private static final long TSS_ADDRESS = 0xfffb_d000L;
    private static final int PIT_SPEAKER_DUMMY = 1;
    private static final String NAME = "VM to be";

    private final KvmFile file;

    private BareVm(KvmFile file) {
        this.file = file;
    }

    static BareVm create(KvmFile kvm) {
        int number = kvm.call(KvmIoctl.KVM_CREATE_VM, 0, NAME);
        BareVm bare = new BareVm(new KvmFile(new FileDescriptor(number, NAME)));
        try {
            bare.prepare();
            return bare;
        } catch (RuntimeException failed) {
            bare.close();
            throw failed;
        }
    }

    private void prepare() {
        file.call(KvmIoctl.KVM_SET_TSS_ADDR, TSS_ADDRESS, Long.toHexString(TSS_ADDRESS));
        UnsafeBuffer identityMap = NativeBuffers.allocate(8);
        identityMap.putLong(0, IDENTITY_MAP_ADDRESS);
        file.call(KvmIoctl.KVM_SET_IDENTITY_MAP_ADDR, identityMap, Long.toHexString(IDENTITY_MAP_ADDRESS));
        file.call(KvmIoctl.KVM_CREATE_IRQCHIP, 0, "");
        UnsafeBuffer pit = NativeBuffers.allocate(64);
        pit.putInt(0, PIT_SPEAKER_DUMMY);
        file.call(KvmIoctl.KVM_CREATE_PIT2, pit, "");
        file.call(KvmIoctl.KVM_SET_GSI_ROUTING, GsiRouting.ofPc(), "the lines of a PC");
    }

    /** Hands it over as the VM of this name, whose clock begins now; closing this then does nothing. */
    KvmFile become(String name) {
        UnsafeBuffer zero = NativeBuffers.allocate(VmClock.BYTES);
        file.call(KvmIoctl.KVM_SET_CLOCK, zero, "zero");
        return new KvmFile(file.file().handOver("VM " + name));
    }

    @Override
    public void close() {
        file.close();
    }
}
