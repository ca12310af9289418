package io.godwit.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.kvm.linux.NativeBuffers;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What KVM drops without a word where a vCPU's state is not put back whole and in the order that loses nothing. */
@Timeout(60)
class StateOrderTest {
    private static final int MSR_TSC_DEADLINE = 0x6e0;
    private static final int APIC_SPURIOUS_VECTOR = 0xf0;
    private static final int APIC_TIMER = 0x320;
    private static final int SOFTWARE_ENABLED = 0x1ff;
    private static final int DEADLINE_MODE_VECTOR_0XEC = 0x4_00ec;
    private static final long NEVER = Long.MAX_VALUE >>> 1;

    /** KVM ignores a deadline while the APIC's timer is in another mode, which it is until the APIC is restored. */
    @Test
    void shouldKeepADeadlineTimerArmed() {
        try (TestVm source = new TestVm("deadline-source");
                TestVm target = new TestVm("deadline-target")) {
            source.enterUser64();
            UnsafeBuffer apic = source.vcpu().read(KvmIoctl.KVM_GET_LAPIC, VcpuPart.LAPIC.minBytes);
            apic.putInt(APIC_SPURIOUS_VECTOR, SOFTWARE_ENABLED);
            apic.putInt(APIC_TIMER, DEADLINE_MODE_VECTOR_0XEC);
            source.vcpu().write(KvmIoctl.KVM_SET_LAPIC, apic);
            setMsr(source.vcpu(), MSR_TSC_DEADLINE, NEVER);
            VcpuState saved = source.saveVcpu();
            assertThat(saved.msrs()).containsEntry(MSR_TSC_DEADLINE, NEVER);

            target.restoreVcpu(VcpuState.fromBytes(saved.toBytes()));

            assertThat(target.saveVcpu().msrs()).containsEntry(MSR_TSC_DEADLINE, NEVER);
        }
    }

    /** In struct kvm_vcpu_events: exception.injected, nr, has_error_code, pending, error_code. */
    @Test
    void shouldKeepAnExceptionThatWasOnItsWayToTheGuest() {
        try (TestVm source = new TestVm("exception-source");
                TestVm target = new TestVm("exception-target")) {
            source.enterUser64();
            UnsafeBuffer events = source.vcpu().read(KvmIoctl.KVM_GET_VCPU_EVENTS, VcpuPart.EVENTS.minBytes);
            events.putByte(0, (byte) 1);
            events.putByte(1, (byte) 14);
            events.putByte(2, (byte) 1);
            events.putInt(4, 7);
            source.vcpu().write(KvmIoctl.KVM_SET_VCPU_EVENTS, events);
            VcpuState saved = source.saveVcpu();
            assertThat(saved.part(VcpuPart.EVENTS)).startsWith(1, 14, 1);

            target.restoreVcpu(VcpuState.fromBytes(saved.toBytes()));

            assertThat(target.saveVcpu().part(VcpuPart.EVENTS)).isEqualTo(saved.part(VcpuPart.EVENTS));
        }
    }

    private static void setMsr(KvmVcpu vcpu, int index, long value) {
        UnsafeBuffer one = NativeBuffers.allocate(24); // struct kvm_msrs with one kvm_msr_entry
        one.putInt(0, 1);
        one.putInt(8, index);
        one.putLong(16, value);
        assertThat(vcpu.file().call(KvmIoctl.KVM_SET_MSRS, one, "one MSR")).isEqualTo(1);
    }
}
