package io.godwit.vmm.kvm;

import static io.godwit.vmm.kvm.KvmMachines.LIMIT;
import static io.godwit.vmm.kvm.KvmMachines.awaitReady;
import static io.godwit.vmm.kvm.KvmMachines.awaitWritten;
import static io.godwit.vmm.kvm.KvmMachines.events;
import static io.godwit.vmm.kvm.KvmMachines.next;
import static io.godwit.vmm.kvm.KvmMachines.pause;
import static io.godwit.vmm.kvm.KvmMachines.resume;
import static io.godwit.vmm.kvm.KvmMachines.runToEvent;
import static io.godwit.vmm.kvm.KvmMachines.serial;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.godwit.config.DirtyLogKind;
import io.godwit.config.VmSpec;
import io.godwit.vmm.Backend;
import io.godwit.vmm.ComponentState;
import io.godwit.vmm.Machine;
import io.godwit.vmm.MachineEvent;
import io.godwit.vmm.MachineException;
import io.godwit.vmm.MachineState;
import io.godwit.vmm.Vcpu;
import io.godwit.vmm.boot.TestElf;
import io.godwit.vmm.probe.ProbeCounters;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(180)
class KvmMachineTest {
    private static final String NOT_A_KERNEL =
            "not a kernel: accepted are a Linux bzImage, an ELF file with a PVH note and multiboot";

    @TempDir
    Path directory;

    private KvmMachines machines;

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

    private MachineEvent run(Code code) throws Exception {
        return runToEvent(machines.of(code));
    }

    @Test
    void shouldPrintAndExit() throws Exception {
        Machine machine = machines.of(new Code().print("hello\n").exit(42).stop());
        assertThat(machine.backend()).isEqualTo(Backend.KVM);
        assertThat(runToEvent(machine)).isEqualTo(new MachineEvent.DebugExit(42));
        assertThat(serial(machine)).isEqualTo("hello\n");
        await().atMost(LIMIT).until(() -> machine.vcpus().get(0).isPaused());
    }

    @Test
    void shouldGoOnBehindTheExitWhenResumed() throws Exception {
        Machine machine = machines.of(new Code().exit(1).exit(2).stop());
        BlockingQueue<MachineEvent> events = events(machine);
        machine.boot();
        resume(machine);
        assertThat(next(events)).isEqualTo(new MachineEvent.DebugExit(1));
        resume(machine);
        assertThat(next(events)).isEqualTo(new MachineEvent.DebugExit(2));
    }

    @Test
    void shouldHandTheCommandLineOver() throws Exception {
        // eax = [[ebx + 24]]: the first four letters.
        Code code = new Code().raw(0x8b, 0x43, 0x18, 0x8b, 0x00).exitEax().stop();
        Machine machine = machines.create(
                machines.spec(machines.file(TestElf.kernel(code.build())), "abcd", 1, DirtyLogKind.BITMAP));
        assertThat(runToEvent(machine)).isEqualTo(new MachineEvent.DebugExit(0x64636261));
    }

    @Test
    void shouldHandTheInitrdOver() throws Exception {
        // eax = [[[ebx + 16]]]: the first four bytes of the first module.
        Code code = new Code()
                .raw(0x8b, 0x43, 0x10, 0x8b, 0x00, 0x8b, 0x00)
                .exitEax()
                .stop();
        Path kernel = machines.file(TestElf.kernel(code.build()));
        Path initrd = machines.file(new byte[] {1, 2, 3, 4, 5});
        VmSpec spec = new VmSpec(
                "initrd", 64L << 20, 1, kernel.toString(), "", initrd.toString(), DirtyLogKind.BITMAP, new TreeSet<>());
        assertThat(runToEvent(machines.create(spec))).isEqualTo(new MachineEvent.DebugExit(0x04030201));
    }

    @Test
    void shouldReadAllOnesWhereNoDeviceIs() throws Exception {
        assertThat(run(new Code().eax(0).in(0x1234).exitEax().stop())).isEqualTo(new MachineEvent.DebugExit(0xff));
        assertThat(run(new Code().load(0xd000_0000L).exitEax().stop())).isEqualTo(new MachineEvent.DebugExit(-1));
    }

    @Test
    void shouldRaiseLine4OfTheInterruptController() throws Exception {
        Code code = new Code()
                .out(0x3f9, 0x02) // the UART's "transmitter empty" interrupt
                .out(0x20, 0x0a) // the PIC is to show its requests
                .in(0x20)
                .raw(0x24, 0x10) // and al, 1 << 4
                .exitAl()
                .stop();
        assertThat(run(code)).isEqualTo(new MachineEvent.DebugExit(0x10));
    }

    @Test
    void shouldReportEveryWayToReset() throws Exception {
        assertThat(run(new Code().out(0x64, 0xfe).stop())).asString().contains("ResetRequested", "port 0x64");
        assertThat(run(new Code().out(0xcf9, 0x06).stop())).asString().contains("ResetRequested", "port 0xcf9");
        assertThat(run(new Code().raw(0x0f, 0x0b).stop())) // ud2 without an IDT
                .isEqualTo(new MachineEvent.TripleFault(0));
    }

    @Test
    void shouldPowerOffByTheRegisterThatTheTablesName() throws Exception {
        Code code = new Code().dx(0x604).raw(0x66, 0xb8, 0x00, 0x34, 0x66, 0xef).stop(); // mov ax, 0x3400; out dx, ax
        assertThat(run(code)).isEqualTo(new MachineEvent.PoweredOff());
    }

    @Test
    void shouldReportAPanic() throws Exception {
        assertThat(run(new Code().out(0x505, 1).stop())).isEqualTo(new MachineEvent.Panicked());
    }

    @Test
    void shouldPointTheGuestAtItsAcpiTables() throws Exception {
        // eax = [[ebx + 32]]: the RSDP's first four letters.
        Code code = new Code().raw(0x8b, 0x43, 0x20, 0x8b, 0x00).exitEax().stop();
        assertThat(run(code)).isEqualTo(new MachineEvent.DebugExit(0x20445352));
    }

    @Test
    void shouldInterruptTheGuestWhenThePowerButtonIsPressed() throws Exception {
        Code code = new Code()
                .out(0x4d1, 0x02) // line 9 of the second PIC is level-triggered
                .out(0x603, 0x01) // listen to the power button
                .exit(1)
                .out(0xa0, 0x0a) // the PIC is to show its requests
                .in(0xa0)
                .exitAl()
                .stop();
        Machine machine = machines.of(code);
        BlockingQueue<MachineEvent> events = events(machine);
        machine.boot();
        resume(machine);
        assertThat(next(events)).isEqualTo(new MachineEvent.DebugExit(1));
        assertThat(machine.pressPowerButton()).isTrue();
        await().atMost(LIMIT).until(() -> machine.vcpus().get(0).isPaused());
        resume(machine);
        assertThat(next(events)).isEqualTo(new MachineEvent.DebugExit(0x02));
    }

    @Test
    void shouldRenewTheGenerationIdAndTellTheGuest() throws Exception {
        Code code = new Code()
                .load(0xff000)
                .exitEax()
                .load(0xff000)
                .exitEax()
                .dx(0x620)
                .raw(0xed) // in eax, dx
                .exitEax()
                .stop();
        Machine machine = machines.of(code);
        BlockingQueue<MachineEvent> events = events(machine);
        machine.boot();
        resume(machine);
        MachineEvent before = next(events);
        await().atMost(LIMIT).until(() -> machine.vcpus().get(0).isPaused());
        assertThat(machine.renewGeneration()).isTrue();
        resume(machine);
        assertThat(next(events)).as("another id").isNotEqualTo(before);
        resume(machine);
        assertThat(next(events)).as("the event").isEqualTo(new MachineEvent.DebugExit(1));
    }

    @Test
    void shouldReportWhatKvmCannotRun() throws Exception {
        // A jump to where there is no memory.
        MachineEvent event = run(new Code().eax(0xd000_0000L).raw(0xff, 0xe0).stop());
        assertThat(event).isInstanceOfSatisfying(MachineEvent.Failed.class, failed -> {
            assertThat(failed.vcpu()).isZero();
            assertThat(failed.reason()).contains("suberror").contains("rip 0xd0000000");
        });
    }

    @Test
    void shouldTellTheGuestItsTopology() throws Exception {
        Code code = new Code()
                .eax(1)
                .raw(0x0f, 0xa2, 0x89, 0xd8, 0xc1, 0xe8, 0x10)
                .exitEax()
                .stop(); // ebx >> 16
        Path kernel = machines.file(TestElf.kernel(code.build()));
        for (int vcpus = 1; vcpus <= 3; vcpus++) {
            Machine machine = machines.create(machines.spec(kernel, "", vcpus, DirtyLogKind.BITMAP));
            assertThat(runToEvent(machine)).as("APIC id 0 of %d", vcpus).isEqualTo(new MachineEvent.DebugExit(vcpus));
        }
    }

    @Test
    void shouldSayWhatTheCpuIsThatARestoredGuestCameWith() throws Exception {
        Path kernel = machines.file(TestElf.kernel(new Code().exitEax().stop().build()));
        Machine shown = machines.create(machines.spec(kernel, "", 1, DirtyLogKind.BITMAP));
        Machine hidden = machines.create(machines.spec(kernel, "", 1, DirtyLogKind.BITMAP, "cx16", "x2apic"));
        hidden.boot();
        shown.restore(hidden.save());
        assertThat(shown.profile().cpuFeatures()).isEqualTo(hidden.profile().cpuFeatures());
        Machine same = machines.create(machines.spec(kernel, "", 1, DirtyLogKind.BITMAP, "cx16", "x2apic"));
        same.restore(hidden.save());
        assertThat(same.profile().cpuFeatures()).isEqualTo(hidden.profile().cpuFeatures());
    }

    @Test
    void shouldTakeAGuestWithMoreThanThisCpuHasOnlyWhereThatCheckIsSkipped() throws Exception {
        Path kernel = machines.file(TestElf.kernel(new Code().exitEax().stop().build()));
        Machine source = machines.create(machines.spec(kernel, "", 1, DirtyLogKind.BITMAP));
        source.boot();
        MachineState wider = withReservedFeature(source.save());
        Machine careful = machines.create(machines.spec(kernel, "", 1, DirtyLogKind.BITMAP));
        Machine told = machines.create(machines.spec(kernel, "", 1, DirtyLogKind.BITMAP));
        told.skipCpuCheck();

        assertThatThrownBy(() -> careful.restore(wider))
                .hasMessage("vcpu/0: CPU features not supported here: [" + RESERVED_FEATURE + "]");
        told.restore(wider);

        assertThat(told.profile().cpuFeatures())
                .contains(RESERVED_FEATURE)
                .containsAll(source.profile().cpuFeatures());
        assertThat(machines.factory().refusals(told.profile())).hasSize(1);
        assertThat(machines.factory().refusals(told.profile().ofAnyCpu())).isEmpty();
    }

    /** Of leaf 1: no CPU has it. */
    private static final String RESERVED_FEATURE = "0x1.0.ecx.16";

    /** Entries of CPUID begin after the version and their number: function, index, flags, eax, ebx, ecx, edx. */
    private static MachineState withReservedFeature(MachineState state) {
        return new MachineState(state.components().stream()
                .map(component -> {
                    if (!component.id().equals("vcpu/0")) {
                        return component;
                    }
                    byte[] bytes = component.bytes().clone();
                    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
                    for (int i = 0; i < buffer.getInt(4); i++) {
                        int entry = 8 + 28 * i;
                        if (buffer.getInt(entry) == 1) {
                            buffer.putInt(entry + 20, buffer.getInt(entry + 20) | 1 << 16);
                        }
                    }
                    return new ComponentState(component.id(), component.version(), bytes);
                })
                .toList());
    }

    @Test
    void shouldHideFeaturesFromTheGuest() throws Exception {
        Code code = new Code().eax(1).raw(0x0f, 0xa2, 0x89, 0xc8).exitEax().stop(); // ecx
        Path kernel = machines.file(TestElf.kernel(code.build()));
        Machine shown = machines.create(machines.spec(kernel, "", 1, DirtyLogKind.BITMAP));
        Machine hidden = machines.create(machines.spec(kernel, "", 1, DirtyLogKind.BITMAP, "cx16", "x2apic"));
        assertThat(shown.profile().cpuFeatures()).contains("hypervisor", "cx16").doesNotContain("vmx", "svm");
        assertThat(hidden.profile().cpuFeatures()).doesNotContain("cx16", "x2apic");
        int ecx = ((MachineEvent.DebugExit) runToEvent(shown)).code();
        if ((ecx & 1 << 23) != 0 && !shown.profile().cpuFeatures().contains("popcnt")) {
            System.out.println("skipped: this KVM shows guests the host's features, whatever table they are given");
            Assumptions.abort("this KVM adds features to the table");
        }
        assertThat(ecx & (1 << 13)).as("CX16 shown").isNotZero();
        assertThat(((MachineEvent.DebugExit) runToEvent(hidden)).code() & (1 << 13 | 1 << 21))
                .as("CX16 and x2APIC hidden")
                .isZero();
    }

    @ParameterizedTest
    @EnumSource(DirtyLogKind.class)
    void shouldRunTheProbeOnTwoVcpus(DirtyLogKind log) throws Exception {
        Machine machine = machines.probe("wss=4 rate=50 fill=16", 2, log);
        machine.boot();
        resume(machine);
        ProbeCounters ready = awaitReady(machine);
        assertThat(ready.vcpusStarted()).isEqualTo(2);
        ProbeCounters later = awaitWritten(machine, 16 << 20);
        assertThat(later.errors()).isZero();
        assertThat(later.tscBackwards()).isZero();
        assertThat(later.perVcpu()).allMatch(vcpu -> vcpu.pagesWritten() > 0);
        assertThat(serial(machine)).contains("probe: 2 of 2 vCPUs");
    }

    @Test
    void shouldBootAnewAfterTheGuestAskedForAReset() throws Exception {
        Machine machine = machines.probe("reset=1 wss=1 rate=1 fill=1", 2, DirtyLogKind.BITMAP);
        BlockingQueue<MachineEvent> events = events(machine);
        machine.boot();
        resume(machine);
        assertThat(next(events)).isInstanceOf(MachineEvent.ResetRequested.class);
        pause(machine);
        machine.boot();
        resume(machine);
        ProbeCounters ready = awaitReady(machine);
        assertThat(ready.vcpusStarted()).isEqualTo(2);
        assertThat(serial(machine)).contains("probe: reset by port 0x64", "probe: running after a reset");
        assertThat(events).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(DirtyLogKind.class)
    void shouldBootAnewFromTheMiddleOfWork(DirtyLogKind log) throws Exception {
        Machine machine = machines.probe("wss=2 rate=100 fill=4", 2, log);
        for (int round = 0; round < 4; round++) {
            machine.boot();
            resume(machine);
            assertThat(awaitReady(machine).vcpusStarted()).isEqualTo(2);
            assertThat(awaitWritten(machine, 4 << 20).errors()).isZero();
            pause(machine);
        }
        assertThat(serial(machine).split("probe: 2 of 2 vCPUs", -1)).hasSize(5);
    }

    @Test
    void shouldStandStillWhilePaused() throws Exception {
        Machine machine = machines.probe("wss=2 rate=100 fill=4", 2, DirtyLogKind.BITMAP);
        machine.boot();
        resume(machine);
        awaitReady(machine);
        pause(machine);
        byte[] first = KvmMachines.snapshot(machine.memory());
        assertThat(KvmMachines.snapshot(machine.memory())).isEqualTo(first);
        assertThat(machine.save().components()).hasSize(11);
    }

    @Test
    void shouldRunOnlyWhenBootedAndBootOnlyWhenPaused() throws Exception {
        Machine machine = machines.of(new Code().stop());
        assertThatThrownBy(() -> resume(machine)).hasMessageContaining("neither booted nor restored");
        machine.boot();
        resume(machine);
        assertThatThrownBy(machine::boot).hasMessageContaining("cannot be booted while vCPU 0 runs");
        assertThatThrownBy(machine::save).hasMessageContaining("cannot be saved while vCPU 0 runs");
    }

    @Test
    void shouldGiveEverythingBackWhenClosedWhileRunning() throws Exception {
        runAndClose();
        long descriptors = openDescriptors();
        long mappings = guestMappings();
        for (int round = 0; round < 10; round++) {
            runAndClose();
        }
        assertThat(openDescriptors()).isEqualTo(descriptors);
        assertThat(guestMappings()).isEqualTo(mappings);
        assertThat(Thread.getAllStackTraces().keySet())
                .noneMatch(thread -> thread.getName().startsWith("godwit-kvmtest"));
    }

    private void runAndClose() throws Exception {
        Machine machine = machines.probe("wss=1 rate=100 fill=2", 2, DirtyLogKind.RING);
        machine.boot();
        resume(machine);
        awaitReady(machine);
        machine.close();
        machine.close();
        assertThat(machine.vcpus()).allMatch(Vcpu::isPaused);
        assertThatThrownBy(machine::boot).hasMessageContaining("is closed");
    }

    private static long openDescriptors() throws Exception {
        try (var files = Files.list(Path.of("/proc/self/fd"))) {
            return files.count();
        }
    }

    private static long guestMappings() throws Exception {
        return Files.readAllLines(Path.of("/proc/self/maps")).stream()
                .filter(line -> line.contains("godwit:") || line.contains("kvm"))
                .count();
    }

    @Test
    void shouldLeaveNothingBehindWhenCreationFails() throws Exception {
        VmSpec spec = machines.spec(machines.file(new byte[1]), "", 1, DirtyLogKind.BITMAP, "no_such_feature");
        long descriptors = openDescriptors();
        assertThatThrownBy(() -> machines.factory().create(spec))
                .isInstanceOf(MachineException.class)
                .hasMessageContaining("[no_such_feature]");
        assertThat(openDescriptors()).isEqualTo(descriptors);
        assertThat(guestMappings()).isZero();
    }

    @Test
    void shouldNameAKernelThatCannotBeBooted() {
        Path script = machines.file("#!/bin/sh".getBytes());
        Machine machine = machines.create(machines.spec(script, "", 1, DirtyLogKind.BITMAP));
        assertThatThrownBy(machine::boot)
                .isInstanceOf(MachineException.class)
                .hasMessage("kernel " + script + ": " + NOT_A_KERNEL);
        assertThatThrownBy(() -> resume(machine)).hasMessageContaining("neither booted nor restored");
    }

    @Test
    void shouldCheckADefinitionWithoutMakingAMachine() throws Exception {
        KvmMachineFactory factory = machines.factory();
        Path kernel = machines.file(TestElf.kernel(new Code().stop().build()));
        factory.check(machines.spec(kernel, "", 1, DirtyLogKind.RING, "avx2"));
        assertThatThrownBy(() -> factory.check(machines.spec(kernel, "", 1, DirtyLogKind.BITMAP, "avx3")))
                .hasMessageStartingWith("CPU features to hide are unknown: [avx3]; known are [");
        Path script = machines.file("#!/bin/sh".getBytes());
        assertThatThrownBy(() -> factory.check(machines.spec(script, "", 1, DirtyLogKind.BITMAP)))
                .hasMessage("kernel " + script + ": " + NOT_A_KERNEL);
        Path large = machines.file(new byte[64 << 20]);
        VmSpec initrd = new VmSpec(
                "vm", 64L << 20, 1, kernel.toString(), "", large.toString(), DirtyLogKind.BITMAP, new TreeSet<>());
        assertThatThrownBy(() -> factory.check(initrd)).hasMessageContaining("initrd of 67108864 bytes does not fit");
        VmSpec huge = new VmSpec("vm", 4L << 40, 1, kernel.toString(), "", null, DirtyLogKind.BITMAP, new TreeSet<>());
        assertThatThrownBy(() -> factory.check(huge)).hasMessageContaining("wants 4194304 MiB of memory");
        assertThat(guestMappings()).isZero();
    }

    @Test
    void shouldGiveAllReasonsAgainstAProfile() {
        Machine machine = machines.of(new Code().stop());
        assertThat(machines.factory().refusals(machine.profile())).isEmpty();
        var profile = machine.profile();
        var features = new TreeSet<>(profile.cpuFeatures());
        features.add("3dnow_of_the_future");
        var components = new java.util.TreeMap<>(profile.componentVersions());
        components.put("net/0", 1);
        var other = new io.godwit.vmm.MachineProfile(
                profile.spec(), Backend.SIMULATED, profile.layout(), components, features, profile.tscKhz() * 2);
        List<String> reasons = machines.factory().refusals(other);
        assertThat(reasons)
                .anyMatch(reason -> reason.startsWith("backend is SIMULATED"))
                .anyMatch(reason -> reason.startsWith("component net/0 is unknown"))
                .anyMatch(reason -> reason.equals("CPU features not supported here: [3dnow_of_the_future]"));
    }
}
