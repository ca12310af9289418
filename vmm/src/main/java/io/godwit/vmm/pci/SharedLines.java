package io.godwit.vmm.pci;

import io.godwit.vmm.bus.InterruptLine;
import java.util.function.IntFunction;

/** The bus's interrupt pins: several devices may pull one line, which is high while any of them does. Thread-safe. */
public final class SharedLines {
    private final InterruptLine[] lines = new InterruptLine[PciBus.GSIS];
    private final int[] pulling = new int[PciBus.GSIS];

    /** @param lineOf the IOAPIC's input of a number */
    public SharedLines(IntFunction<InterruptLine> lineOf) {
        for (int i = 0; i < lines.length; i++) {
            lines[i] = lineOf.apply(PciBus.FIRST_GSI + i);
        }
    }

    /** The pin of one device. */
    public InterruptLine pin(int device) {
        int line = PciBus.gsi(device) - PciBus.FIRST_GSI;
        int bit = 1 << device;
        return high -> set(line, bit, high);
    }

    private synchronized void set(int line, int bit, boolean high) {
        int before = pulling[line];
        pulling[line] = high ? before | bit : before & ~bit;
        if ((before == 0) != (pulling[line] == 0)) {
            lines[line].set(high);
        }
    }
}
