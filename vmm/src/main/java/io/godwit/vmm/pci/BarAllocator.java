package io.godwit.vmm.pci;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Gives out what is free of the memory window, from its start, each range at a multiple of its size. */
final class BarAllocator {
    private final List<Taken> taken;

    /** A range that is not free; the end is exclusive. */
    record Taken(long start, long end) {}

    BarAllocator(List<Taken> taken) {
        this.taken = new ArrayList<>(taken);
    }

    long next(int sizeBytes) {
        long address = MemoryWindow.START;
        for (Taken other = overlapping(address, sizeBytes); other != null; other = overlapping(address, sizeBytes)) {
            address = (other.end + sizeBytes - 1) & -(long) sizeBytes;
        }
        if (!MemoryWindow.contains(address, sizeBytes)) {
            throw new IllegalStateException("the PCI memory window is full");
        }
        taken.add(new Taken(address, address + sizeBytes));
        return address;
    }

    private @Nullable Taken overlapping(long address, int sizeBytes) {
        for (Taken other : taken) {
            if (other.start < address + sizeBytes && address < other.end) {
                return other;
            }
        }
        return null;
    }
}
