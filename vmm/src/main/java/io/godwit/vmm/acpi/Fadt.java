package io.godwit.vmm.acpi;

import io.godwit.vmm.device.system.PowerManagement;
import io.godwit.vmm.device.system.RealTimeClock;
import io.godwit.vmm.device.system.ResetControl;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The fixed hardware (ACPI 6.5, 5.2.9). The machine is always in ACPI mode: there is no SMI to ask for it. Offsets are
 * those of the specification's table 5.9.
 */
final class Fadt {
    static final int REVISION = 6;
    private static final int MINOR_REVISION = 5;
    private static final int BYTES = 276;

    /** IAPC_BOOT_ARCH: there are ISA devices, no 8042 but its reset command, no VGA. */
    private static final int BOOT_ARCH = 1 | (1 << 2);

    /**
     * Flags: WBINVD works, C1 on all processors, no sleep button, the RTC wakes nobody, 32 bits of PM timer, and the
     * reset register. The power button is a fixed one, which its clear bit says.
     */
    private static final int FLAGS = 1 | (1 << 2) | (1 << 5) | (1 << 6) | (1 << 8) | (1 << 10);

    /** Latencies from which on C2 and C3 do not exist. */
    private static final int NO_C2_US = 101;

    private static final int NO_C3_US = 1001;
    private static final int BYTE_ACCESS = 1;
    private static final int WORD_ACCESS = 2;
    private static final int DWORD_ACCESS = 3;

    private Fadt() {}

    static byte[] of(long facsAddress, long dsdtAddress) {
        ByteBuffer fadt = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        fadt.putInt(36, (int) facsAddress).putInt(40, (int) dsdtAddress);
        fadt.putShort(46, (short) PowerManagement.SCI);
        fadt.putInt(56, PowerManagement.PORT + PowerManagement.EVENTS);
        fadt.putInt(64, PowerManagement.PORT + PowerManagement.CONTROL);
        fadt.putInt(76, PowerManagement.PORT + PowerManagement.TIMER);
        fadt.put(88, (byte) PowerManagement.EVENTS_BYTES).put(89, (byte) PowerManagement.CONTROL_BYTES);
        fadt.put(91, (byte) PowerManagement.TIMER_BYTES);
        fadt.putShort(96, (short) NO_C2_US).putShort(98, (short) NO_C3_US);
        fadt.put(108, (byte) RealTimeClock.CENTURY);
        fadt.putShort(109, (short) BOOT_ARCH).putInt(112, FLAGS);
        register(fadt, 116, ResetControl.PORT, 1, BYTE_ACCESS);
        fadt.put(128, (byte) ResetControl.FULL_RESET).put(131, (byte) MINOR_REVISION);
        fadt.putLong(140, dsdtAddress);
        register(fadt, 148, fadt.getInt(56), PowerManagement.EVENTS_BYTES, WORD_ACCESS);
        register(fadt, 172, fadt.getInt(64), PowerManagement.CONTROL_BYTES, WORD_ACCESS);
        register(fadt, 208, fadt.getInt(76), PowerManagement.TIMER_BYTES, DWORD_ACCESS);
        fadt.put(268, Table.ascii("GODWIT"));
        byte[] body = new byte[BYTES - Table.HEADER_BYTES];
        fadt.get(Table.HEADER_BYTES, body);
        return Table.of("FACP", REVISION, body);
    }

    /** A generic address structure in I/O space (ACPI 6.5, 5.2.3.2). */
    private static void register(ByteBuffer fadt, int at, int port, int sizeBytes, int access) {
        fadt.put(at, (byte) Aml.SYSTEM_IO).put(at + 1, (byte) (8 * sizeBytes)).put(at + 3, (byte) access);
        fadt.putLong(at + 4, port);
    }
}
