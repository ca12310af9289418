package io.godwit.vmm.pci;

/** Gives out the memory window from its start, each range at a multiple of its size, always in the same way. */
final class BarAllocator {
    private long next = MemoryWindow.START;

    long next(int sizeBytes) {
        long address = (next + sizeBytes - 1) & -(long) sizeBytes;
        if (!MemoryWindow.contains(address, sizeBytes)) {
            throw new IllegalStateException("the PCI memory window is full");
        }
        next = address + sizeBytes;
        return address;
    }
}
