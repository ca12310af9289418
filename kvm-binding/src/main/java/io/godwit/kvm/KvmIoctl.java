package io.godwit.kvm;

import org.jspecify.annotations.Nullable;

/**
 * The ioctls of KVM that Godwit uses, with the capability each needs; those without one are in every KVM of API version
 * 12. Numbers are encoded as in asm-generic/ioctl.h: direction in bits 30-31, argument size from bit 16, KVM's magic
 * 0xAE from bit 8, and the number. Source of the numbers: linux/kvm.h.
 */
public enum KvmIoctl {
    // On /dev/kvm
    KVM_GET_API_VERSION(none(0x00)),
    KVM_CREATE_VM(none(0x01)),
    KVM_GET_MSR_INDEX_LIST(readWrite(0x02, 4)),
    KVM_CHECK_EXTENSION(none(0x03)),
    KVM_GET_VCPU_MMAP_SIZE(none(0x04)),
    KVM_GET_SUPPORTED_CPUID(readWrite(0x05, 8), KvmCapability.EXT_CPUID),

    // On a VM
    KVM_CREATE_VCPU(none(0x41)),
    KVM_GET_DIRTY_LOG(write(0x42, 16)),
    KVM_SET_USER_MEMORY_REGION(write(0x46, 32), KvmCapability.USER_MEMORY),
    KVM_SET_TSS_ADDR(none(0x47), KvmCapability.SET_TSS_ADDR),
    KVM_SET_IDENTITY_MAP_ADDR(write(0x48, 8), KvmCapability.SET_IDENTITY_MAP_ADDR),
    KVM_CREATE_IRQCHIP(none(0x60), KvmCapability.IRQCHIP),
    KVM_IRQ_LINE(write(0x61, 8), KvmCapability.IRQCHIP),
    KVM_GET_IRQCHIP(readWrite(0x62, 520), KvmCapability.IRQCHIP),
    KVM_SET_IRQCHIP(read(0x63, 520), KvmCapability.IRQCHIP),
    KVM_SET_GSI_ROUTING(write(0x6a, 8), KvmCapability.IRQ_ROUTING),
    KVM_IRQFD(write(0x76, 32), KvmCapability.IRQFD),
    KVM_CREATE_PIT2(write(0x77, 64), KvmCapability.PIT2),
    KVM_IOEVENTFD(write(0x79, 64), KvmCapability.IOEVENTFD),
    KVM_SET_CLOCK(write(0x7b, 48), KvmCapability.ADJUST_CLOCK),
    KVM_GET_CLOCK(read(0x7c, 48), KvmCapability.ADJUST_CLOCK),
    KVM_GET_PIT2(read(0x9f, 112), KvmCapability.PIT_STATE2),
    KVM_SET_PIT2(write(0xa0, 112), KvmCapability.PIT_STATE2),
    KVM_ENABLE_CAP(write(0xa3, 104)),
    KVM_SIGNAL_MSI(write(0xa5, 32), KvmCapability.SIGNAL_MSI),
    KVM_CLEAR_DIRTY_LOG(readWrite(0xc0, 24), KvmCapability.MANUAL_DIRTY_LOG_PROTECT2),
    KVM_RESET_DIRTY_RINGS(none(0xc7), KvmCapability.DIRTY_LOG_RING),

    // On a vCPU
    KVM_RUN(none(0x80)),
    KVM_GET_REGS(read(0x81, 144)),
    KVM_SET_REGS(write(0x82, 144)),
    KVM_GET_SREGS(read(0x83, 312)),
    KVM_SET_SREGS(write(0x84, 312)),
    KVM_GET_MSRS(readWrite(0x88, 8)),
    KVM_SET_MSRS(write(0x89, 8)),
    KVM_SET_SIGNAL_MASK(write(0x8b, 4)),
    KVM_GET_LAPIC(read(0x8e, 1024), KvmCapability.IRQCHIP),
    KVM_SET_LAPIC(write(0x8f, 1024), KvmCapability.IRQCHIP),
    KVM_SET_CPUID2(write(0x90, 8), KvmCapability.EXT_CPUID),
    KVM_GET_MP_STATE(read(0x98, 4), KvmCapability.MP_STATE),
    KVM_SET_MP_STATE(write(0x99, 4), KvmCapability.MP_STATE),
    KVM_GET_VCPU_EVENTS(read(0x9f, 64), KvmCapability.VCPU_EVENTS),
    KVM_SET_VCPU_EVENTS(write(0xa0, 64), KvmCapability.VCPU_EVENTS),
    KVM_GET_DEBUGREGS(read(0xa1, 128), KvmCapability.DEBUGREGS),
    KVM_SET_DEBUGREGS(write(0xa2, 128), KvmCapability.DEBUGREGS),
    KVM_SET_TSC_KHZ(none(0xa2), KvmCapability.TSC_CONTROL),
    KVM_GET_TSC_KHZ(none(0xa3), KvmCapability.GET_TSC_KHZ),
    KVM_GET_XSAVE(read(0xa4, 4096), KvmCapability.XSAVE),
    KVM_SET_XSAVE(write(0xa5, 4096), KvmCapability.XSAVE),
    KVM_GET_XCRS(read(0xa6, 392), KvmCapability.XCRS),
    KVM_SET_XCRS(write(0xa7, 392), KvmCapability.XCRS),
    KVM_KVMCLOCK_CTRL(none(0xad), KvmCapability.KVMCLOCK_CTRL),
    KVM_GET_XSAVE2(read(0xcf, 4096), KvmCapability.XSAVE2),
    KVM_SET_DEVICE_ATTR(write(0xe1, 24), KvmCapability.VCPU_ATTRIBUTES),
    KVM_GET_DEVICE_ATTR(write(0xe2, 24), KvmCapability.VCPU_ATTRIBUTES),
    KVM_HAS_DEVICE_ATTR(write(0xe3, 24), KvmCapability.VCPU_ATTRIBUTES);

    private final long request;
    private final @Nullable KvmCapability capability;

    KvmIoctl(long request) {
        this.request = request;
        this.capability = null;
    }

    KvmIoctl(long request, KvmCapability capability) {
        this.request = request;
        this.capability = capability;
    }

    /** The value for ioctl(2). */
    public long request() {
        return request;
    }

    /** What KVM must have for this ioctl, if that is not a matter of course. */
    public @Nullable KvmCapability capability() {
        return capability;
    }

    /** {@code _IO}: no argument, or an integer. */
    private static long none(int number) {
        return encode(0, number, 0);
    }

    /** {@code _IOW}: the kernel reads the argument. */
    private static long write(int number, int sizeBytes) {
        return encode(1, number, sizeBytes);
    }

    /** {@code _IOR}: the kernel fills the argument (bar KVM_SET_IRQCHIP, which is declared so by mistake). */
    private static long read(int number, int sizeBytes) {
        return encode(2, number, sizeBytes);
    }

    /** {@code _IOWR}. */
    private static long readWrite(int number, int sizeBytes) {
        return encode(3, number, sizeBytes);
    }

    private static long encode(long direction, int number, long sizeBytes) {
        return direction << 30 | sizeBytes << 16 | 0xae00 | number;
    }
}
