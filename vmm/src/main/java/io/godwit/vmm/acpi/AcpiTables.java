package io.godwit.vmm.acpi;

import io.godwit.vmm.device.system.GenerationId;
import io.godwit.vmm.device.system.GuestNotifier;
import io.godwit.vmm.device.system.PowerManagement;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * All tables of a machine, one behind the other in the part of the first MiB where the BIOS's ROM is in a PC, so that a
 * kernel that was not told finds them too. RSDP and XSDT are of ACPI 6.5, 5.2.5 and 5.2.8, the FACS of 5.2.10.
 */
public final class AcpiTables {
    /** From here to {@link #END} nothing else may lie: it is reserved in the memory map. The RSDP comes first. */
    public static final long START = 0xe_0000;

    public static final long END = 0x10_0000;

    private static final int RSDP_BYTES = 36;
    private static final int RSDP_OLD_BYTES = 20;
    private static final int RSDP_CHECKSUM_AT = 8;
    private static final int RSDP_REVISION = 2;
    private static final int RSDP_EXTENDED_CHECKSUM_AT = 32;
    private static final int FACS_BYTES = 64;
    private static final int FACS_VERSION_AT = 32;
    private static final int FACS_VERSION = 2;
    private static final int ALIGNMENT = 64;

    private final ByteArrayOutputStream block = new ByteArrayOutputStream();

    private AcpiTables() {}

    /**
     * The bytes that belong at {@link #START}.
     *
     * @param vcpus 1 to 255
     */
    public static byte[] of(int vcpus) {
        return new AcpiTables().build(vcpus);
    }

    /** Those that point to others come behind them, but for the RSDP, whose place is kept free for it. */
    private byte[] build(int vcpus) {
        append(new byte[RSDP_BYTES]);
        long facs = append(facs());
        long dsdt = append(Dsdt.build());
        long fadt = append(Fadt.of(facs, dsdt));
        long madt = append(Madt.of(vcpus, PowerManagement.SCI, GuestNotifier.GSI));
        byte[] rsdp = rsdp(append(xsdt(fadt, madt)));
        byte[] all = block.toByteArray();
        System.arraycopy(rsdp, 0, all, 0, rsdp.length);
        if (START + all.length > GenerationId.ADDRESS) {
            throw new IllegalStateException(
                    "ACPI tables of " + all.length + " bytes reach the page of " + GenerationId.ID);
        }
        return all;
    }

    private long append(byte[] table) {
        block.writeBytes(new byte[-block.size() & (ALIGNMENT - 1)]);
        long address = START + block.size();
        block.writeBytes(table);
        return address;
    }

    private static byte[] rsdp(long xsdt) {
        ByteBuffer rsdp = ByteBuffer.allocate(RSDP_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        rsdp.put(Table.ascii("RSD PTR ")).put((byte) 0).put(Table.OEM_ID).put((byte) RSDP_REVISION);
        rsdp.putInt(0).putInt(RSDP_BYTES).putLong(xsdt);
        byte[] bytes = rsdp.array();
        bytes[RSDP_CHECKSUM_AT] = Table.checksum(bytes, RSDP_OLD_BYTES);
        bytes[RSDP_EXTENDED_CHECKSUM_AT] = Table.checksum(bytes, RSDP_BYTES);
        return bytes;
    }

    private static byte[] xsdt(long... tables) {
        ByteBuffer body = ByteBuffer.allocate(Long.BYTES * tables.length).order(ByteOrder.LITTLE_ENDIAN);
        for (long table : tables) {
            body.putLong(table);
        }
        return Table.of("XSDT", 1, body.array());
    }

    private static byte[] facs() {
        ByteBuffer facs = ByteBuffer.allocate(FACS_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        facs.put(Table.ascii("FACS")).putInt(FACS_BYTES).put(FACS_VERSION_AT, (byte) FACS_VERSION);
        return facs.array();
    }
}
