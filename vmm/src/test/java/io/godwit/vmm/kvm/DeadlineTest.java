package io.godwit.vmm.kvm;

import static io.godwit.vmm.kvm.KvmMachines.LIMIT;
import static io.godwit.vmm.kvm.KvmMachines.awaitReady;
import static io.godwit.vmm.kvm.KvmMachines.awaitWritten;
import static io.godwit.vmm.kvm.KvmMachines.pause;
import static io.godwit.vmm.kvm.KvmMachines.resume;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.godwit.config.DirtyLogKind;
import io.godwit.kvm.RunDeadline;
import io.godwit.kvm.linux.BoottimeClock;
import io.godwit.vmm.Device;
import io.godwit.vmm.DeviceHealth;
import io.godwit.vmm.Machine;
import io.godwit.vmm.MachineState;
import io.godwit.vmm.Vcpu;
import io.godwit.vmm.probe.ProbeCounters;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class DeadlineTest {
    @TempDir
    Path directory;

    private KvmMachines machines;
    private final List<Long> passed = new CopyOnWriteArrayList<>();

    @BeforeEach
    void openKvm() {
        machines = new KvmMachines(directory);
    }

    @AfterEach
    void closeMachines() {
        if (machines != null) {
            machines.close();
        }
    }

    private static long inMs(long ms) {
        return BoottimeClock.nowNs() + TimeUnit.MILLISECONDS.toNanos(ms);
    }

    private Machine running(int vcpus) throws Exception {
        Machine machine = machines.probe("wss=8 rate=100", vcpus, DirtyLogKind.BITMAP);
        machine.onDeadline(passed::add);
        machine.boot();
        resume(machine);
        awaitReady(machine);
        return machine;
    }

    private static void awaitStanding(Machine machine) {
        await().atMost(LIMIT).until(() -> machine.vcpus().stream().allMatch(Vcpu::isPaused));
    }

    private static List<Long> heartbeats(Machine machine) {
        List<Long> beats = new ArrayList<>();
        KvmMachines.counters(machine).orElseThrow().perVcpu().forEach(vcpu -> beats.add(vcpu.heartbeat()));
        return beats;
    }

    @Test
    void shouldStopAllVcpusQuiesceTheDevicesAndSaySo() throws Exception {
        Machine machine = running(2);
        long until = inMs(100);
        assertThat(machine.runUntil(until)).isTrue();
        awaitStanding(machine);
        await().atMost(LIMIT).until(() -> !passed.isEmpty());
        assertThat(passed).containsExactly(until);
        List<Long> stood = heartbeats(machine);
        for (Device device : machine.devices()) {
            device.quiesce().toCompletableFuture().get(20, TimeUnit.SECONDS);
            assertThat(device.health().map(DeviceHealth::state))
                    .as(device.id())
                    .isNotEqualTo(Optional.of(DeviceHealth.State.ACTIVE));
        }
        assertThat(heartbeats(machine)).isEqualTo(stood);
    }

    @Test
    void shouldGoOnWhereItStoodWhenResumedUnderANewDeadline() throws Exception {
        Machine machine = running(2);
        machine.runUntil(inMs(50));
        awaitStanding(machine);
        assertThatThrownBy(() -> resume(machine)).hasMessageContaining("the deadline of machine kvmtest has passed");
        assertThat(machine.runUntil(inMs(60_000))).isFalse();
        assertThat(machine.vcpus()).allMatch(Vcpu::isPaused);
        long written = KvmMachines.counters(machine).orElseThrow().bytesWritten();
        resume(machine);
        ProbeCounters counters = awaitWritten(machine, written + (16 << 20));
        assertThat(counters.errors()).isZero();
        assertThat(counters.tscBackwards()).isZero();
        assertThat(passed).hasSize(1);
    }

    @Test
    void shouldKeepAMachinePausedThatWasPausedWhenItsDeadlineWasExtended() throws Exception {
        Machine machine = running(1);
        machine.runUntil(inMs(60_000));
        pause(machine);
        List<Long> stood = heartbeats(machine);
        assertThat(machine.runUntil(inMs(60_000))).isTrue();
        assertThat(machine.vcpus()).allMatch(Vcpu::isPaused);
        pause(machine); // behind whatever its thread might have been let to do
        assertThat(heartbeats(machine)).isEqualTo(stood);
        assertThat(passed).isEmpty();
    }

    @Test
    void shouldSaveWhatADeadlineStoppedAndRestoreItWithoutTheDeadline() throws Exception {
        Machine source = running(1);
        source.runUntil(inMs(50));
        awaitStanding(source);
        pause(source);
        for (Device device : source.devices()) {
            device.quiesce().toCompletableFuture().get(20, TimeUnit.SECONDS);
        }
        MachineState state = source.save();
        Machine target = machines.probe("wss=8 rate=100", 1, DirtyLogKind.BITMAP);
        KvmMachines.copyAll(source.memory(), target.memory());
        target.restore(state);
        long written = KvmMachines.counters(target).orElseThrow().bytesWritten();
        resume(target);
        assertThat(awaitWritten(target, written + (8 << 20)).errors()).isZero();
        assertThat(source.vcpus()).allMatch(Vcpu::isPaused);
    }

    @Test
    void shouldCostLittleToExtend() throws Exception {
        Machine machine = running(2);
        long written = KvmMachines.counters(machine).orElseThrow().bytesWritten();
        int extensions = 10_000;
        long began = System.nanoTime();
        for (int i = 0; i < extensions; i++) {
            assertThat(machine.runUntil(inMs(60_000))).isTrue();
        }
        double us = (System.nanoTime() - began) / 1e3 / extensions;
        System.out.printf("an extension of a machine with 2 vCPUs takes %.1f µs%n", us);
        assertThat(us).isLessThan(1_000);
        awaitWritten(machine, written + (8 << 20));
        machine.runUntil(RunDeadline.FOREVER);
        assertThat(passed).isEmpty();
    }

    @Test
    void shouldCloseUnderADeadlineThatIsNear() throws Exception {
        for (int ms = 0; ms < 10; ms++) {
            Machine machine = running(1);
            machine.runUntil(inMs(ms));
            machine.close();
            assertThatThrownBy(() -> machine.runUntil(RunDeadline.FOREVER))
                    .hasMessage("machine kvmtest is closed and has no deadline");
        }
    }
}
