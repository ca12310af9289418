package io.godwit.vmm.acpi;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Registers and bits are those of the hot-plug controller at port 0x630, written out. */
class HotplugAmlTest {
    private static final byte[] TABLE = Dsdt.build();
    private static final Pattern NOTIFY = Pattern.compile("Notify on \\[(S[0-9A-F]{2})_\\] \\S+ Value 0x0?(\\d)");
    /** Sets the registers, of which acpiexec makes memory, and does what a kernel does on the interrupt. */
    private static final String DRIVER = """
            DefinitionBlock ("", "SSDT", 2, "GODWIT", "TEST", 1)
            {
              External (\\_SB.PHPC.PCIU, FieldUnitObj)
              External (\\_SB.PHPC.PCID, FieldUnitObj)
              External (\\_SB.PHPC.PCEJ, FieldUnitObj)
              External (\\_SB.GED.PEND, FieldUnitObj)
              External (\\_SB.GED._EVT, MethodObj)
              External (\\_SB.PCI0.S1F._EJ0, MethodObj)
              Method (SCAN, 0) {
                \\_SB.PHPC.PCIU = %s
                \\_SB.PHPC.PCID = %s
                \\_SB.GED.PEND = %d
                \\_SB.GED._EVT (10)
              }
              Method (EJCT, 0) {
                \\_SB.PCI0.S1F._EJ0 (1)
                Return (\\_SB.PHPC.PCEJ)
              }
            }
            """;

    @TempDir
    Path directory;

    private static Map<String, Object> objects() {
        return AmlDecoder.decode(Arrays.copyOfRange(TABLE, 36, TABLE.length));
    }

    @Test
    void shouldHaveAnEjectableDeviceForEverySlotButTheBridges() {
        Map<String, Object> objects = objects();
        assertThat(objects).doesNotContainKey("\\_SB_.PCI0.S00_._ADR");
        for (int slot = 1; slot < 32; slot++) {
            String name = String.format("\\_SB_.PCI0.S%02X_.", slot);
            assertThat(objects.get(name + "_ADR")).isEqualTo((long) slot << 16);
            assertThat(objects.get(name + "_SUN")).isEqualTo((long) slot);
            assertThat(objects.get(name + "_EJ0"))
                    .as("takes one argument, writes its bit")
                    .isEqualTo(List.of(9L, "store " + (1L << slot) + " \\_SB_.PHPC.PCEJ"));
        }
    }

    @Test
    void shouldDescribeTheControllersRegisters() {
        Map<String, Object> objects = objects();
        assertThat(objects.get("\\_SB_.PHPC.PHPR")).as("in I/O space").isEqualTo(List.of(1L, 0x630L, 12L));
        assertThat(objects.get("\\_SB_.PHPC.PCIU")).isEqualTo(List.of("PHPR", 0x43L, 32L, 0L));
        assertThat(objects.get("\\_SB_.PHPC.PCID")).isEqualTo(List.of("PHPR", 0x43L, 32L, 32L));
        assertThat(objects.get("\\_SB_.PHPC.PCEJ")).isEqualTo(List.of("PHPR", 0x43L, 32L, 64L));
    }

    @Test
    void shouldReadEachRegisterOnceAndTellOfEverySlot() {
        List<Object> expected = new ArrayList<>(List.of(8L, "store PCIU Local0", "store PCID Local1"));
        for (int slot = 1; slot < 32; slot++) {
            expected.add(tell("Local0", slot, 1));
        }
        for (int slot = 1; slot < 32; slot++) {
            expected.add(tell("Local1", slot, 3));
        }
        assertThat(objects().get("\\_SB_.PHPC.SCAN")).isEqualTo(expected);
    }

    private static List<String> tell(String local, int slot, int value) {
        String device = String.format("\\_SB_.PCI0.S%02X_", slot);
        return List.of("if " + local + " & " + (1L << slot), "notify " + device + " " + value);
    }

    @Test
    void shouldNotifyInTheReferenceInterpreterOfSlotsThatChanged() throws Exception {
        String output = execute("\\SCAN", "0x80000002", "0x00008010", 2);

        assertThat(notified(output)).containsExactly("S01 1", "S04 3", "S0F 3", "S1F 1");
    }

    @Test
    void shouldNotifyInTheReferenceInterpreterOfNoSlotWhileTheBusIsAsItWas() throws Exception {
        String output = execute("\\SCAN", "0xffffffff", "0xffffffff", 1);

        assertThat(output).contains("Value 0x80");
        assertThat(notified(output)).isEmpty();
    }

    @Test
    void shouldEjectInTheReferenceInterpreterBySlotsBit() throws Exception {
        assertThat(execute("\\EJCT", "0", "0", 0)).contains("[Integer] = 0000000080000000");
    }

    /** Notifications are delivered by several threads, in any order. */
    private static TreeSet<String> notified(String output) {
        TreeSet<String> notified = new TreeSet<>();
        Matcher matcher = NOTIFY.matcher(output);
        while (matcher.find()) {
            notified.add(matcher.group(1) + " " + matcher.group(2));
        }
        return notified;
    }

    private String execute(String method, String inserted, String leaving, int events) throws Exception {
        Files.write(directory.resolve("dsdt.aml"), TABLE);
        Files.writeString(directory.resolve("driver.asl"), String.format(DRIVER, inserted, leaving, events));
        assertThat(run("iasl", "driver.asl")).contains(" 0 Errors");
        String output = run("acpiexec", "-b", "execute " + method, "dsdt.aml", "driver.aml");
        assertThat(output)
                .contains("Evaluating " + method)
                .doesNotContain("AE_")
                .doesNotContain("ACPI Error")
                .doesNotContain("ACPI Warning");
        return output;
    }

    private String run(String... command) throws InterruptedException {
        Path output = directory.resolve("output");
        Process process;
        try {
            process = new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectOutput(output.toFile())
                    .start();
        } catch (IOException missing) {
            System.out.println("skipped, " + command[0] + " (acpica-tools) is missing here: " + missing.getMessage());
            Assumptions.abort("no " + command[0] + " here");
            return "";
        }
        try {
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            return Files.readString(output);
        } catch (IOException unreadable) {
            throw new AssertionError(unreadable);
        } finally {
            process.destroyForcibly();
        }
    }
}
