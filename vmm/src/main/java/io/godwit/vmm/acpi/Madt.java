package io.godwit.vmm.acpi;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Which interrupt controllers there are (ACPI 6.5, 5.2.12). */
final class Madt {
    static final int MAX_VCPUS = 255;
    private static final int REVISION = 6;
    private static final int LOCAL_APIC_ADDRESS = 0xfee0_0000;
    private static final int IO_APIC_ADDRESS = 0xfec0_0000;
    private static final int HAS_DUAL_8259 = 1;
    private static final int ENABLED = 1;
    private static final int AS_THE_BUS = 0;
    private static final int LEVEL_ACTIVE_HIGH = 0x0d;
    private static final int TIMER_IRQ = 0;
    private static final int TIMER_GSI = 2;
    private static final int ALL_PROCESSORS = 0xff;
    private static final int NMI_LINT = 1;
    private static final int FIXED_BYTES = 8;
    private static final int LOCAL_APIC_BYTES = 8;
    private static final int IO_APIC_BYTES = 12;
    private static final int OVERRIDE_BYTES = 10;
    private static final int NMI_BYTES = 6;

    private Madt() {}

    /** @param levelIrqs lines of the PC's own sixteen that are level-triggered and active high */
    static byte[] of(int vcpus, int... levelIrqs) {
        if (vcpus < 1 || vcpus > MAX_VCPUS) {
            throw new IllegalArgumentException(vcpus + " vCPUs; accepted are 1 to " + MAX_VCPUS);
        }
        int overrides = 1 + levelIrqs.length;
        ByteBuffer body = ByteBuffer.allocate(
                        FIXED_BYTES + LOCAL_APIC_BYTES * vcpus + IO_APIC_BYTES + OVERRIDE_BYTES * overrides + NMI_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN);
        body.putInt(LOCAL_APIC_ADDRESS).putInt(HAS_DUAL_8259);
        for (int i = 0; i < vcpus; i++) {
            begin(body, 0, LOCAL_APIC_BYTES).put((byte) i).put((byte) i).putInt(ENABLED);
        }
        begin(body, 1, IO_APIC_BYTES).put((byte) 0).put((byte) 0).putInt(IO_APIC_ADDRESS);
        body.putInt(0); // its first input
        override(body, TIMER_IRQ, TIMER_GSI, AS_THE_BUS);
        for (int irq : levelIrqs) {
            override(body, irq, irq, LEVEL_ACTIVE_HIGH);
        }
        begin(body, 4, NMI_BYTES).put((byte) ALL_PROCESSORS).putShort((short) AS_THE_BUS);
        body.put((byte) NMI_LINT);
        return Table.of("APIC", REVISION, body.array());
    }

    private static void override(ByteBuffer body, int irq, int gsi, int flags) {
        begin(body, 2, OVERRIDE_BYTES).put((byte) 0).put((byte) irq).putInt(gsi).putShort((short) flags);
    }

    private static ByteBuffer begin(ByteBuffer body, int type, int sizeBytes) {
        return body.put((byte) type).put((byte) sizeBytes);
    }
}
