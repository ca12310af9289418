package io.godwit.vmm.acpi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Offsets and values are ACPI 6.5's, found from the RSDP as a kernel finds them. */
class AcpiTablesTest {
    private static final long START = 0xe0000;

    private final ByteBuffer block = blockOf(2);

    private static ByteBuffer blockOf(int vcpus) {
        return ByteBuffer.wrap(AcpiTables.of(vcpus)).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static int sum(ByteBuffer bytes, int at, int length) {
        int sum = 0;
        for (int i = 0; i < length; i++) {
            sum += bytes.get(at + i);
        }
        return sum & 0xff;
    }

    private static String text(ByteBuffer bytes, int at, int length) {
        return new String(bytes.array(), at, length, StandardCharsets.US_ASCII);
    }

    /** A table by its address, its header checked. */
    private static ByteBuffer table(ByteBuffer block, long address, int revision) {
        int at = (int) (address - START);
        int length = block.getInt(at + 4);
        assertThat(at + length).isLessThanOrEqualTo(block.capacity());
        assertThat(sum(block, at, length)).as("checksum").isZero();
        assertThat(block.get(at + 8)).as("revision").isEqualTo((byte) revision);
        assertThat(text(block, at + 10, 6)).isEqualTo("GODWIT");
        return ByteBuffer.wrap(Arrays.copyOfRange(block.array(), at, at + length))
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    private static Map<String, ByteBuffer> tables(ByteBuffer block) {
        ByteBuffer xsdt = table(block, block.getLong(24), 1);
        assertThat(text(xsdt, 0, 4)).isEqualTo("XSDT");
        assertThat((xsdt.capacity() - 36) % 8).isZero();
        Map<String, ByteBuffer> tables = new HashMap<>();
        for (int at = 36; at < xsdt.capacity(); at += 8) {
            ByteBuffer table = table(block, xsdt.getLong(at), 6);
            tables.put(text(table, 0, 4), table);
        }
        tables.put("DSDT", table(block, tables.get("FACP").getLong(140), 2));
        return tables;
    }

    @Test
    void shouldBeginWithAnRsdpOfBothChecksums() {
        assertThat(text(block, 0, 8)).isEqualTo("RSD PTR ");
        assertThat(sum(block, 0, 20)).as("checksum of revision 0").isZero();
        assertThat(sum(block, 0, 36)).as("extended checksum").isZero();
        assertThat(text(block, 9, 6)).isEqualTo("GODWIT");
        assertThat(block.get(15)).as("revision").isEqualTo((byte) 2);
        assertThat(block.getInt(16)).as("no RSDT").isZero();
        assertThat(block.getInt(20)).as("length").isEqualTo(36);
        assertThat(tables(block)).containsOnlyKeys("FACP", "APIC", "DSDT");
    }

    @Test
    void shouldDescribeTheFixedHardware() {
        ByteBuffer fadt = tables(block).get("FACP");
        assertThat(fadt.capacity()).isEqualTo(276);
        assertThat(fadt.get(131)).as("minor revision").isEqualTo((byte) 5);
        assertThat(fadt.getShort(46)).as("SCI").isEqualTo((short) 9);
        assertThat(fadt.getInt(48)).as("no SMI port").isZero();
        assertThat(fadt.getInt(56)).as("PM1a events").isEqualTo(0x600);
        assertThat(fadt.getInt(64)).as("PM1a control").isEqualTo(0x604);
        assertThat(fadt.getInt(76)).as("PM timer").isEqualTo(0x608);
        assertThat(new int[] {fadt.get(88), fadt.get(89), fadt.get(91)}).containsExactly(4, 2, 4);
        assertThat(fadt.get(108)).as("century register").isEqualTo((byte) 0x32);
        assertThat(fadt.getShort(109)).as("ISA devices, no 8042, no VGA").isEqualTo((short) 0b101);
        int flags = fadt.getInt(112);
        assertThat(flags & 1 << 4).as("a fixed power button").isZero();
        assertThat(flags & 1 << 5).as("no fixed sleep button").isNotZero();
        assertThat(flags & 1 << 8).as("32 bits of PM timer").isNotZero();
        assertThat(flags & 1 << 10).as("reset register").isNotZero();
        assertThat(flags & 1 << 20).as("not hardware-reduced").isZero();
        assertThat(fadt.getInt(40)).as("DSDT twice").isEqualTo((int) fadt.getLong(140));
    }

    @Test
    void shouldGiveEveryRegisterInIoSpace() {
        ByteBuffer fadt = tables(block).get("FACP");
        assertRegister(fadt, 116, 0xcf9, 8, 1);
        assertThat(fadt.get(128)).as("reset value").isEqualTo((byte) 0x06);
        assertRegister(fadt, 148, 0x600, 32, 2);
        assertRegister(fadt, 172, 0x604, 16, 2);
        assertRegister(fadt, 208, 0x608, 32, 3);
        assertThat(fadt.getLong(164)).as("no PM1b").isZero();
        assertThat(fadt.getLong(224)).as("no GPE0").isZero();
    }

    private static void assertRegister(ByteBuffer fadt, int at, int port, int bits, int access) {
        assertThat(new int[] {fadt.get(at), fadt.get(at + 1), fadt.get(at + 2), fadt.get(at + 3)})
                .as("register at %d", at)
                .containsExactly(1, bits, 0, access);
        assertThat(fadt.getLong(at + 4)).isEqualTo(port);
    }

    @Test
    void shouldPutTheFacsAtAMultipleOf64() {
        int address = tables(block).get("FACP").getInt(36);
        int at = (int) (address - START);
        assertThat(address % 64).isZero();
        assertThat(text(block, at, 4)).isEqualTo("FACS");
        assertThat(block.getInt(at + 4)).isEqualTo(64);
        assertThat(block.get(at + 32)).as("version").isEqualTo((byte) 2);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 255})
    void shouldListEveryProcessorOnce(int vcpus) {
        ByteBuffer madt = tables(blockOf(vcpus)).get("APIC");
        assertThat(madt.getInt(36)).isEqualTo(0xfee00000);
        assertThat(madt.getInt(40)).as("has PICs").isEqualTo(1);
        int at = 44;
        for (int i = 0; i < vcpus; i++, at += 8) {
            assertThat(new int[] {madt.get(at), madt.get(at + 1), madt.get(at + 2) & 0xff, madt.get(at + 3) & 0xff})
                    .containsExactly(0, 8, i, i);
            assertThat(madt.getInt(at + 4)).as("enabled").isEqualTo(1);
        }
        byte[] rest = Arrays.copyOfRange(madt.array(), at, madt.capacity());
        assertThat(rest)
                .isEqualTo(Aml.concat(
                        bytes(1, 12, 0, 0, 0x00, 0x00, 0xc0, 0xfe, 0, 0, 0, 0),
                        bytes(2, 10, 0, 0, 2, 0, 0, 0, 0, 0),
                        bytes(2, 10, 0, 9, 9, 0, 0, 0, 0x0d, 0),
                        bytes(2, 10, 0, 10, 10, 0, 0, 0, 0x0d, 0),
                        bytes(4, 6, 0xff, 0, 0, 1)));
    }

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    @Test
    void shouldFitBelowTheGenerationIdForAsManyVcpusAsThereCanBe() {
        assertThat(blockOf(255).capacity()).isLessThan(0xff000 - 0xe0000);
        assertThatThrownBy(() -> AcpiTables.of(256)).hasMessage("256 vCPUs; accepted are 1 to 255");
        assertThatThrownBy(() -> AcpiTables.of(0)).hasMessage("0 vCPUs; accepted are 1 to 255");
    }
}
