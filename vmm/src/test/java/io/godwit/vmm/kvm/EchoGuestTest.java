package io.godwit.vmm.kvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.config.DirtyLogKind;
import io.godwit.config.VmSpec;
import io.godwit.config.device.ConsoleName;
import io.godwit.config.device.GuestDevice;
import io.godwit.vmm.Device;
import io.godwit.vmm.DeviceHealth;
import io.godwit.vmm.GuestConsole;
import io.godwit.vmm.Machine;
import io.godwit.vmm.MachineEvent;
import io.godwit.vmm.MachineState;
import io.godwit.vmm.probe.GuestKernel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is typed at a guest reaches it, on real KVM: the echo guest reads its serial port only when that interrupts. */
@Timeout(120)
class EchoGuestTest {
    private static final String LETTERS = "the quick brown fox jumps over the lazy dog 0123456789";

    @TempDir
    Path directory;

    private KvmMachines machines;

    @BeforeEach
    void open() {
        machines = new KvmMachines(directory);
    }

    @AfterEach
    void close() {
        if (machines != null) {
            machines.close();
        }
    }

    private Machine create(String cmdline, GuestDevice... devices) {
        return machines.create(new VmSpec(
                "echo",
                32L << 20,
                1,
                machines.file(GuestKernel.ECHO.bytes()).toString(),
                cmdline,
                null,
                DirtyLogKind.BITMAP,
                new TreeSet<>(),
                List.of(),
                List.of(),
                new TreeSet<>(List.of(devices))));
    }

    private Machine running(String cmdline, GuestDevice... devices) throws Exception {
        Machine machine = create(cmdline, devices);
        machine.boot();
        resume(machine);
        awaitSerial(machine, "echo: ready");
        return machine;
    }

    private static void resume(Machine machine) throws Exception {
        for (Device device : machine.devices()) {
            device.resume().toCompletableFuture().get(20, TimeUnit.SECONDS);
        }
        KvmMachines.resume(machine);
    }

    private static void pause(Machine machine) throws Exception {
        KvmMachines.pause(machine);
        for (Device device : machine.devices()) {
            device.quiesce().toCompletableFuture().get(20, TimeUnit.SECONDS);
        }
    }

    private static GuestConsole console(Machine machine, ConsoleName name) {
        return machine.console(name).orElseThrow();
    }

    private static void type(Machine machine, ConsoleName name, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        assertThat(console(machine, name).input(bytes)).isEqualTo(bytes.length);
    }

    private static String written(Machine machine, ConsoleName name) {
        byte[] bytes = console(machine, name).log().read(0, 1 << 20).bytes();
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static void awaitSerial(Machine machine, String text) {
        await().atMost(KvmMachines.LIMIT)
                .untilAsserted(
                        () -> assertThat(written(machine, ConsoleName.SERIAL)).contains(text));
    }

    @Test
    void shouldInterruptTheGuestForWhatIsTyped() throws Exception {
        Machine machine = running("");
        type(machine, ConsoleName.SERIAL, "x");
        awaitSerial(machine, "ready\r\nx");
        String much = LETTERS.repeat(60);
        type(machine, ConsoleName.SERIAL, much);
        awaitSerial(machine, "ready\r\nx" + much);
        assertThat(written(machine, ConsoleName.SERIAL)).doesNotContain("overrun");
    }

    @Test
    void shouldPassWhatIsTypedThroughTheVirtioConsole() throws Exception {
        Machine machine = running("console", GuestDevice.CONSOLE);
        String much = LETTERS.repeat(40);
        type(machine, ConsoleName.CONSOLE, much);
        await().atMost(KvmMachines.LIMIT)
                .untilAsserted(
                        () -> assertThat(written(machine, ConsoleName.CONSOLE)).isEqualTo(much));
        type(machine, ConsoleName.SERIAL, "both");
        awaitSerial(machine, "both");
    }

    @Test
    void shouldHaveTheConsoleThatItsDefinitionNames() {
        Machine without = create("");
        assertThat(without.console(ConsoleName.SERIAL)).isPresent();
        assertThat(without.console(ConsoleName.CONSOLE)).isEmpty();
    }

    @Test
    void shouldReadElsewhereWhatItHadNotReadWhenItWasSaved() throws Exception {
        Machine source = running("console", GuestDevice.CONSOLE);
        pause(source);
        type(source, ConsoleName.SERIAL, LETTERS);
        type(source, ConsoleName.CONSOLE, LETTERS);
        for (Device device : source.devices()) {
            device.handOver().toCompletableFuture().get(20, TimeUnit.SECONDS);
        }
        assertThat(console(source, ConsoleName.SERIAL).input(new byte[1]))
                .as("what came now would be in no saved state")
                .isZero();
        assertThat(console(source, ConsoleName.CONSOLE).input(new byte[1])).isZero();
        MachineState state = source.save();

        Machine target = create("console", GuestDevice.CONSOLE);
        KvmMachines.copyAll(source.memory(), target.memory());
        target.restore(state);
        resume(target);

        awaitSerial(target, "echo: ready, with a console\r\n" + LETTERS);
        await().atMost(KvmMachines.LIMIT)
                .untilAsserted(
                        () -> assertThat(written(target, ConsoleName.CONSOLE)).isEqualTo(LETTERS));
        type(target, ConsoleName.SERIAL, "and on");
        awaitSerial(target, LETTERS + "and on");
        assertThat(target.generation()).as("a migration is no copy").isEqualTo(source.generation());
    }

    @Test
    void shouldTakeInputAgainWhereTheSwitchoverWasCalledOff() throws Exception {
        Machine machine = running("console", GuestDevice.CONSOLE);
        pause(machine);
        for (Device device : machine.devices()) {
            device.handOver().toCompletableFuture().get(20, TimeUnit.SECONDS);
        }
        resume(machine);
        type(machine, ConsoleName.SERIAL, "stayed");
        type(machine, ConsoleName.CONSOLE, "stayed");
        awaitSerial(machine, "stayed");
        await().atMost(KvmMachines.LIMIT)
                .untilAsserted(
                        () -> assertThat(written(machine, ConsoleName.CONSOLE)).isEqualTo("stayed"));
    }

    @Test
    void shouldPowerOffByItsButtonAndSayHowItEndedOtherwise() throws Exception {
        Machine polite = running("");
        BlockingQueue<MachineEvent> events = KvmMachines.events(polite);
        polite.pressPowerButton();
        assertThat(KvmMachines.next(events)).isEqualTo(new MachineEvent.PoweredOff());

        Machine deaf = running("ignore-button");
        events = KvmMachines.events(deaf);
        deaf.pressPowerButton();
        awaitSerial(deaf, "power button ignored");
        type(deaf, ConsoleName.SERIAL, "\u0005*");
        assertThat(KvmMachines.next(events)).isEqualTo(new MachineEvent.DebugExit('*'));
    }

    @Test
    void shouldTellATripleFaultFromAPanic() throws Exception {
        Machine first = running("");
        BlockingQueue<MachineEvent> events = KvmMachines.events(first);
        type(first, ConsoleName.SERIAL, "\u0006");
        assertThat(KvmMachines.next(events)).isEqualTo(new MachineEvent.TripleFault(0));

        Machine second = running("");
        events = KvmMachines.events(second);
        type(second, ConsoleName.SERIAL, "\u0010");
        assertThat(KvmMachines.next(events)).isEqualTo(new MachineEvent.Panicked());
    }

    @Test
    void shouldSayWhyADeviceStoppedAndGoOnWithoutIt() throws Exception {
        Machine machine = running("console", GuestDevice.CONSOLE);
        BlockingQueue<String> faults = new LinkedBlockingQueue<>();
        machine.onDeviceFault((device, reason) -> faults.add(device + ": " + reason));
        Device console = device(machine, "console/0");
        assertThat(console.health()).contains(DeviceHealth.of(DeviceHealth.State.ACTIVE));

        type(machine, ConsoleName.SERIAL, "\u0002");

        String told = faults.poll(KvmMachines.LIMIT.toSeconds(), TimeUnit.SECONDS);
        assertThat(told).startsWith("console/0: ").contains("console/0 queue 1");
        assertThat(console.health().orElseThrow().state()).isEqualTo(DeviceHealth.State.FAILED);
        assertThat(told).endsWith(console.health().orElseThrow().fault().orElseThrow());
        type(machine, ConsoleName.SERIAL, "alive");
        awaitSerial(machine, "alive");
        assertThat(faults).as("told once").isEmpty();
    }

    private static Device device(Machine machine, String id) {
        return machine.devices().stream()
                .filter(device -> device.id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void shouldBeAnotherGenerationWhenRenewedOrMadeAnewButNotWhenRebooted() throws Exception {
        Machine machine = running("");
        String born = machine.generation().orElseThrow();
        pause(machine);
        machine.boot();
        assertThat(machine.generation()).as("a reboot").contains(born);
        machine.renewGeneration();
        assertThat(machine.generation()).as("renewed").isPresent().isNotEqualTo(java.util.Optional.of(born));
        assertThat(create("").generation()).as("another machine").isPresent().isNotEqualTo(java.util.Optional.of(born));
    }
}
