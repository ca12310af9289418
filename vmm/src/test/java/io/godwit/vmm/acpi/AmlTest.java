package io.godwit.vmm.acpi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class AmlTest {
    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    /** The examples and limits of ACPI 6.5, 20.2.4: the length counts its own bytes. */
    @Test
    void shouldEncodeLengthsInAsFewBytesAsHoldThem() {
        assertThat(Aml.packageLength(0)).isEqualTo(bytes(0x01));
        assertThat(Aml.packageLength(62)).isEqualTo(bytes(0x3f));
        assertThat(Aml.packageLength(63)).isEqualTo(bytes(0x41, 0x04));
        assertThat(Aml.packageLength(0xfff - 2)).isEqualTo(bytes(0x4f, 0xff));
        assertThat(Aml.packageLength(0xfff - 1)).isEqualTo(bytes(0x81, 0x00, 0x01));
        assertThat(Aml.packageLength(0xf_ffff - 3)).isEqualTo(bytes(0x8f, 0xff, 0xff));
        assertThat(Aml.packageLength(0xf_ffff - 2)).isEqualTo(bytes(0xc1, 0x00, 0x00, 0x01));
        assertThat(Aml.packageLength(Aml.MAX_PAYLOAD_BYTES)).isEqualTo(bytes(0xcf, 0xff, 0xff, 0xff));
        assertThatThrownBy(() -> Aml.packageLength(Aml.MAX_PAYLOAD_BYTES + 1))
                .hasMessage("payload of 268435452 bytes; accepted are 0 to 268435451");
    }

    @Test
    void shouldEncodeIntegersInAsFewBytesAsHoldThem() {
        assertThat(Aml.integer(0)).isEqualTo(bytes(0x00));
        assertThat(Aml.integer(1)).isEqualTo(bytes(0x01));
        assertThat(Aml.integer(2)).isEqualTo(bytes(0x0a, 2));
        assertThat(Aml.integer(0xff)).isEqualTo(bytes(0x0a, 0xff));
        assertThat(Aml.integer(0x100)).isEqualTo(bytes(0x0b, 0x00, 0x01));
        assertThat(Aml.integer(0x1_0000)).isEqualTo(bytes(0x0c, 0, 0, 1, 0));
        assertThat(Aml.integer(0x1_0000_0000L)).isEqualTo(bytes(0x0e, 0, 0, 0, 0, 1, 0, 0, 0));
        assertThat(Aml.integer(-1)).isEqualTo(bytes(0x0e, 255, 255, 255, 255, 255, 255, 255, 255));
    }

    @Test
    void shouldEncodeNamesOfOneTwoAndMoreSegments() {
        assertThat(Aml.path("GED")).isEqualTo("GED_".getBytes(StandardCharsets.US_ASCII));
        assertThat(Aml.path("\\_SB")).isEqualTo("\\_SB_".getBytes(StandardCharsets.US_ASCII));
        assertThat(Aml.path("\\_SB.PCI0")).isEqualTo("\\\u002e_SB_PCI0".getBytes(StandardCharsets.US_ASCII));
        assertThat(Aml.path("A.B.C")).isEqualTo("\u002f\u0003A___B___C___".getBytes(StandardCharsets.US_ASCII));
        assertThatThrownBy(() -> Aml.path("_SB.pci0")).hasMessageContaining("'pci0'");
        assertThatThrownBy(() -> Aml.path("TOOLONG")).hasMessageContaining("'TOOLONG'");
        assertThatThrownBy(() -> Aml.path("")).hasMessageContaining("''");
    }

    /** PNP0A03 is given as 0x030ad041 in ASL listings everywhere. */
    @Test
    void shouldCompressEisaIds() {
        assertThat(Aml.eisaId("PNP0A03")).isEqualTo(bytes(0x0c, 0x41, 0xd0, 0x0a, 0x03));
        assertThatThrownBy(() -> Aml.eisaId("PNP0a03")).hasMessageContaining("EISA id 'PNP0a03'");
    }

    @Test
    void shouldRefuseWhatTheEncodingCannotHold() {
        assertThatThrownBy(() -> Aml.string("Gödwit")).hasMessageContaining("accepted is ASCII");
        assertThatThrownBy(() -> Aml.list(new byte[256][])).hasMessageContaining("256 elements");
        assertThatThrownBy(() -> Aml.method("M", 8)).hasMessageContaining("8 arguments");
        assertThatThrownBy(() -> new ResourceTemplate().ports(0xffff, 2)).hasMessageContaining("ports 0xffff+2");
        assertThatThrownBy(() -> new ResourceTemplate().isaIrq(16)).hasMessageContaining("IRQ 16");
        assertThatThrownBy(() -> new ResourceTemplate().memory(1L << 32, 1L << 33))
                .hasMessageContaining("below 4 GiB");
    }
}
