package io.godwit.kvm;

import static io.godwit.kvm.TestVm.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestMemory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class LifetimeTest {
    @Test
    void shouldLeaveNothingBehindAfterTwoHundredVms() {
        runAndClose("warm-up", DirtyLogMechanism.BITMAP);
        runAndClose("warm-up", DirtyLogMechanism.RING);
        long descriptors = descriptors();
        long mappings = mappings();
        for (int i = 0; i < 200; i++) {
            runAndClose("vm-" + i, i % 2 == 0 ? DirtyLogMechanism.BITMAP : DirtyLogMechanism.RING);
        }
        assertThat(descriptors()).isEqualTo(descriptors);
        assertThat(mappings()).isEqualTo(mappings).isZero();
        assertThat(Thread.getAllStackTraces().keySet())
                .noneMatch(thread -> thread.getName().startsWith("godwit-"));
    }

    private static void runAndClose(String name, DirtyLogMechanism mechanism) {
        try (TestVm vm = new TestVm(name, TestVm.RAM_BYTES, mechanism, 1024, 2)) {
            vm.load(TestVm.CODE, bytes(0xba, 0x00, 0x02, 0x00, 0x00, 0xef, 0xf4))
                    .enter32();
            vm.vm.dirtyLog().enable();
            vm.resume();
            vm.awaitExit(new VcpuExit.PortOut(TestVm.PORT, 4, 1, 0));
        }
    }

    @Test
    void shouldMakeOneSpareAtMostAndCloseItWithKvm() {
        TestVm.assumeKvm();
        try (Kvm warmUp = Kvm.open()) {
            warmUp.makeSpare();
        }
        long descriptors = descriptors();
        Kvm kvm = Kvm.open();
        kvm.makeSpare();
        kvm.makeSpare();
        assertThat(descriptors()).as("KVM and one VM").isEqualTo(descriptors + 2);
        kvm.close();
        kvm.makeSpare();
        assertThat(descriptors()).isEqualTo(descriptors);
    }

    @Test
    void shouldRunAVmThatWasMadeBeforehandAsItWouldAnother() throws Exception {
        TestVm.assumeKvm();
        try (Kvm kvm = Kvm.open();
                GuestMemory memory = GuestMemory.create("godwit:spare", GuestLayout.ofSize(TestVm.RAM_BYTES))) {
            kvm.makeSpare();
            long descriptors = descriptors();
            long madeNs = System.nanoTime();
            Awaitility.await().until(() -> System.nanoTime() - madeNs > 50_000_000);
            long askedNs = System.nanoTime();
            try (KvmVm vm = kvm.createVm(new VmOptions("spare", memory, DirtyLogMechanism.RING, 1024))) {
                assertThat(vm.saveState().clockNanos())
                        .as("ns of the guest's clock")
                        .isBetween(0L, System.nanoTime() - askedNs);
                assertThat(descriptors()).as("the spare became the VM").isEqualTo(descriptors);
                assertThat(vm).hasToString("VM spare");
            }
            assertThat(descriptors()).isEqualTo(descriptors - 1);
        }
    }

    @Test
    void shouldKeepMemoryMappedUntilTheVmIsClosed() throws Exception {
        TestVm.assumeKvm();
        try (Kvm kvm = Kvm.open()) {
            GuestMemory memory = GuestMemory.create("godwit:order", GuestLayout.ofSize(TestVm.RAM_BYTES));
            KvmVm vm = kvm.createVm(new VmOptions("order", memory));
            Thread closer = new Thread(memory::close);
            closer.start();
            Awaitility.await().until(() -> closer.getState() == Thread.State.TIMED_WAITING);
            assertThat(namedMappings("godwit:order")).isEqualTo(1);
            vm.close();
            vm.close();
            closer.join(4_000);
            assertThat(closer.isAlive()).isFalse();
            assertThat(namedMappings("godwit:order")).isZero();
        }
    }

    @Test
    void shouldLeakLoudlyInsteadOfTakingTheMemoryOfAVcpuThatStillRuns() {
        TestVm vm = new TestVm("still-running");
        CountDownLatch release = new CountDownLatch(1);
        vm.load(TestVm.CODE, bytes(0xba, 0x00, 0x02, 0x00, 0x00, 0xef, 0xf4)).enter32();
        vm.onExit = (vcpu, exit) -> {
            try {
                return !release.await(60, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                return false;
            }
        };
        vm.resume();
        vm.awaitExit(new VcpuExit.PortOut(TestVm.PORT, 4, 1, 0));
        vm.vm.close(); // the thread sits in its exit handler and has not been closed
        assertThat(vm.memory.leasesOut()).isEqualTo(1);
        assertThat(namedMappings("godwit:still-running")).isEqualTo(1);
        release.countDown();
        vm.thread().close();
        vm.kvm.close();
    }

    @Test
    void shouldRefuseCallsOnAClosedVm() {
        TestVm.assumeKvm();
        try (Kvm kvm = Kvm.open();
                GuestMemory memory = GuestMemory.create("godwit:closed", GuestLayout.ofSize(TestVm.RAM_BYTES))) {
            KvmVm vm = kvm.createVm(new VmOptions("closed", memory));
            KvmVcpu vcpu = vm.createVcpu(0);
            vm.close();
            assertThatThrownBy(() -> vm.irqLine(1, true)).hasMessageContaining("VM closed is closed");
            assertThatThrownBy(vcpu::registers).hasMessageContaining("vCPU 0 of closed is closed");
            assertThatThrownBy(vcpu::run).hasMessageContaining("is closed");
        }
    }

    @Test
    void shouldLeaveNothingBehindWhenAVmCannotBeMade() {
        TestVm.assumeKvm();
        try (Kvm kvm = Kvm.open()) {
            GuestMemory closed = GuestMemory.create("godwit:unusable", GuestLayout.ofSize(TestVm.RAM_BYTES));
            closed.close();
            long descriptors = descriptors();
            assertThatThrownBy(() -> kvm.createVm(new VmOptions("unusable", closed)))
                    .hasMessageContaining("godwit:unusable is closed");
            assertThat(descriptors()).isEqualTo(descriptors);
        }
    }

    @Test
    void shouldNameIoctlErrorAndArgument() {
        TestVm.assumeKvm();
        try (Kvm kvm = Kvm.open();
                GuestMemory memory = GuestMemory.create("godwit:twice", GuestLayout.ofSize(TestVm.RAM_BYTES));
                KvmVm vm = kvm.createVm(new VmOptions("twice", memory))) {
            vm.createVcpu(0);
            assertThatThrownBy(() -> vm.createVcpu(0))
                    .isInstanceOf(KvmException.class)
                    .hasMessageContaining("KVM_CREATE_VCPU(VM twice, vCPU 0): EEXIST");
        }
    }

    private static long descriptors() {
        try (var files = Files.list(Path.of("/proc/self/fd"))) {
            return files.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long mappings() {
        return namedMappings("kvm-vcpu") + namedMappings("godwit:vm-") + namedMappings("godwit:warm-up");
    }

    private static long namedMappings(String name) {
        try (var lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.filter(line -> line.contains(name)).count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
