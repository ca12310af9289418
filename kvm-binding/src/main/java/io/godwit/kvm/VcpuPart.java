package io.godwit.kvm;

/**
 * The parts of a vCPU's state that are one structure of the kernel each, in the order in which they are restored;
 * CPUID and TSC frequency come before them, the MSRs between {@link #LAPIC} and {@link #MP_STATE}.
 */
enum VcpuPart {
    REGS(KvmIoctl.KVM_GET_REGS, KvmIoctl.KVM_SET_REGS, Registers.BYTES),
    SREGS(KvmIoctl.KVM_GET_SREGS, KvmIoctl.KVM_SET_SREGS, SpecialRegisters.BYTES),
    /** As long as the host's CPU needs, at least 4096 bytes. */
    XSAVE(KvmIoctl.KVM_GET_XSAVE2, KvmIoctl.KVM_SET_XSAVE, VcpuPart.MIN_XSAVE_BYTES),
    XCRS(KvmIoctl.KVM_GET_XCRS, KvmIoctl.KVM_SET_XCRS, 392),
    DEBUGREGS(KvmIoctl.KVM_GET_DEBUGREGS, KvmIoctl.KVM_SET_DEBUGREGS, 128),
    LAPIC(KvmIoctl.KVM_GET_LAPIC, KvmIoctl.KVM_SET_LAPIC, 1024),
    MP_STATE(KvmIoctl.KVM_GET_MP_STATE, KvmIoctl.KVM_SET_MP_STATE, 4),
    /** Last, because setting the registers clears exceptions. */
    EVENTS(KvmIoctl.KVM_GET_VCPU_EVENTS, KvmIoctl.KVM_SET_VCPU_EVENTS, 64);

    static final int MIN_XSAVE_BYTES = 4096;
    static final int MAX_XSAVE_BYTES = 1 << 20;

    final KvmIoctl get;
    final KvmIoctl set;
    final int minBytes;

    VcpuPart(KvmIoctl get, KvmIoctl set, int minBytes) {
        this.get = get;
        this.set = set;
        this.minBytes = minBytes;
    }

    int maxBytes() {
        return this == XSAVE ? MAX_XSAVE_BYTES : minBytes;
    }
}
