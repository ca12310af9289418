package io.godwit.kvm;

import io.godwit.kvm.linux.FileDescriptor;
import io.godwit.kvm.linux.Mapping;
import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestRegion;
import io.godwit.kvm.memory.PageBitmap;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * One vCPU's ring of {@code struct kvm_dirty_gfn}: flags u32, slot u32, page offset in the slot u64. KVM marks an entry
 * dirty; the harvester takes it and marks it for reset. Not thread-safe.
 */
final class DirtyRing {
    private static final int ENTRY_BYTES = 16;
    private static final int FLAG_DIRTY = 1;
    private static final int FLAG_RESET = 2;
    private static final int SLOT = 4;
    private static final int OFFSET = 8;

    /** KVM_DIRTY_LOG_PAGE_OFFSET: where the ring is in the vCPU's file. */
    private static final long FILE_OFFSET = 64L * GuestLayout.PAGE_SIZE;

    private final Mapping mapping;
    private final UnsafeBuffer entries;
    private final int mask;
    private int next;
    private long collected;

    private DirtyRing(Mapping mapping, int entries) {
        this.mapping = mapping;
        this.entries = mapping.view(0, entries * ENTRY_BYTES);
        this.mask = entries - 1;
    }

    static DirtyRing map(String vcpu, FileDescriptor file, int entries) {
        Mapping mapping = Mapping.ofShared(vcpu + " dirty ring", file, FILE_OFFSET, (long) entries * ENTRY_BYTES);
        return new DirtyRing(mapping, entries);
    }

    /** Moves the pages in the ring to {@code into}; they are reset by KVM_RESET_DIRTY_RINGS. Returns how many. */
    int collect(GuestLayout layout, PageBitmap into) {
        mapping.acquire();
        try {
            int count = 0;
            while (true) {
                int at = next * ENTRY_BYTES;
                int flags = entries.getIntVolatile(at);
                if ((flags & (FLAG_DIRTY | FLAG_RESET)) != FLAG_DIRTY) {
                    collected += count;
                    return count;
                }
                into.set(page(layout, entries.getInt(at + SLOT), entries.getLong(at + OFFSET)));
                entries.putIntVolatile(at, FLAG_RESET);
                next = (next + 1) & mask;
                count++;
            }
        } finally {
            mapping.release();
        }
    }

    /** Pages collected since the vCPU was made. */
    long collected() {
        return collected;
    }

    boolean closeOrLeak() {
        return mapping.closeOrLeak();
    }

    private static long page(GuestLayout layout, int slot, long offset) {
        int regions = layout.regions().size();
        if (slot < 0 || slot >= regions) {
            throw new IllegalStateException("KVM reports a dirty page of slot " + slot + " of " + regions);
        }
        GuestRegion region = layout.regions().get(slot);
        if (offset < 0 || offset >= region.sizeBytes() >>> GuestLayout.PAGE_SHIFT) {
            throw new IllegalStateException("KVM reports dirty page " + offset + " of " + region);
        }
        return (region.fileOffset() >>> GuestLayout.PAGE_SHIFT) + offset;
    }
}
