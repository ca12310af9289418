package io.godwit.vmm.pci;

import org.jspecify.annotations.Nullable;

/**
 * A 32-bit base address register for memory.
 *
 * @param index 0 to 5
 * @param sizeBytes a power of two from 4096 on
 */
record Bar(int index, int sizeBytes, BarContent content) {
    Bar {
        if (sizeBytes < 4096 || Integer.bitCount(sizeBytes) != 1) {
            throw new IllegalArgumentException(
                    "BAR of " + sizeBytes + " bytes; accepted are powers of two from 4096 on");
        }
    }

    int offset() {
        return ConfigSpace.BAR0 + 4 * index;
    }

    /** Where the guest put it, or null where it put it nowhere: decoding is off, or the address is not in the window. */
    @Nullable
    Long address(ConfigSpace config) {
        long base = config.read(offset(), 4) & -16L;
        boolean decoded = (config.read(ConfigSpace.COMMAND, 2) & ConfigSpace.COMMAND_MEMORY) != 0;
        return decoded && MemoryWindow.contains(base, sizeBytes) ? base : null;
    }
}
