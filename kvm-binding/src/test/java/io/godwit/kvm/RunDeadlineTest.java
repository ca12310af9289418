package io.godwit.kvm;

import static io.godwit.kvm.TestVm.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.kvm.linux.BoottimeClock;
import io.godwit.kvm.memory.GuestMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RunDeadlineTest {
    private static final long COUNTER = 0x2000;
    private static final byte[] COUNTING = bytes(
            0xff, 0x05, 0x00, 0x20, 0x00, 0x00, // inc [0x2000]
            0xeb, 0xf8); // jmp back

    private final List<Long> passed = new CopyOnWriteArrayList<>();
    private final RunDeadline deadline = new RunDeadline("test", passed::add);

    private static long inMs(long ms) {
        return BoottimeClock.nowNs() + TimeUnit.MILLISECONDS.toNanos(ms);
    }

    private TestVm counting(int vcpus) {
        return new TestVm("deadline", vcpus, deadline)
                .load(TestVm.CODE, COUNTING)
                .enter32();
    }

    private static int counter(TestVm vm) {
        try (GuestMemory.Lease lease = vm.memory.lease()) {
            return lease.getInt(COUNTER);
        }
    }

    private static void awaitCounting(TestVm vm) {
        int before = counter(vm);
        Awaitility.await().until(() -> counter(vm) != before);
    }

    private void awaitPassed(long instant) {
        Awaitility.await().pollInterval(1, TimeUnit.MILLISECONDS).until(() -> passed.contains(instant));
    }

    private static void assertRefused(CompletionStage<Void> resume) {
        assertThatThrownBy(() -> resume.toCompletableFuture().get(30, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasMessageContaining("the deadline of machine test has passed");
    }

    @Test
    void shouldStopASpinningGuestAtItsDeadlineAndLeaveItConsistent() {
        try (TestVm vm = counting(1)) {
            vm.resume();
            awaitCounting(vm);
            long until = inMs(50);
            assertThat(deadline.set(until)).isTrue();
            vm.awaitPaused();
            assertThat(BoottimeClock.nowNs()).isGreaterThanOrEqualTo(until);
            assertThat(passed).containsExactly(until);
            int stood = counter(vm);
            assertThat(vm.saveVcpu().registers().rip()).isBetween(TestVm.CODE, TestVm.CODE + 6);
            assertThat(counter(vm)).isEqualTo(stood);
        }
    }

    @Test
    void shouldRunOnWhileTheDeadlineIsExtended() {
        try (TestVm vm = counting(1)) {
            long first = inMs(5_000);
            assertThat(deadline.set(first)).isTrue();
            vm.resume();
            long end = inMs(1_000);
            int extensions = 0;
            while (BoottimeClock.nowNs() < end) {
                assertThat(deadline.set(inMs(5_000))).isTrue();
                awaitCounting(vm);
                extensions++;
            }
            assertThat(extensions).isPositive();
            assertThat(vm.thread().isPaused()).isFalse();
            assertThat(passed).isEmpty();
        }
    }

    @Test
    void shouldNotGoOnByAnExtensionThatComesLate() {
        try (TestVm vm = counting(1)) {
            vm.resume();
            long until = inMs(20);
            deadline.set(until);
            vm.awaitPaused();
            assertRefused(vm.thread().resume());
            assertThat(deadline.set(RunDeadline.FOREVER)).isFalse();
            int stood = counter(vm);
            vm.saveVcpu(); // behind whatever the thread might have been let to do
            assertThat(vm.thread().isPaused()).isTrue();
            assertThat(counter(vm)).isEqualTo(stood);
            vm.resume();
            awaitCounting(vm);
            assertThat(passed).containsExactly(until);
        }
    }

    @Test
    void shouldStopAtAnInstantThatHasPassedAlready() {
        try (TestVm vm = counting(1)) {
            vm.resume();
            awaitCounting(vm);
            assertThat(deadline.set(0)).isTrue();
            vm.awaitPaused();
            assertThat(passed).containsExactly(0L);
        }
    }

    @Test
    void shouldStopAVcpuWhoseHandlerOutlivesTheDeadlineThoughItWasExtendedMeanwhile() throws Exception {
        CountDownLatch inHandler = new CountDownLatch(1);
        CountDownLatch leave = new CountDownLatch(1);
        try (TestVm vm = new TestVm("handler", 1, deadline)) {
            vm.load(TestVm.CODE, bytes(0xba, 0x00, 0x02, 0x00, 0x00, 0xef, 0xeb, 0xfe)) // out, jmp $
                    .enter32();
            vm.onExit = (vcpu, exit) -> {
                inHandler.countDown();
                return await(leave);
            };
            vm.resume();
            assertThat(inHandler.await(30, TimeUnit.SECONDS)).isTrue();
            long until = inMs(20);
            deadline.set(until);
            awaitPassed(until);
            assertThat(deadline.set(RunDeadline.FOREVER)).isFalse();
            leave.countDown();
            vm.awaitPaused();
            assertThat(vm.saveVcpu().registers().rip()).isEqualTo(TestVm.CODE + 6);
        }
    }

    private static boolean await(CountDownLatch latch) {
        try {
            return latch.await(30, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void shouldWakeAHaltedVcpuToStopIt() {
        try (TestVm vm = new TestVm("halted", 1, deadline)) {
            vm.load(TestVm.CODE, bytes(0xf4, 0xeb, 0xfd)).enter32(); // hlt, jmp hlt
            vm.resume();
            deadline.set(inMs(50));
            vm.awaitPaused();
            assertThat(passed).hasSize(1);
        }
    }

    @Test
    void shouldStopAVcpuThatRestsBetweenItsSlices() {
        try (TestVm vm = counting(1)) {
            vm.thread().throttle(99);
            vm.resume();
            awaitCounting(vm);
            long until = inMs(30);
            deadline.set(until);
            vm.awaitPaused();
            assertThat(passed).containsExactly(until);
        }
    }

    @Test
    void shouldTellOfADeadlineThatPassesWhileNothingRuns() {
        try (TestVm vm = counting(1)) {
            long until = inMs(20);
            deadline.set(until);
            awaitPassed(until);
            assertRefused(vm.thread().resume());
            assertThat(deadline.set(inMs(30_000))).isFalse();
            assertThat(vm.thread().isPaused()).isTrue();
            vm.resume();
            awaitCounting(vm);
        }
    }

    @Test
    void shouldStopEveryVcpuOfAMachineAndTellOnce() {
        try (TestVm vm = counting(2)) {
            VcpuThread second = vm.threads.get(1);
            TestVm.get(second.resume()); // waits for INIT inside KVM
            vm.resume();
            awaitCounting(vm);
            long until = inMs(30);
            deadline.set(until);
            vm.awaitPaused();
            Awaitility.await().until(second::isPaused);
            assertThat(passed).containsExactly(until);
        }
    }

    @Test
    void shouldMoveADeadlineNearerAndTellOfThatAlone() {
        long near = inMs(20);
        assertThat(deadline.set(inMs(3_600_000))).isTrue();
        assertThat(deadline.set(near)).isTrue();
        awaitPassed(near);
        assertThat(deadline.set(RunDeadline.FOREVER)).isFalse();
        assertThat(deadline.set(RunDeadline.FOREVER)).isTrue();
        assertThat(passed).containsExactly(near);
    }

    @Test
    void shouldGiveTheKernelItsTimersBack() throws Exception {
        int before = timers();
        for (int i = 0; i < 5; i++) {
            try (TestVm vm = counting(2)) {
                Awaitility.await().until(() -> timers() == before + 2);
                vm.resume();
                deadline.set(inMs(60_000));
            }
            assertThat(timers()).isEqualTo(before);
        }
    }

    /** proc(5): one entry with a line "ID:" for each POSIX timer of the process. */
    private static int timers() throws IOException {
        return (int) Files.readAllLines(Path.of("/proc/self/timers")).stream()
                .filter(line -> line.startsWith("ID:"))
                .count();
    }

    @Test
    void shouldRefuseAnInstantBeforeTheClockBegan() {
        assertThatThrownBy(() -> deadline.set(-1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("deadline -1 ns of machine test; accepted is 0 or more");
        assertThat(deadline.untilNs()).isEqualTo(RunDeadline.FOREVER);
    }

    @Test
    void shouldRefuseADeadlineOnceClosed() {
        deadline.set(inMs(60_000));
        deadline.close();
        deadline.close();
        assertThatThrownBy(() -> deadline.set(RunDeadline.FOREVER))
                .hasMessage("machine test is closed and has no deadline");
    }
}
