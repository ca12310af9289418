package io.godwit.kvm;

import io.godwit.kvm.linux.NativeBuffers;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Which inputs of the interrupt controllers the lines reach: {@code struct kvm_irq_routing} of linux/kvm.h. As in every
 * PC the timer's line 0 arrives at input 2 of the IOAPIC, where the second PIC's line would be, which reaches neither.
 */
final class GsiRouting {
    private static final int LINES = 24;
    private static final int PIC_INPUTS = 8;
    private static final int TIMER = 0;
    private static final int CASCADE = 2;
    private static final int IRQCHIP = 1;
    private static final int IO_APIC = 2;
    private static final int HEADER_BYTES = 8;
    private static final int ENTRY_BYTES = 48;

    private final UnsafeBuffer struct = NativeBuffers.allocate(HEADER_BYTES + 2 * LINES * ENTRY_BYTES);
    private int entries;

    private GsiRouting() {}

    static UnsafeBuffer ofPc() {
        GsiRouting routing = new GsiRouting();
        for (int gsi = 0; gsi < LINES; gsi++) {
            if (gsi != CASCADE) {
                routing.add(gsi);
            }
        }
        return routing.struct;
    }

    private void add(int gsi) {
        if (gsi < 2 * PIC_INPUTS) {
            add(gsi, gsi / PIC_INPUTS, gsi % PIC_INPUTS);
        }
        add(gsi, IO_APIC, gsi == TIMER ? CASCADE : gsi);
    }

    private void add(int gsi, int chip, int input) {
        int at = HEADER_BYTES + ENTRY_BYTES * entries++; // gsi u32, type u32, flags u32, pad u32, chip u32, pin u32
        struct.putInt(at, gsi);
        struct.putInt(at + 4, IRQCHIP);
        struct.putInt(at + 16, chip);
        struct.putInt(at + 20, input);
        struct.putInt(0, entries);
    }
}
