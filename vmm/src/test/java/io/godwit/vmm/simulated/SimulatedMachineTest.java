package io.godwit.vmm.simulated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.godwit.config.DirtyLogKind;
import io.godwit.config.VmSpec;
import io.godwit.kvm.RunDeadline;
import io.godwit.kvm.linux.BoottimeClock;
import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.kvm.memory.PageBitmap;
import io.godwit.vmm.Backend;
import io.godwit.vmm.ComponentState;
import io.godwit.vmm.DirtyPages;
import io.godwit.vmm.Machine;
import io.godwit.vmm.MachineEvent;
import io.godwit.vmm.MachineException;
import io.godwit.vmm.MachineProfile;
import io.godwit.vmm.MachineState;
import io.godwit.vmm.Vcpu;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class SimulatedMachineTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private final SimulatedMachineFactory factory = new SimulatedMachineFactory();
    private final List<Machine> machines = new ArrayList<>();
    private Path kernel;

    @TempDir
    Path directory;

    @BeforeEach
    void makeKernel() throws Exception {
        kernel = Files.write(directory.resolve("kernel"), new byte[] {1});
    }

    @AfterEach
    void closeMachines() {
        machines.forEach(Machine::close);
    }

    private VmSpec spec(String cmdline, int vcpus) {
        return new VmSpec(
                "sim", 64L << 20, vcpus, kernel.toString(), cmdline, null, DirtyLogKind.BITMAP, new TreeSet<>());
    }

    private Machine machine(String cmdline, int vcpus) {
        Machine machine = factory.create(spec(cmdline, vcpus));
        machines.add(machine);
        return machine;
    }

    private static void resume(Machine machine) throws Exception {
        for (Vcpu vcpu : machine.vcpus()) {
            vcpu.resume().toCompletableFuture().get(10, TimeUnit.SECONDS);
        }
    }

    private static void pause(Machine machine) throws Exception {
        for (Vcpu vcpu : machine.vcpus()) {
            vcpu.pause().toCompletableFuture().get(10, TimeUnit.SECONDS);
        }
    }

    private static long counter(Machine machine, int vcpu, int offset) {
        try (GuestMemory.Lease lease = machine.memory().lease()) {
            return lease.getLong(0x10000 + 64L * (1 + vcpu) + offset);
        }
    }

    private static boolean isReady(Machine machine) {
        try (GuestMemory.Lease lease = machine.memory().lease()) {
            return lease.getInt(0x10000 + 48) == 1;
        }
    }

    private static String serial(Machine machine) {
        return new String(machine.serial().read(0, 1 << 20).bytes(), StandardCharsets.US_ASCII);
    }

    @Test
    void shouldFillThenWriteWithoutErrorsAndSayWhatItIs() throws Exception {
        Machine machine = machine("wss=8 rate=200 fill=16", 2);
        assertThat(machine.backend()).isEqualTo(Backend.SIMULATED);
        machine.boot();
        resume(machine);
        // Twice around the working set, so that every page was checked after it was written.
        await().atMost(LIMIT).until(() -> counter(machine, 0, 8) > 2048 && counter(machine, 1, 8) > 2048);
        assertThat(isReady(machine)).isTrue();
        for (int vcpu = 0; vcpu < 2; vcpu++) {
            assertThat(counter(machine, vcpu, 0)).as("heartbeat").isPositive();
            assertThat(counter(machine, vcpu, 16)).as("checked").isGreaterThan(2048);
            assertThat(counter(machine, vcpu, 24)).as("errors").isZero();
        }
        assertThat(serial(machine)).startsWith("simulated probe: no CPU").contains("filled 16 MiB, running");
    }

    @Test
    void shouldStandStillWhilePaused() throws Exception {
        Machine machine = machine("wss=4 rate=1000", 2);
        machine.boot();
        assertThat(machine.vcpus()).allMatch(Vcpu::isPaused);
        resume(machine);
        await().atMost(LIMIT).until(() -> counter(machine, 1, 8) > 0);
        pause(machine);
        assertThat(machine.vcpus()).allMatch(Vcpu::isPaused);
        byte[] first = snapshot(machine.memory());
        byte[] second = snapshot(machine.memory());
        assertThat(second).isEqualTo(first);
        long beats = counter(machine, 0, 0);
        resume(machine);
        await().atMost(LIMIT).until(() -> counter(machine, 0, 0) > beats);
    }

    private static byte[] snapshot(GuestMemory memory) {
        byte[] all = new byte[(int) memory.layout().sizeBytes()];
        UnsafeBuffer view = new UnsafeBuffer(all);
        try (GuestMemory.Lease lease = memory.lease()) {
            for (int at = 0; at < all.length; at += 1 << 20) {
                lease.read(at, view, at, 1 << 20);
            }
        }
        return all;
    }

    @Test
    void shouldMarkEveryPageItWritesSoThatACopyGoesOnWithoutErrors() throws Exception {
        Machine source = machine("wss=8 rate=400 fill=12", 2);
        source.boot();
        resume(source);
        Machine target = machine("wss=8 rate=400 fill=12", 2);
        PageBitmap pages = new PageBitmap(source.memory().layout().pageCount());
        try (DirtyPages.View view = source.dirtyPages().open()) {
            for (int round = 0; round < 5; round++) {
                long written = counter(source, 0, 8);
                view.drainTo(pages);
                copy(pages, source.memory(), target.memory());
                await().atMost(LIMIT).until(() -> counter(source, 0, 8) > written + 500);
            }
            pause(source);
            view.drainTo(pages);
            assertThat(pages.cardinality()).isBetween(1L, 64L << 8);
            copy(pages, source.memory(), target.memory());
        }
        assertThat(snapshot(target.memory())).isEqualTo(snapshot(source.memory()));
        target.restore(source.save());
        assertThat(target.save()).isEqualTo(source.save());
        long written = counter(target, 0, 8);
        assertThat(written).isEqualTo(counter(source, 0, 8));
        resume(target);
        await().atMost(LIMIT).until(() -> counter(target, 0, 8) > written + 3000);
        assertThat(counter(target, 0, 24) + counter(target, 1, 24)).as("errors").isZero();
        assertThat(serial(target)).isEqualTo(serial(source));
    }

    private static void copy(PageBitmap pages, GuestMemory from, GuestMemory to) {
        UnsafeBuffer page = new UnsafeBuffer(new byte[GuestLayout.PAGE_SIZE]);
        try (GuestMemory.Lease source = from.lease();
                GuestMemory.Lease target = to.lease()) {
            for (long i = pages.nextSet(0); i >= 0; i = pages.nextSet(i + 1)) {
                long address = from.layout().guestAddress(i);
                source.read(address, page, 0, GuestLayout.PAGE_SIZE);
                target.write(address, page, 0, GuestLayout.PAGE_SIZE);
            }
        }
        pages.clearAll();
    }

    @Test
    void shouldCountAPageThatWasLost() throws Exception {
        Machine machine = machine("wss=1 rate=100 fill=1", 1);
        machine.boot();
        resume(machine);
        await().atMost(LIMIT).until(() -> counter(machine, 0, 8) > 600);
        pause(machine);
        long address = io.godwit.vmm.probe.ProbeLayout.FILL_ADDRESS + 17 * 4096;
        try (GuestMemory.Lease lease = machine.memory().lease()) {
            lease.zero(address, 4096);
        }
        resume(machine);
        await().atMost(LIMIT).until(() -> counter(machine, 0, 24) == 1);
        try (GuestMemory.Lease lease = machine.memory().lease()) {
            assertThat(lease.getLong(0x10000 + 40)).as("first error").isEqualTo(address);
        }
    }

    @Test
    void shouldKeepTheRateAskedFor() throws Exception {
        Machine machine = machine("wss=8 rate=40", 2);
        machine.boot();
        resume(machine);
        await().atMost(LIMIT).until(() -> isReady(machine));
        long start = System.nanoTime();
        long before = counter(machine, 0, 8) + counter(machine, 1, 8);
        await().atMost(LIMIT).until(() -> counter(machine, 0, 8) + counter(machine, 1, 8) > before + 20_000);
        double seconds = (System.nanoTime() - start) / 1e9;
        long pages = counter(machine, 0, 8) + counter(machine, 1, 8) - before;
        // What was late before is caught up; how late depends on what else the host does.
        assertThat(pages * 4096 / seconds / 1e6).isBetween(5.0, 60.0);
    }

    @Test
    void shouldHaveNeitherPowerButtonNorGenerationId() {
        Machine machine = machine("wss=1", 1);
        assertThat(machine.pressPowerButton()).isFalse();
        assertThat(machine.renewGeneration()).isFalse();
    }

    @Test
    void shouldTellOfADebugExitAndStopThatVcpu() throws Exception {
        Machine machine = machine("wss=1 exit=7", 2);
        Queue<MachineEvent> events = new ConcurrentLinkedQueue<>();
        machine.onEvent(events::add);
        machine.boot();
        resume(machine);
        await().atMost(LIMIT).until(() -> machine.vcpus().get(0).isPaused());
        assertThat(events).containsExactly(new MachineEvent.DebugExit(7));
        assertThat(machine.vcpus().get(1).isPaused()).isFalse();
    }

    @Test
    void shouldRunOnlyWhenBootedAndBootOnlyWhenPaused() throws Exception {
        Machine machine = machine("wss=1", 1);
        assertThatThrownBy(() -> resume(machine)).hasMessageContaining("machine sim was neither booted nor restored");
        assertThatThrownBy(machine::save).hasMessageContaining("neither booted nor restored");
        machine.boot();
        resume(machine);
        assertThatThrownBy(machine::boot).hasMessage("machine sim cannot be booted while vCPU 0 runs");
        assertThatThrownBy(machine::save).hasMessage("machine sim cannot be saved while vCPU 0 runs");
        pause(machine);
        machine.boot();
        assertThat(counter(machine, 0, 0)).isZero();
    }

    @Test
    void shouldNameAMissingKernel() {
        factory.check(spec("", 1));
        kernel = directory.resolve("absent");
        assertThatThrownBy(() -> factory.check(spec("", 1))).hasMessage("kernel " + kernel + ": not a readable file");
        Machine machine = machine("", 1);
        assertThatThrownBy(machine::boot)
                .isInstanceOf(MachineException.class)
                .hasMessage("kernel " + kernel + ": not a readable file");
    }

    @Test
    void shouldRefuseStatesOfOtherMachinesAndOutOfRange() {
        Machine one = machine("wss=1", 1);
        one.boot();
        Machine two = machine("wss=1", 2);
        assertThatThrownBy(() -> two.restore(one.save())).hasMessage("components missing from the state: [vcpu/1]");
        byte[] bytes = one.save().components().get(0).bytes();
        bytes[16] = (byte) 0xff;
        bytes[17] = (byte) 0xff;
        MachineState broken = new MachineState(List.of(
                new ComponentState("vcpu/0", 1, bytes), one.save().components().get(1)));
        assertThatThrownBy(() -> one.restore(broken)).hasMessage("vcpu/0: cursor is 65535, accepted are 0 to 255");
    }

    @Test
    void shouldEndItsThreadsAndRefuseToRunWhenClosedAgainAndAgain() throws Exception {
        Machine machine = machine("wss=4 rate=100", 2);
        machine.boot();
        resume(machine);
        machine.close();
        machine.close();
        assertThat(Thread.getAllStackTraces().keySet())
                .noneMatch(thread -> thread.getName().startsWith("godwit-sim-vcpu"));
        assertThatThrownBy(() -> resume(machine)).hasMessageContaining("godwit-sim-vcpu0 has ended");
        pause(machine);
    }

    @Test
    void shouldGiveAllReasonsAgainstAProfile() {
        Machine machine = machine("", 1);
        assertThat(factory.refusals(machine.profile())).isEmpty();
        TreeMap<String, Integer> components = new TreeMap<>(machine.profile().componentVersions());
        components.put("serial/0", 99);
        components.put("net/0", 1);
        components.remove("vcpu/0");
        MachineProfile profile = new MachineProfile(
                machine.spec(), Backend.KVM, GuestLayout.ofSize(2 << 20), components, new TreeSet<>(), 0);
        assertThat(factory.refusals(profile))
                .hasSize(5)
                .anyMatch(reason -> reason.startsWith("backend is KVM"))
                .anyMatch(reason -> reason.startsWith("memory layout is"))
                .anyMatch(reason -> reason.startsWith("component net/0 is unknown"))
                .anyMatch(reason -> reason.equals("component serial/0 has version 99, accepted is 1"))
                .anyMatch(reason -> reason.equals("components [vcpu/0] are missing"));
    }

    @Test
    void shouldRefuseMoreMemoryThanTheHostHas() {
        VmSpec huge =
                new VmSpec("huge", 4L << 40, 1, kernel.toString(), "", null, DirtyLogKind.BITMAP, new TreeSet<>());
        assertThatThrownBy(() -> factory.create(huge))
                .isInstanceOf(MachineException.class)
                .hasMessageContaining("machine huge wants 4194304 MiB of memory, this host has");
    }

    @Test
    void shouldStopAtItsDeadlineAndGoOnUnderANewOneWhenResumed() throws Exception {
        Machine machine = machine("wss=8 rate=200", 2);
        Queue<Long> passed = new ConcurrentLinkedQueue<>();
        machine.onDeadline(passed::add);
        machine.boot();
        resume(machine);
        long until = BoottimeClock.nowNs() + TimeUnit.MILLISECONDS.toNanos(50);
        assertThat(machine.runUntil(until)).isTrue();
        await().atMost(LIMIT).until(() -> machine.vcpus().stream().allMatch(Vcpu::isPaused));
        assertThat(passed).containsExactly(until);
        assertThatThrownBy(() -> resume(machine)).hasMessageContaining("the deadline of machine sim has passed");
        assertThat(machine.runUntil(RunDeadline.FOREVER)).isFalse();
        assertThat(machine.vcpus()).allMatch(Vcpu::isPaused);
        long stood = counter(machine, 0, 0);
        pause(machine); // behind whatever its thread might have been let to do
        assertThat(counter(machine, 0, 0)).isEqualTo(stood);
        resume(machine);
        await().atMost(LIMIT).until(() -> counter(machine, 0, 0) > stood);
    }
}
