package io.godwit.kvm;

import static io.godwit.kvm.TestVm.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.kvm.memory.GuestMemory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LongModeTest {
    private static final long GDT = 0x10_000;
    private static final long PML4 = 0x11_000;

    /** Leaves by a device's memory with a value that needs 64 bits, then with its code and data selectors. */
    private static final byte[] TELL = bytes(
            0x48, 0xb8, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, // mov rax, 0x1122334455667788
            0xbb, 0x00, 0x00, 0x00, 0x10, // mov ebx, 0x10000000
            0x48, 0x89, 0x03, // mov [rbx], rax
            0x8c, 0xc8, // mov eax, cs
            0x89, 0x03, // mov [rbx], eax
            0x8c, 0xd8, // mov eax, ds
            0x89, 0x03, // mov [rbx], eax
            0xeb, 0xfe); // jmp $

    private static void enter(TestVm vm) {
        try (GuestMemory.Lease lease = vm.memory.lease()) {
            lease.putLong(PML4, (PML4 + 0x1000) | 0x63);
            lease.putLong(PML4 + 0x1000, (PML4 + 0x2000) | 0x63);
            for (long i = 0; i < 512; i++) {
                lease.putLong(PML4 + 0x2000 + 8 * i, (i << 21) | 0xe3);
            }
        }
        SpecialRegisters.Table gdt = new SpecialRegisters.Table(GDT, 47);
        vm.vcpu().setSpecialRegisters(vm.vcpu().specialRegisters().inLongMode(PML4, gdt));
        vm.vcpu().setRegisters(Registers.initial().with(Register.RIP, TestVm.CODE));
    }

    @Test
    void shouldRun64BitCodeWithPaging() {
        try (TestVm vm = new TestVm("long-mode")) {
            enter(vm.load(TestVm.CODE, TELL));
            vm.resume();
            vm.awaitExit(new VcpuExit.MmioWrite(TestVm.MMIO, 8, 0x1122334455667788L));
            vm.awaitExit(new VcpuExit.MmioWrite(TestVm.MMIO, 4, 0x10));
            vm.awaitExit(new VcpuExit.MmioWrite(TestVm.MMIO, 4, 0x18));
        }
    }

    @Test
    void shouldBeWhatKvmGivesBack() {
        try (TestVm vm = new TestVm("long-mode-state")) {
            enter(vm);
            SpecialRegisters registers = vm.vcpu().specialRegisters();
            assertThat(registers.cr0() & (SpecialRegisters.CR0_PE | SpecialRegisters.CR0_PG))
                    .isEqualTo(SpecialRegisters.CR0_PE | SpecialRegisters.CR0_PG);
            assertThat(registers.cr3()).isEqualTo(PML4);
            assertThat(registers.cr4() & SpecialRegisters.CR4_PAE).isNotZero();
            assertThat(registers.efer() & SpecialRegisters.EFER_LMA).isNotZero();
            assertThat(registers.cs().longMode()).isTrue();
            assertThat(registers.gdt()).isEqualTo(new SpecialRegisters.Table(GDT, 47));
        }
    }
}
