package io.godwit.vmm.acpi;

import java.io.ByteArrayOutputStream;

/** The resources of a device as its {@code _CRS} returns them (ACPI 6.5, 6.4). */
final class ResourceTemplate {
    private static final int MAX_PORTS = 0xff;
    private static final int ISA_IRQS = 16;
    private static final int DECODES_16_BITS = 1;
    private static final int RANGE_FIXED_AND_PASSED_ON = 0x0c;
    private static final int READ_WRITE = 1;
    private static final int CONSUMED_LEVEL_ACTIVE_HIGH = 0x01;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    /** I/O port descriptor: ports at a fixed place. */
    ResourceTemplate ports(int port, int count) {
        if (port < 0 || count < 1 || count > MAX_PORTS || port + count > 0x1_0000) {
            throw new IllegalArgumentException(
                    String.format("ports 0x%x+%d; accepted are 1 to %d below 0x10000", port, count, MAX_PORTS));
        }
        return put(0x47, 1)
                .put(DECODES_16_BITS, 1)
                .put(port, 2)
                .put(port, 2)
                .put(1, 1)
                .put(count, 1);
    }

    /** IRQ descriptor without flags: edge-triggered, active high. */
    ResourceTemplate isaIrq(int irq) {
        if (irq < 0 || irq >= ISA_IRQS) {
            throw new IllegalArgumentException("IRQ " + irq + "; accepted are 0 to " + (ISA_IRQS - 1));
        }
        return put(0x22, 1).put(1 << irq, 2);
    }

    /** Extended interrupt descriptor: consumed, level-triggered, active high, of its own. */
    ResourceTemplate interrupt(int gsi) {
        return put(0x89, 1)
                .put(6, 2)
                .put(CONSUMED_LEVEL_ACTIVE_HIGH, 1)
                .put(1, 1)
                .put(gsi, 4);
    }

    /** Word address space descriptor: bus numbers that the device passes on. */
    ResourceTemplate buses(int first, int last) {
        put(0x88, 1).put(13, 2).put(2, 1).put(RANGE_FIXED_AND_PASSED_ON, 1).put(0, 1);
        return put(0, 2).put(first, 2).put(last, 2).put(0, 2).put(last - first + 1, 2);
    }

    /**
     * DWord address space descriptor: uncached memory that the device passes on.
     *
     * @param start inclusive
     * @param end exclusive, at most 4 GiB
     */
    ResourceTemplate memory(long start, long end) {
        if (start < 0 || start >= end || end > 1L << 32) {
            throw new IllegalArgumentException(
                    String.format("memory 0x%x to 0x%x; accepted is a range below 4 GiB", start, end));
        }
        put(0x87, 1).put(23, 2).put(0, 1).put(RANGE_FIXED_AND_PASSED_ON, 1).put(READ_WRITE, 1);
        return put(0, 4).put(start, 4).put(end - 1, 4).put(0, 4).put(end - start, 4);
    }

    /** The buffer, with the end tag whose checksum of 0 means "not computed". */
    byte[] build() {
        return Aml.buffer(Aml.concat(bytes.toByteArray(), new byte[] {0x79, 0}));
    }

    private ResourceTemplate put(long value, int sizeBytes) {
        bytes.writeBytes(Aml.little(value, sizeBytes));
        return this;
    }
}
