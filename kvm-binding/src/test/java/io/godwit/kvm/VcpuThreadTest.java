package io.godwit.kvm;

import static io.godwit.kvm.TestVm.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.kvm.memory.GuestMemory;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class VcpuThreadTest {
    private static final VcpuExit.PortOut DONE = new VcpuExit.PortOut(TestVm.PORT, 4, 1, 0x5a5b5c5d);

    @Test
    void shouldPauseInsidePortInputAndContinueInAnotherVm() {
        byte[] code = bytes(
                0xba, 0x00, 0x01, 0x00, 0x00, // mov edx, 0x100
                0xed, // in eax, dx
                0xba, 0x00, 0x02, 0x00, 0x00, // mov edx, 0x200
                0xef, // out dx, eax
                0xf4); // hlt
        shouldPauseInsideReadAndContinueInAnotherVm("pio", code, 6, new VcpuExit.PortIn(0x100, 4, 1));
    }

    @Test
    void shouldPauseInsideMmioReadAndContinueInAnotherVm() {
        byte[] code = bytes(
                0xa1, 0x00, 0x00, 0x00, 0x10, // mov eax, [0x10000000]
                0xba, 0x00, 0x02, 0x00, 0x00, // mov edx, 0x200
                0xef, // out dx, eax
                0xf4); // hlt
        shouldPauseInsideReadAndContinueInAnotherVm("mmio", code, 5, new VcpuExit.MmioRead(TestVm.MMIO, 4));
    }

    private static void shouldPauseInsideReadAndContinueInAnotherVm(
            String name, byte[] code, int instructionEnd, VcpuExit read) {
        try (TestVm source = new TestVm(name + "-source");
                TestVm target = new TestVm(name + "-target")) {
            source.load(TestVm.CODE, code).enter32();
            AtomicReference<CompletionStage<Void>> paused = new AtomicReference<>();
            source.onExit = (vcpu, exit) -> {
                if (exit instanceof VcpuExit.PortIn) {
                    vcpu.answerPort(0, DONE.value());
                } else {
                    vcpu.answerMmio(DONE.value());
                }
                // Requested while the instruction is half done: its result is still in the run page alone.
                paused.set(source.thread().pause());
                return true;
            };
            source.resume();
            source.awaitExit(read);
            Awaitility.await().until(() -> paused.get() != null);
            TestVm.get(paused.get());

            VcpuState state = source.saveVcpu();
            assertThat(state.registers().rip()).isEqualTo(TestVm.CODE + instructionEnd);
            assertThat((int) state.registers().get(Register.RAX)).isEqualTo(DONE.value());
            assertThat(source.exits).containsExactly(read);

            source.copyMemoryTo(target);
            assertThat(target.restoreVcpu(VcpuState.fromBytes(state.toBytes()))).isEmpty();
            target.vm.restoreState(VmState.fromBytes(source.vm.saveState().toBytes()));
            target.resume();
            target.awaitExit(DONE);
            assertThat(target.exits).containsExactly(DONE);
        }
    }

    @Test
    void shouldNotRepeatAPortWriteThatWasPausedIn() {
        byte[] code = bytes(
                0xb8, 0x5d, 0x5c, 0x5b, 0x5a, // mov eax, 0x5a5b5c5d
                0xba, 0x00, 0x02, 0x00, 0x00, // mov edx, 0x200
                0xef, // out dx, eax
                0xf4, // hlt
                0xeb, 0xfd); // jmp hlt
        try (TestVm vm = new TestVm("write")) {
            vm.load(TestVm.CODE, code).enter32();
            vm.onExit = (vcpu, exit) -> {
                vm.thread().pause();
                return true;
            };
            vm.resume();
            vm.awaitExit(DONE);
            vm.pause();
            assertThat(vm.saveVcpu().registers().rip()).isEqualTo(TestVm.CODE + 11);
            vm.resume();
            Awaitility.await().until(() -> vm.vcpu().guestExits() > 0);
            vm.pause();
            assertThat(vm.exits).containsExactly(DONE);
        }
    }

    @Test
    void shouldPauseAVcpuThatHalted() {
        try (TestVm vm = new TestVm("halted")) {
            vm.load(TestVm.CODE, bytes(0xba, 0x00, 0x02, 0x00, 0x00, 0xef, 0xf4, 0xeb, 0xfd)) // out, hlt, jmp hlt
                    .enter32();
            vm.resume();
            Awaitility.await().until(() -> !vm.exits.isEmpty());
            // Until the guest has got from the output to the halt.
            Awaitility.await().until(() -> {
                vm.pause();
                boolean halted = vm.vcpu().mpState() == MpState.HALTED;
                vm.resume();
                return halted;
            });
            long start = System.nanoTime();
            vm.pause();
            assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start)).isLessThan(1_000);
            assertThat(vm.saveVcpu().mpState()).isEqualTo(MpState.HALTED);
        }
    }

    @Test
    void shouldPauseAndResumeThousandsOfTimesWithoutLosingARequest() {
        try (TestVm vm = new TestVm("storm")) {
            vm.load(TestVm.CODE, bytes(0x40, 0xeb, 0xfd)).enter32(); // inc eax, jmp back
            for (int i = 0; i < 3_000; i++) {
                vm.resume();
                assertThat(vm.thread().isPaused()).isFalse();
                vm.pause();
                assertThat(vm.thread().isPaused()).isTrue();
            }
            assertThat(vm.failures).isEmpty();
            assertThat(vm.exits).isEmpty();
        }
    }

    @Test
    void shouldKeepEveryExitThroughAStormOfPauses() {
        byte[] code = bytes(
                0xba, 0x00, 0x02, 0x00, 0x00, // mov edx, 0x200
                0xef, // out dx, eax
                0x40, // inc eax
                0xeb, 0xfc); // jmp out
        try (TestVm vm = new TestVm("exits")) {
            vm.load(TestVm.CODE, code).enter32();
            for (int i = 0; i < 1_000; i++) {
                vm.resume();
                vm.pause();
            }
            Awaitility.await().until(() -> {
                vm.resume();
                vm.pause();
                return vm.exits.size() > 100;
            });
            for (int i = 0; i < vm.exits.size(); i++) {
                assertThat(vm.exits.get(i)).isEqualTo(new VcpuExit.PortOut(TestVm.PORT, 4, 1, i));
            }
        }
    }

    @Test
    void shouldStopWithConsistentRegistersWhenTheHandlerSaysSo() {
        byte[] code = bytes(
                0xba, 0x00, 0x01, 0x00, 0x00, // mov edx, 0x100
                0xed, // in eax, dx
                0xf4); // hlt
        try (TestVm vm = new TestVm("stopped")) {
            vm.load(TestVm.CODE, code).enter32();
            vm.onExit = (vcpu, exit) -> {
                vcpu.answerPort(0, 77);
                return false;
            };
            vm.resume();
            vm.awaitPaused();
            assertThat(vm.saveVcpu().registers().get(Register.RAX)).isEqualTo(77);
            assertThat(vm.saveVcpu().registers().rip()).isEqualTo(TestVm.CODE + 6);
        }
    }

    @Test
    void shouldReportAHandlerThatThrowsAndStop() {
        try (TestVm vm = new TestVm("broken-handler")) {
            vm.load(TestVm.CODE, bytes(0xba, 0x00, 0x02, 0x00, 0x00, 0xef, 0xf4))
                    .enter32();
            vm.onExit = (vcpu, exit) -> {
                throw new IllegalArgumentException("a device with a defect");
            };
            vm.resume();
            Awaitility.await().until(() -> !vm.failures.isEmpty());
            assertThat(vm.failures.get(0)).hasMessage("a device with a defect");
            Awaitility.await().until(vm.thread()::isPaused);
        }
    }

    @Test
    void shouldRefuseTheStateOfAVcpuWhosePauseFailedInsideAnInstruction() {
        try (TestVm vm = new TestVm("half-paused")) {
            vm.load(TestVm.CODE, bytes(0x01, 0x05, 0x00, 0x00, 0x00, 0x10, 0xf4)) // add [0x10000000], eax
                    .enter32();
            AtomicReference<CompletionStage<Void>> paused = new AtomicReference<>();
            vm.onExit = (vcpu, exit) -> {
                if (exit instanceof VcpuExit.MmioWrite) { // while the pause completes the instruction
                    throw new IllegalArgumentException("a device with a defect");
                }
                paused.set(vm.thread().pause());
                return true;
            };
            vm.resume();
            Awaitility.await().until(() -> paused.get() != null);
            assertFails(paused.get(), "a device with a defect");
            assertThat(vm.failures)
                    .singleElement()
                    .hasToString("java.lang.IllegalArgumentException: a device with a defect");
            assertThat(vm.thread().isPaused()).isTrue();
            String refusal = "vCPU 0 of half-paused failed inside an instruction and can only be closed";
            assertFails(vm.thread().whilePaused(vm.vcpu()::saveState), refusal);
            assertFails(vm.thread().resume(), refusal);
            assertThatThrownBy(vm.thread()::requireConsistent).hasMessage(refusal);
        }
    }

    private static void assertFails(CompletionStage<?> stage, String message) {
        assertThatThrownBy(() -> stage.toCompletableFuture().get(30, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasMessageContaining(message);
    }

    @Test
    void shouldTellAGuestThatCameFromElsewhereThatItsClockStoodStill() {
        long clock = 0x5000; // struct pvclock_vcpu_time_info: version u32, ..., at 29 flags u8
        try (TestVm vm = new TestVm("kvmclock")) {
            vm.load(TestVm.CODE, bytes(0xeb, 0xfe)).enter32(); // jmp $
            VcpuState fresh = vm.saveVcpu();
            Map<Integer, Long> msrs = new LinkedHashMap<>(fresh.msrs());
            msrs.put(0x4b56_4d01, clock | 1); // MSR_KVM_SYSTEM_TIME_NEW
            Map<VcpuPart, byte[]> parts = new EnumMap<>(VcpuPart.class);
            for (VcpuPart part : VcpuPart.values()) {
                parts.put(part, fresh.part(part));
            }
            vm.restoreVcpu(new VcpuState(fresh.cpuid(), fresh.tscKhz(), fresh.tscOffset(), parts, msrs));
            vm.vm.restoreState(vm.vm.saveState());
            vm.thread().ranElsewhere();
            vm.resume();
            Awaitility.await().until(() -> (vm.vcpu().guestEntry() & 1) != 0);
            vm.pause();
            try (GuestMemory.Lease lease = vm.memory.lease()) {
                assertThat(lease.getInt(clock)).as("version").isNotZero();
                assertThat(lease.getInt(clock + 28) >> 8 & 2)
                        .as("PVCLOCK_GUEST_STOPPED")
                        .isEqualTo(2);
            }
        }
    }

    @Test
    void shouldRefuseWorkOnAVcpuThatIsNotPaused() {
        try (TestVm vm = new TestVm("busy")) {
            vm.load(TestVm.CODE, bytes(0xeb, 0xfe)).enter32(); // jmp $
            vm.resume();
            Awaitility.await().until(() -> (vm.vcpu().guestEntry() & 1) != 0);
            assertThatThrownBy(() -> vm.thread()
                            .whilePaused(() -> 1)
                            .toCompletableFuture()
                            .get(5, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .hasMessageContaining("vCPU 0 of busy is not paused");
            Awaitility.await().until(() -> (vm.vcpu().guestEntry() & 1) != 0);
            assertThatThrownBy(() -> vm.vcpu().saveState()).hasMessageContaining("pause it first");
        }
    }

    @Test
    void shouldRefuseRequestsAfterClose() {
        try (TestVm vm = new TestVm("ended")) {
            vm.thread().close();
            assertThatThrownBy(() -> vm.thread().resume().toCompletableFuture().get(5, TimeUnit.SECONDS))
                    .hasMessageContaining("godwit-ended-vcpu0 has ended");
            vm.thread().close();
        }
    }

    @Test
    void shouldStartSecondaryVcpusByInitAndSipi() {
        byte[] boot = bytes(
                0xc7, 0x05, 0xf0, 0x00, 0xe0, 0xfe, 0xff, 0x01, 0x00, 0x00, // mov [0xfee000f0], enabled
                0xc7, 0x05, 0x10, 0x03, 0xe0, 0xfe, 0x00, 0x00, 0x00, 0x01, // mov [0xfee00310], 1 << 24
                0xc7, 0x05, 0x00, 0x03, 0xe0, 0xfe, 0x00, 0x45, 0x00, 0x00, // mov [0xfee00300], INIT
                0xc7, 0x05, 0x00, 0x03, 0xe0, 0xfe, 0x08, 0x46, 0x00, 0x00, // mov [0xfee00300], SIPI 0x08
                0xf4, 0xeb, 0xfd);
        byte[] secondary = bytes(
                0xba, 0x00, 0x02, // mov dx, 0x200
                0xb0, 0x2a, // mov al, 42
                0xee, // out dx, al
                0xf4, // hlt
                0xeb, 0xfd);
        try (TestVm vm = new TestVm("smp", TestVm.RAM_BYTES, DirtyLogMechanism.BITMAP, 0, 2)) {
            vm.load(TestVm.CODE, boot).load(0x8000, secondary).enter32();
            VcpuThread second = vm.threads.get(1);
            TestVm.get(second.resume());
            TestVm.get(second.pause()); // while it waits for INIT
            assertThat(second.vcpu().mpState()).isEqualTo(MpState.UNINITIALIZED);
            TestVm.get(second.resume());
            vm.resume();
            vm.awaitExit(new VcpuExit.PortOut(TestVm.PORT, 1, 1, 42));
        }
    }

    @Test
    void shouldGiveAThrottledGuestItsShareAndEverythingElseAtOnce() {
        try (TestVm vm = new TestVm("throttled")) {
            vm.load(TestVm.CODE, bytes(0xeb, 0xfe)).enter32(); // jmp $
            vm.resume();
            vm.thread().throttle(99);
            assertThat(vm.thread().throttlePercent()).isEqualTo(99);
            assertThat(cpuMsOfOneSecond(vm)).as("at 99 percent").isLessThan(200);
            long start = System.nanoTime();
            for (int i = 0; i < 20; i++) {
                vm.pause();
                vm.resume();
            }
            assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start))
                    .as("20 pauses of a vCPU that rests 990 ms at a time")
                    .isLessThan(5_000);
            vm.thread().throttle(0);
            long lifted = vm.thread().cpuTimeNs();
            Awaitility.await().until(() -> vm.thread().cpuTimeNs() > lifted + 300_000_000);
            vm.thread().throttle(99);
        }
    }

    private static long cpuMsOfOneSecond(TestVm vm) {
        long start = System.nanoTime();
        long before = vm.thread().cpuTimeNs();
        Awaitility.await().until(() -> System.nanoTime() - start > 1_000_000_000);
        return (vm.thread().cpuTimeNs() - before) / 1_000_000;
    }
}
