package io.godwit.kvm;

/** What a kernel's KVM may or may not have: {@code KVM_CAP_*} of linux/kvm.h. */
public enum KvmCapability {
    IRQCHIP(0),
    USER_MEMORY(3),
    SET_TSS_ADDR(4),
    EXT_CPUID(7),
    NR_VCPUS(9),
    MP_STATE(14),
    IRQ_ROUTING(25),
    IRQFD(32),
    PIT2(33),
    PIT_STATE2(35),
    IOEVENTFD(36),
    SET_IDENTITY_MAP_ADDR(37),
    ADJUST_CLOCK(39),
    VCPU_EVENTS(41),
    DEBUGREGS(50),
    XSAVE(55),
    XCRS(56),
    TSC_CONTROL(60),
    GET_TSC_KHZ(61),
    MAX_VCPUS(66),
    TSC_DEADLINE_TIMER(72),
    KVMCLOCK_CTRL(76),
    SIGNAL_MSI(77),
    VCPU_ATTRIBUTES(127),
    IMMEDIATE_EXIT(136),
    MANUAL_DIRTY_LOG_PROTECT2(168),
    DIRTY_LOG_RING(192),
    XSAVE2(208),
    DIRTY_LOG_RING_ACQ_REL(223);

    private final int number;

    KvmCapability(int number) {
        this.number = number;
    }

    public int number() {
        return number;
    }
}
