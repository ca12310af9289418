package io.godwit.kvm;

import io.godwit.kvm.linux.NativeBuffers;
import java.util.OptionalLong;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What KVM adds to the host's time stamp counter for a vCPU: attribute KVM_VCPU_TSC_OFFSET of group KVM_VCPU_TSC_CTRL
 * (Documentation/virt/kvm/devices/vcpu.rst). Setting it lets the guest's counter go on as if it had never stopped.
 */
final class TscOffset {
    // struct kvm_device_attr: flags u32, group u32, attribute u64, address u64, with group and attribute 0; then the
    // value, where the address points.
    private static final int ADDRESS = 16;
    private static final int VALUE = 24;
    private static final int NANOS_PER_MILLI = 1_000_000;
    private static final int PARTS_PER_MILLION = 1_000_000;

    /** The kernel runs a guest unscaled within this (tsc_tolerance_ppm of the kvm module). */
    static final int TOLERANCE_PPM = 250;

    private TscOffset() {}

    /**
     * Whether KVM has to scale the host's counter for a guest. An offset is then in scaled ticks, which nothing here
     * translates: such a guest's counter goes on from where it was saved, by its MSR.
     */
    static boolean isScaled(int guestKhz, int hostKhz) {
        long differenceKhz = Math.abs((long) guestKhz - hostKhz);
        return guestKhz <= 0 || differenceKhz * PARTS_PER_MILLION > (long) hostKhz * TOLERANCE_PPM;
    }

    /** What is worth saving: empty when this KVM does not tell, or scales. */
    static OptionalLong save(KvmVcpu vcpu) {
        return isScaled(vcpu.tscKhz(), vcpu.hostTscKhz()) ? OptionalLong.empty() : read(vcpu);
    }

    /** What to translate into an offset here; empty when there is none, or when this host scales for that guest. */
    static OptionalLong usable(VcpuState state, int hostKhz) {
        return isScaled(state.tscKhz(), hostKhz) ? OptionalLong.empty() : state.tscOffset();
    }

    /** Empty when this KVM does not tell. */
    static OptionalLong read(KvmVcpu vcpu) {
        UnsafeBuffer attribute = attribute(0);
        if (vcpu.vm().check(KvmCapability.VCPU_ATTRIBUTES) <= 0
                || vcpu.file().tryCall(KvmIoctl.KVM_HAS_DEVICE_ATTR, attribute) < 0) {
            return OptionalLong.empty();
        }
        vcpu.file().call(KvmIoctl.KVM_GET_DEVICE_ATTR, attribute, "TSC offset");
        return OptionalLong.of(attribute.getLong(VALUE));
    }

    static void write(KvmVcpu vcpu, long offset) {
        vcpu.file().call(KvmIoctl.KVM_SET_DEVICE_ATTR, attribute(offset), "TSC offset " + offset);
    }

    /**
     * The offset here with which the guest's counter has advanced as much as its clock since the state was saved;
     * where neither host scales.
     *
     * @param there clock and host counter of the source, when the state was saved
     * @param here the same of this host, now
     */
    static long translate(long offsetThere, int tscKhz, VmClock there, VmClock here) {
        long guestNanos = here.clockNanos() - there.clockNanos();
        long guestTicks =
                guestNanos / NANOS_PER_MILLI * tscKhz + guestNanos % NANOS_PER_MILLI * tscKhz / NANOS_PER_MILLI;
        return offsetThere + guestTicks + (there.hostTsc() - here.hostTsc());
    }

    private static UnsafeBuffer attribute(long value) {
        UnsafeBuffer attribute = NativeBuffers.allocate(VALUE + Long.BYTES);
        attribute.putLong(ADDRESS, attribute.addressOffset() + VALUE);
        attribute.putLong(VALUE, value);
        return attribute;
    }
}
