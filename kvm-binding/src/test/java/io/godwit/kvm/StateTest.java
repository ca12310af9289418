package io.godwit.kvm;

import static io.godwit.kvm.TestVm.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class StateTest {
    /** Goes on in another VM: the counter itself, and its distance from the host's. */
    private static final List<String> MAY_DIFFER = List.of("TSC_OFFSET", "MSR 0x10");

    /** User code that gives vector registers, flags and general registers values, then leaves by a device's memory. */
    private static final byte[] FILL_REGISTERS = bytes(
            0x48, 0xb8, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, // mov rax, 0x1122334455667788
            0x66, 0x48, 0x0f, 0x6e, 0xc0, // movq xmm0, rax
            0x66, 0x4c, 0x0f, 0x6e, 0xf8, // movq xmm15, rax
            0x49, 0x89, 0xc7, // mov r15, rax
            0xf9, // stc
            0xbb, 0x00, 0x00, 0x00, 0x10, // mov ebx, 0x10000000
            0x89, 0x03, // mov [rbx], eax
            0x66, 0x4c, 0x0f, 0x7e, 0xf8, // movq rax, xmm15
            0x48, 0x89, 0x03, // mov [rbx], rax
            0xeb, 0xfe); // jmp $

    @Test
    void shouldSaveInASecondVmWhatWasRestoredFromTheFirst() {
        try (TestVm source = new TestVm("state-source");
                TestVm target = new TestVm("state-target")) {
            source.load(TestVm.CODE, FILL_REGISTERS).enterUser64();
            source.vm.irqLine(4, true); // a pending line in PIC and IOAPIC
            source.onExit = (vcpu, exit) -> false;
            source.resume();
            source.awaitPaused();
            VcpuState saved = source.saveVcpu();
            VmState vmSaved = source.vm.saveState();
            assertThat(saved.registers().get(Register.R15)).isEqualTo(0x1122334455667788L);

            source.copyMemoryTo(target);
            assertThat(target.restoreVcpu(VcpuState.fromBytes(saved.toBytes()))).isEmpty();
            target.vm.restoreState(VmState.fromBytes(vmSaved.toBytes()));

            assertThat(target.saveVcpu().differences(saved)).isSubsetOf(MAY_DIFFER);
            // The timer's load time is the moment of restoring.
            assertThat(target.vm.saveState().differences(vmSaved)).isSubsetOf("PIT");

            target.resume();
            target.awaitExit(new VcpuExit.MmioWrite(TestVm.MMIO, 8, 0x1122334455667788L));
        }
    }

    /** KVM_SET_REGS clears exceptions, the APIC's base is in the special registers, its timer mode in the APIC. */
    @Test
    void shouldRestoreTheRegistersBeforeTheApicAndPendingEventsAfterAll() {
        assertThat(VcpuPart.values())
                .containsExactly(
                        VcpuPart.REGS,
                        VcpuPart.SREGS,
                        VcpuPart.XSAVE,
                        VcpuPart.XCRS,
                        VcpuPart.DEBUGREGS,
                        VcpuPart.LAPIC,
                        VcpuPart.MP_STATE,
                        VcpuPart.EVENTS);
    }

    @Test
    void shouldRestoreTheTscBeforeAllOtherMsrsAndItsDeadlineAfterThem() {
        try (TestVm vm = new TestVm("msr-order")) {
            vm.load(TestVm.CODE, FILL_REGISTERS).enterUser64();
            List<Integer> order = List.copyOf(vm.saveVcpu().msrs().keySet());
            assertThat(order).hasSizeGreaterThan(10).startsWith(0x10).endsWith(0x6e0);
            List<Integer> afterBytes = List.copyOf(
                    VcpuState.fromBytes(vm.saveVcpu().toBytes()).msrs().keySet());
            assertThat(afterBytes).isEqualTo(order);
        }
    }

    @Test
    void shouldLetTheTimeStampCounterGoOnAsIfTheGuestHadNeverMoved() {
        try (TestVm source = new TestVm("tsc-source");
                TestVm target = new TestVm("tsc-target")) {
            source.load(TestVm.CODE, FILL_REGISTERS).enterUser64();
            source.onExit = (vcpu, exit) -> false;
            source.resume(); // KVM relates the guest's clock to the host's counter once a vCPU has run
            source.awaitPaused();
            VcpuState saved = source.saveVcpu();
            VmState vmSaved = source.vm.saveState();
            org.junit.jupiter.api.Assumptions.assumeTrue(
                    saved.tscOffset().isPresent()
                            && vmSaved.clock().hasHostTsc()
                            && vmSaved.clock().hasRealtime(),
                    "needs a KVM that tells TSC offset, host TSC and wall clock");
            target.restoreVcpu(saved);
            target.vm.restoreState(vmSaved);
            // On one host the counter's offset must come out as it was: within a millisecond of clock arithmetic.
            long drift = target.saveVcpu().tscOffset().orElseThrow()
                    - saved.tscOffset().orElseThrow();
            assertThat(Math.abs(drift)).isLessThan(saved.tscKhz());
            assertThat(target.vm.saveState().clockNanos()).isGreaterThan(vmSaved.clockNanos());
        }
    }

    @Test
    void shouldRoundTripThroughBytes() {
        try (TestVm vm = new TestVm("bytes")) {
            vm.load(TestVm.CODE, FILL_REGISTERS).enterUser64();
            VcpuState state = vm.saveVcpu();
            VmState vmState = vm.vm.saveState();
            assertThat(VcpuState.fromBytes(state.toBytes())).isEqualTo(state);
            assertThat(VcpuState.fromBytes(state.toBytes()).toBytes()).isEqualTo(state.toBytes());
            assertThat(VmState.fromBytes(vmState.toBytes()).toBytes()).isEqualTo(vmState.toBytes());
        }
    }

    @Test
    void shouldRefuseDamagedBytesAndNothingElse() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        try (TestVm vm = new TestVm("damaged")) {
            byte[] good = vm.saveVcpu().toBytes();
            byte[] goodVm = vm.vm.saveState().toBytes();
            for (int i = 0; i < 2_000; i++) {
                byte[] cut = Arrays.copyOf(good, random.nextInt(good.length));
                assertThatThrownBy(() -> VcpuState.fromBytes(cut)).isInstanceOf(KvmStateException.class);
                byte[] cutVm = Arrays.copyOf(goodVm, random.nextInt(goodVm.length));
                assertThatThrownBy(() -> VmState.fromBytes(cutVm)).isInstanceOf(KvmStateException.class);
                byte[] flipped = good.clone();
                flipped[random.nextInt(flipped.length)] ^= (byte) (1 + random.nextInt(255));
                try {
                    VcpuState.fromBytes(flipped);
                } catch (KvmStateException e) {
                    assertThat(e).hasMessageContaining("vCPU state");
                }
            }
            assertThatThrownBy(() -> VcpuState.fromBytes(Arrays.copyOf(good, good.length + 1)))
                    .hasMessageContaining("1 bytes behind its end");
            good[0] = 9;
            assertThatThrownBy(() -> VcpuState.fromBytes(good)).hasMessage("vCPU state of version 9; accepted is 1");
        }
    }

    @Test
    void shouldSurviveRestoringNonsense() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        try (TestVm source = new TestVm("nonsense-source")) {
            byte[] good = source.saveVcpu().toBytes();
            for (int i = 0; i < 40; i++) {
                byte[] bad = good.clone();
                for (int flips = 0; flips < 20; flips++) {
                    bad[random.nextInt(bad.length)] = (byte) random.nextInt();
                }
                try (TestVm target = new TestVm("nonsense-target")) {
                    VcpuState state;
                    try {
                        state = VcpuState.fromBytes(bad);
                    } catch (KvmStateException e) {
                        continue;
                    }
                    assertThatCode(() -> {
                                try {
                                    target.vcpu().restoreState(state);
                                } catch (KvmException | KvmStateException e) {
                                    assertThat(e.getMessage()).contains("nonsense-target");
                                }
                            })
                            .doesNotThrowAnyException();
                }
            }
        }
    }

    @Test
    void shouldRefuseATscThatThisHostCannotGive() {
        try (TestVm vm = new TestVm("tsc")) {
            org.junit.jupiter.api.Assumptions.assumeTrue(
                    vm.vm.check(KvmCapability.TSC_CONTROL) <= 0, "needs a host without TSC scaling");
            VcpuState state = vm.saveVcpu();
            byte[] bytes = state.toBytes();
            int at = 4 + 4 + 28 * state.cpuid().entries().size();
            java.nio.ByteBuffer.wrap(bytes)
                    .order(java.nio.ByteOrder.LITTLE_ENDIAN)
                    .putInt(at, state.tscKhz() * 2);
            assertThatThrownBy(() -> vm.vcpu().restoreState(VcpuState.fromBytes(bytes)))
                    .isInstanceOf(KvmStateException.class)
                    .hasMessageContaining("cannot scale");
        }
    }

    @Test
    void shouldSkipAndReportAnMsrThatCannotBeSet() {
        try (TestVm vm = new TestVm("msr")) {
            VcpuState state = vm.saveVcpu();
            java.util.Map<Integer, Long> msrs = new java.util.LinkedHashMap<>(state.msrs());
            msrs.put(0x7777, 5L); // exists nowhere
            msrs.put(0xc000_0102, 0x1234_5000L); // KERNEL_GS_BASE, behind it
            java.util.Map<VcpuPart, byte[]> parts = new java.util.EnumMap<>(VcpuPart.class);
            for (VcpuPart part : VcpuPart.values()) {
                parts.put(part, state.part(part));
            }
            VcpuState changed = new VcpuState(state.cpuid(), state.tscKhz(), state.tscOffset(), parts, msrs);
            assertThat(vm.restoreVcpu(changed)).containsExactly(new SkippedMsr(0x7777, 5));
            assertThat(vm.saveVcpu().msrs()).containsEntry(0xc000_0102, 0x1234_5000L);
        }
    }
}
