package io.godwit.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class KvmIoctlTest {
    /** As printed by a C program that includes linux/kvm.h. */
    private static final Map<KvmIoctl, Long> KNOWN = Map.ofEntries(
            Map.entry(KvmIoctl.KVM_GET_API_VERSION, 0xae00L),
            Map.entry(KvmIoctl.KVM_CREATE_VM, 0xae01L),
            Map.entry(KvmIoctl.KVM_GET_MSR_INDEX_LIST, 0xc004ae02L),
            Map.entry(KvmIoctl.KVM_CHECK_EXTENSION, 0xae03L),
            Map.entry(KvmIoctl.KVM_GET_VCPU_MMAP_SIZE, 0xae04L),
            Map.entry(KvmIoctl.KVM_GET_SUPPORTED_CPUID, 0xc008ae05L),
            Map.entry(KvmIoctl.KVM_SET_USER_MEMORY_REGION, 0x4020ae46L),
            Map.entry(KvmIoctl.KVM_SET_TSS_ADDR, 0xae47L),
            Map.entry(KvmIoctl.KVM_SET_IDENTITY_MAP_ADDR, 0x4008ae48L),
            Map.entry(KvmIoctl.KVM_CREATE_VCPU, 0xae41L),
            Map.entry(KvmIoctl.KVM_GET_DIRTY_LOG, 0x4010ae42L),
            Map.entry(KvmIoctl.KVM_CLEAR_DIRTY_LOG, 0xc018aec0L),
            Map.entry(KvmIoctl.KVM_CREATE_IRQCHIP, 0xae60L),
            Map.entry(KvmIoctl.KVM_IRQ_LINE, 0x4008ae61L),
            Map.entry(KvmIoctl.KVM_GET_IRQCHIP, 0xc208ae62L),
            Map.entry(KvmIoctl.KVM_SET_IRQCHIP, 0x8208ae63L),
            Map.entry(KvmIoctl.KVM_CREATE_PIT2, 0x4040ae77L),
            Map.entry(KvmIoctl.KVM_GET_PIT2, 0x8070ae9fL),
            Map.entry(KvmIoctl.KVM_SET_PIT2, 0x4070aea0L),
            Map.entry(KvmIoctl.KVM_SET_GSI_ROUTING, 0x4008ae6aL),
            Map.entry(KvmIoctl.KVM_SIGNAL_MSI, 0x4020aea5L),
            Map.entry(KvmIoctl.KVM_IRQFD, 0x4020ae76L),
            Map.entry(KvmIoctl.KVM_IOEVENTFD, 0x4040ae79L),
            Map.entry(KvmIoctl.KVM_SET_CLOCK, 0x4030ae7bL),
            Map.entry(KvmIoctl.KVM_GET_CLOCK, 0x8030ae7cL),
            Map.entry(KvmIoctl.KVM_ENABLE_CAP, 0x4068aea3L),
            Map.entry(KvmIoctl.KVM_RESET_DIRTY_RINGS, 0xaec7L),
            Map.entry(KvmIoctl.KVM_RUN, 0xae80L),
            Map.entry(KvmIoctl.KVM_GET_REGS, 0x8090ae81L),
            Map.entry(KvmIoctl.KVM_SET_REGS, 0x4090ae82L),
            Map.entry(KvmIoctl.KVM_GET_SREGS, 0x8138ae83L),
            Map.entry(KvmIoctl.KVM_SET_SREGS, 0x4138ae84L),
            Map.entry(KvmIoctl.KVM_GET_MSRS, 0xc008ae88L),
            Map.entry(KvmIoctl.KVM_SET_MSRS, 0x4008ae89L),
            Map.entry(KvmIoctl.KVM_SET_SIGNAL_MASK, 0x4004ae8bL),
            Map.entry(KvmIoctl.KVM_GET_LAPIC, 0x8400ae8eL),
            Map.entry(KvmIoctl.KVM_SET_LAPIC, 0x4400ae8fL),
            Map.entry(KvmIoctl.KVM_SET_CPUID2, 0x4008ae90L),
            Map.entry(KvmIoctl.KVM_GET_MP_STATE, 0x8004ae98L),
            Map.entry(KvmIoctl.KVM_SET_MP_STATE, 0x4004ae99L),
            Map.entry(KvmIoctl.KVM_GET_VCPU_EVENTS, 0x8040ae9fL),
            Map.entry(KvmIoctl.KVM_SET_VCPU_EVENTS, 0x4040aea0L),
            Map.entry(KvmIoctl.KVM_GET_DEBUGREGS, 0x8080aea1L),
            Map.entry(KvmIoctl.KVM_SET_DEBUGREGS, 0x4080aea2L),
            Map.entry(KvmIoctl.KVM_SET_TSC_KHZ, 0xaea2L),
            Map.entry(KvmIoctl.KVM_GET_TSC_KHZ, 0xaea3L),
            Map.entry(KvmIoctl.KVM_GET_XSAVE, 0x9000aea4L),
            Map.entry(KvmIoctl.KVM_GET_XSAVE2, 0x9000aecfL),
            Map.entry(KvmIoctl.KVM_SET_XSAVE, 0x5000aea5L),
            Map.entry(KvmIoctl.KVM_GET_XCRS, 0x8188aea6L),
            Map.entry(KvmIoctl.KVM_SET_XCRS, 0x4188aea7L),
            Map.entry(KvmIoctl.KVM_KVMCLOCK_CTRL, 0xaeadL),
            Map.entry(KvmIoctl.KVM_SET_DEVICE_ATTR, 0x4018aee1L),
            Map.entry(KvmIoctl.KVM_GET_DEVICE_ATTR, 0x4018aee2L),
            Map.entry(KvmIoctl.KVM_HAS_DEVICE_ATTR, 0x4018aee3L));

    @Test
    void shouldEncodeEveryIoctlAsTheKernelsHeaderDoes() {
        assertThat(KNOWN.keySet()).containsExactlyInAnyOrder(KvmIoctl.values());
        for (KvmIoctl ioctl : KvmIoctl.values()) {
            assertThat(ioctl.request()).as(ioctl.name()).isEqualTo(KNOWN.get(ioctl));
        }
    }
}
