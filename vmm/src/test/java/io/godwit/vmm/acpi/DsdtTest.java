package io.godwit.vmm.acpi;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DsdtTest {
    private static final byte[] TABLE = Dsdt.build();

    @TempDir
    Path directory;

    private static Map<String, Object> objects() {
        return AmlDecoder.decode(Arrays.copyOfRange(TABLE, 36, TABLE.length));
    }

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    @Test
    void shouldTellHowToSwitchOff() {
        assertThat(objects().get("\\_S5_")).isEqualTo(List.of(5L, 5L, 0L, 0L));
    }

    @Test
    void shouldGiveTheHostBridgeItsBusPortsAndMemory() {
        assertThat(objects().get("\\_SB_.PCI0._HID")).isEqualTo(0x030a_d041L);
        assertThat(objects().get("\\_SB_.PCI0._BBN")).isEqualTo(0L);
        byte[] buses = bytes(0x88, 13, 0, 2, 0x0c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0);
        byte[] ports = bytes(0x47, 1, 0xf8, 0x0c, 0xf8, 0x0c, 1, 8);
        byte[] memory = bytes(
                0x87, 23, 0, 0, 0x0c, 1, 0, 0, 0, 0, 0, 0, 0, 0xc0, 0xff, 0xff, 0xbf, 0xfe, 0, 0, 0, 0, 0, 0, 0xc0,
                0x3e);
        assertThat((byte[]) objects().get("\\_SB_.PCI0._CRS"))
                .isEqualTo(Aml.concat(buses, ports, memory, bytes(0x79, 0)));
    }

    @Test
    void shouldRoutePinAOfEverySlotAsTheBusDoes() {
        List<?> routes = (List<?>) objects().get("\\_SB_.PCI0._PRT");
        assertThat(routes).hasSize(32);
        for (int slot = 0; slot < 32; slot++) {
            assertThat(routes.get(slot)).isEqualTo(List.of(slot * 0x10000L + 0xffff, 0L, 0L, 16L + slot % 8));
        }
    }

    @Test
    void shouldNameTheDevicesAtFixedPorts() {
        Map<String, Object> objects = objects();
        assertThat(objects.get("\\_SB_.COM1._HID")).isEqualTo(0x0105_d041L);
        assertThat((byte[]) objects.get("\\_SB_.COM1._CRS"))
                .isEqualTo(bytes(0x47, 1, 0xf8, 3, 0xf8, 3, 1, 8, 0x22, 0x10, 0, 0x79, 0));
        assertThat(objects.get("\\_SB_.RTC_._HID")).isEqualTo(0x000b_d041L);
        assertThat((byte[]) objects.get("\\_SB_.RTC_._CRS")).isEqualTo(bytes(0x47, 1, 0x70, 0, 0x70, 0, 1, 2, 0x79, 0));
        assertThat(objects.get("\\_SB_.PEVT._HID")).isEqualTo("QEMU0001");
        assertThat((byte[]) objects.get("\\_SB_.PEVT._CRS")).isEqualTo(bytes(0x47, 1, 0x05, 5, 0x05, 5, 1, 1, 0x79, 0));
    }

    @Test
    void shouldTellWhereTheGenerationIdLies() {
        Map<String, Object> objects = objects();
        assertThat(objects.get("\\_SB_.VGEN._CID")).isEqualTo("VM_Gen_Counter");
        assertThat(objects.get("\\_SB_.VGEN.ADDR")).isEqualTo(List.of(8L, List.of("return", List.of(0xff000L, 0L))));
    }

    @Test
    void shouldNotifyOfEachPendingEvent() {
        Map<String, Object> objects = objects();
        assertThat(objects.get("\\_SB_.GED_._HID")).isEqualTo("ACPI0013");
        assertThat((byte[]) objects.get("\\_SB_.GED_._CRS"))
                .isEqualTo(bytes(0x89, 6, 0, 0x01, 1, 10, 0, 0, 0, 0x79, 0));
        assertThat(objects.get("\\_SB_.GED_.EVTS")).as("in I/O space").isEqualTo(List.of(1L, 0x620L, 4L));
        assertThat(objects.get("\\_SB_.GED_.PEND")).as("by 32 bits").isEqualTo(List.of("EVTS", 0x43L, 32L, 0L));
        assertThat(objects.get("\\_SB_.GED_._EVT"))
                .isEqualTo(List.of(
                        9L,
                        "store PEND Local0",
                        List.of("if Local0 & 1", "notify \\_SB_.VGEN 128"),
                        List.of("if Local0 & 2", "call \\_SB_.PHPC.SCAN")));
    }

    @Test
    void shouldBeUnderstoodByTheReferenceCompiler() throws Exception {
        Path table = Files.write(directory.resolve("dsdt.aml"), TABLE);
        Assumptions.assumeTrue(iasl("-v").startsWith("\nIntel ACPI"), "no iasl here");
        String disassembled = iasl("-d", table.toString());
        assertThat(Files.readString(directory.resolve("dsdt.dsl")))
                .as(disassembled)
                .contains("Device (PCI0)", "DWordMemory", "QEMU0001")
                .doesNotContain("Unknown");
        String compiled = iasl("-oa", "-p", "again", "dsdt.dsl");
        assertThat(compiled).contains(" 0 Errors, 0 Warnings");
        assertThat(Files.readAllBytes(directory.resolve("again.aml")))
                .as("what it compiles is what was given to it, but for the header")
                .endsWith(Arrays.copyOfRange(TABLE, 36, TABLE.length));
    }

    /** @return its output, or a line that says why there is none */
    private String iasl(String... arguments) throws InterruptedException {
        String[] command = new String[arguments.length + 1];
        command[0] = "iasl";
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        try {
            Path output = directory.resolve("output");
            Process process = new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            return Files.readString(output);
        } catch (IOException missing) {
            System.out.println("skipped, iasl (acpica-tools) cannot be run here: " + missing.getMessage());
            return "";
        }
    }
}
