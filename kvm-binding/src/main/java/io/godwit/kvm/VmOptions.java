package io.godwit.kvm;

import io.godwit.kvm.memory.GuestMemory;

/**
 * What a VM is created with.
 *
 * @param name how errors and threads speak of the VM
 * @param memory its RAM; the VM holds a lease on it until it is closed
 * @param dirtyRingEntries for {@link DirtyLogMechanism#RING}: pages per vCPU, a power of two from 1024 to 65536; else
 *     ignored
 */
public record VmOptions(String name, GuestMemory memory, DirtyLogMechanism dirtyLog, int dirtyRingEntries) {
    public static final int DEFAULT_RING_ENTRIES = 8192;
    public static final int MIN_RING_ENTRIES = 1024;
    public static final int MAX_RING_ENTRIES = 65536;

    public VmOptions {
        boolean ringFits = Integer.bitCount(dirtyRingEntries) == 1
                && dirtyRingEntries >= MIN_RING_ENTRIES
                && dirtyRingEntries <= MAX_RING_ENTRIES;
        if (dirtyLog == DirtyLogMechanism.RING && !ringFits) {
            throw new IllegalArgumentException("dirty ring of " + dirtyRingEntries
                    + " entries; accepted is a power of two from " + MIN_RING_ENTRIES + " to " + MAX_RING_ENTRIES);
        }
    }

    /** With the bitmap. */
    public VmOptions(String name, GuestMemory memory) {
        this(name, memory, DirtyLogMechanism.BITMAP, DEFAULT_RING_ENTRIES);
    }
}
