package io.godwit.vmm.kvm;

import static io.godwit.vmm.kvm.KvmMachines.LIMIT;
import static io.godwit.vmm.kvm.KvmMachines.awaitReady;
import static io.godwit.vmm.kvm.KvmMachines.awaitWritten;
import static io.godwit.vmm.kvm.KvmMachines.copy;
import static io.godwit.vmm.kvm.KvmMachines.copyAll;
import static io.godwit.vmm.kvm.KvmMachines.counters;
import static io.godwit.vmm.kvm.KvmMachines.pause;
import static io.godwit.vmm.kvm.KvmMachines.resume;
import static io.godwit.vmm.kvm.KvmMachines.serial;
import static io.godwit.vmm.kvm.KvmMachines.snapshot;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.godwit.config.DirtyLogKind;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.kvm.memory.PageBitmap;
import io.godwit.vmm.ComponentState;
import io.godwit.vmm.DirtyPages;
import io.godwit.vmm.Machine;
import io.godwit.vmm.MachineException;
import io.godwit.vmm.MachineState;
import io.godwit.vmm.probe.ProbeCounters;
import io.godwit.vmm.state.MachineStateCodec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A guest goes on in a second machine where it was in the first. */
@Timeout(180)
class SaveRestoreTest {
    private static final long COUNTER = 0x20_0000;

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

    /** {@code 1: inc eax; mov [COUNTER], eax; jmp 1b}: the count is in the register, memory shows it. */
    private static Code counting() {
        return new Code().eax(0).raw(0x40, 0xa3, 0, 0, 0x20, 0).jumpTo(5);
    }

    /** Writes a to z to the serial port for ever. */
    private static Code alphabet() {
        Code code = new Code().dx(0x3f8).al('a');
        int loop = code.position();
        // out; inc al; cmp al, 'z' + 1; jne loop; mov al, 'a'; jmp loop
        return code.outAl()
                .raw(0xfe, 0xc0, 0x3c, 'z' + 1, 0x75, loop - (code.position() + 6))
                .al('a')
                .jumpTo(loop);
    }

    private static int count(Machine machine) {
        try (GuestMemory.Lease lease = machine.memory().lease()) {
            return lease.getInt(COUNTER);
        }
    }

    private static MachineState overTheWire(Machine machine) {
        return MachineStateCodec.decode(MachineStateCodec.encode(machine.save()));
    }

    @Test
    void shouldGoOnCountingElsewhere() throws Exception {
        Machine source = machines.of(counting());
        source.boot();
        resume(source);
        await().atMost(LIMIT).until(() -> count(source) > 1000);
        pause(source);
        int saved = count(source);
        Machine target = machines.of(counting());
        copyAll(source.memory(), target.memory());
        target.restore(overTheWire(source));
        assertThat(count(target)).isEqualTo(saved);
        resume(target);
        await().atMost(LIMIT).until(() -> count(target) > saved);
        assertThat(count(source)).isEqualTo(saved);
        resume(source);
        await().atMost(LIMIT).until(() -> count(source) > saved);
    }

    @Test
    void shouldLoseAndRepeatNoByteOfOutput() throws Exception {
        Machine machine = machines.of(alphabet());
        machine.boot();
        for (int hop = 0; hop < 10; hop++) {
            Machine source = machine;
            long position = source.serial().position();
            resume(source);
            await().atMost(LIMIT).until(() -> source.serial().position() > position + 50);
            pause(source);
            Machine target = machines.of(alphabet());
            copyAll(source.memory(), target.memory());
            target.restore(overTheWire(source));
            source.close();
            machine = target;
        }
        String output = serial(machine);
        assertThat(output.length()).isGreaterThan(500);
        for (int i = 0; i < output.length(); i++) {
            assertThat(output.charAt(i)).as("letter %d", i).isEqualTo((char) ('a' + i % 26));
        }
    }

    @ParameterizedTest
    @CsvSource({"2, BITMAP", "2, RING", "4, BITMAP", "4, RING"})
    void shouldMoveTheProbeUnderLoadByItsDirtyPages(int vcpus, DirtyLogKind log) throws Exception {
        String cmdline = "wss=8 rate=100 fill=24";
        Machine machine = machines.probe(cmdline, vcpus, log);
        machine.boot();
        resume(machine);
        awaitReady(machine);
        for (int hop = 0; hop < 3; hop++) {
            Machine target = machines.probe(cmdline, vcpus, log);
            move(machine, target);
            machine.close();
            machine = target;
        }
        ProbeCounters counters = counters(machine).orElseThrow();
        assertThat(counters.vcpusStarted()).isEqualTo(vcpus);
        assertThat(counters.errors()).isZero();
        assertThat(counters.tscBackwards()).isZero();
    }

    private static void move(Machine source, Machine target) throws Exception {
        PageBitmap pages = new PageBitmap(source.memory().layout().pageCount());
        try (DirtyPages.View view = source.dirtyPages().open()) {
            for (int round = 0; round < 4; round++) {
                long written = counters(source).orElseThrow().bytesWritten();
                view.drainTo(pages);
                copy(pages, source.memory(), target.memory());
                awaitWritten(source, written + (1 << 20));
            }
            pause(source);
            MachineState state = overTheWire(source);
            view.drainTo(pages);
            assertThat(pages.cardinality()).as("dirty at pause").isBetween(1L, 24L << 8);
            copy(pages, source.memory(), target.memory());
            // Setting the wall clock writes RAM, so memory is compared before the state is restored.
            assertThat(Arrays.equals(snapshot(target.memory()), snapshot(source.memory())))
                    .isTrue();
            target.restore(state);
        }
        long written = counters(target).orElseThrow().bytesWritten();
        resume(target);
        ProbeCounters counters = awaitWritten(target, written + (16 << 20));
        assertThat(counters.perVcpu()).allMatch(vcpu -> vcpu.errors() == 0);
    }

    @Test
    void shouldBootAnewAfterItMoved() throws Exception {
        Machine source = machines.probe("wss=1 rate=10 fill=2", 2, DirtyLogKind.BITMAP);
        source.boot();
        resume(source);
        awaitReady(source);
        pause(source);
        Machine target = machines.probe("wss=1 rate=10 fill=2", 2, DirtyLogKind.BITMAP);
        copyAll(source.memory(), target.memory());
        target.restore(overTheWire(source));
        assertThat(target.profile().cpuFeatures()).isEqualTo(source.profile().cpuFeatures());
        assertThat(target.profile().tscKhz()).isEqualTo(source.profile().tscKhz());
        target.boot();
        resume(target);
        assertThat(awaitReady(target).vcpusStarted()).isEqualTo(2);
    }

    @Test
    void shouldRefuseAStateIntoAMachineThatRan() throws Exception {
        Machine source = machines.of(counting());
        source.boot();
        assertThatThrownBy(() -> source.restore(source.save())).hasMessageContaining("cannot be restored into");
    }

    @Test
    void shouldRefuseBrokenStatesByTheNameOfTheirComponent() throws Exception {
        Machine source = machines.of(counting());
        source.boot();
        MachineState state = source.save();
        for (int i = 0; i < state.components().size(); i++) {
            ComponentState whole = state.components().get(i);
            ComponentState cut = new ComponentState(
                    whole.id(), whole.version(), Arrays.copyOf(whole.bytes(), whole.bytes().length - 1));
            List<ComponentState> components = new ArrayList<>(state.components());
            components.set(i, cut);
            Machine target = machines.of(counting());
            assertThatThrownBy(() -> target.restore(new MachineState(components)))
                    .isInstanceOf(MachineException.class)
                    .hasMessageStartingWith(whole.id() + ": ");
            target.close();
        }
    }

    /** Whatever a vCPU's bytes say: restored or refused, and the process lives. */
    @Test
    void shouldSurviveHostileVcpuStates() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        Machine source = machines.of(counting());
        source.boot();
        MachineState state = source.save();
        ComponentState vcpu = state.components().get(0);
        int refused = 0;
        for (int round = 0; round < 60; round++) {
            byte[] bytes = vcpu.bytes().clone();
            for (int i = random.nextInt(6); i >= 0; i--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            List<ComponentState> components = new ArrayList<>(state.components());
            components.set(0, new ComponentState(vcpu.id(), vcpu.version(), bytes));
            Machine target = machines.of(counting());
            try {
                target.restore(new MachineState(components));
            } catch (MachineException e) {
                refused++;
            } finally {
                target.close();
            }
        }
        System.out.println(refused + " of 60 refused");
    }
}
