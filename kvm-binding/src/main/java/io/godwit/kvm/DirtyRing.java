package io.godwit.kvm;

import io.godwit.kvm.linux.FileDescriptor;
import io.godwit.kvm.linux.Mapping;
import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestRegion;
import io.godwit.kvm.memory.PageBitmap;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * One vCPU's ring of {@code struct kvm_dirty_gfn}: flags u32, slot u32, page offset in the slot u64. KVM marks an entry
 * dirty; the harvester takes it and marks it for reset. Not thread-safe, and used only while the vCPU is not in the
 * guest.
 *
 * <p>KVM stops a vCPU some 64 entries before the ring is full, but looks only between bursts of guest code. Where it
 * emulates, a burst may be longer, and then new entries replace old ones that nobody has taken. That shows as a ring in
 * which every entry is dirty: its pages are lost, so all pages count as dirty, and KVM's next entry is somewhere ahead
 * of ours, behind entries that look clean and still have to be reset.
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
    private final int size;
    private int next;
    private boolean outOfStep;
    private long collected;
    private long overflows;

    private DirtyRing(Mapping mapping, int size) {
        this.mapping = mapping;
        this.entries = mapping.view(0, size * ENTRY_BYTES);
        this.size = size;
    }

    static DirtyRing map(String vcpu, FileDescriptor file, int entries) {
        Mapping mapping = Mapping.ofShared(vcpu + " dirty ring", file, FILE_OFFSET, (long) entries * ENTRY_BYTES);
        return new DirtyRing(mapping, entries);
    }

    /**
     * Moves the pages in the ring to {@code into}; they are reset by KVM_RESET_DIRTY_RINGS. All pages when some were
     * lost.
     *
     * @return entries that the reset will free
     */
    int collect(GuestLayout layout, PageBitmap into) {
        mapping.acquire();
        try {
            int freed = outOfStep ? catchUp() : 0;
            int count = 0;
            while (isDirty(next)) {
                int at = next * ENTRY_BYTES;
                into.set(page(layout, entries.getInt(at + SLOT), entries.getLong(at + OFFSET)));
                take();
                count++;
            }
            collected += count;
            if (count >= size) {
                lost(into);
            }
            return freed + count;
        } finally {
            mapping.release();
        }
    }

    /** For a ring that KVM calls full although no entry is dirty: frees a part that is in use in any case. */
    void unstick(PageBitmap into) {
        mapping.acquire();
        try {
            for (int i = 0; i < size / 4; i++) {
                take();
            }
            lost(into);
        } finally {
            mapping.release();
        }
    }

    private void lost(PageBitmap into) {
        outOfStep = true;
        overflows++;
        into.setAll();
    }

    /** Moves on to KVM's next entry; returns how many were passed over. */
    private int catchUp() {
        for (int ahead = 0; ahead < size; ahead++) {
            if (isDirty((next + ahead) & (size - 1))) {
                for (int i = 0; i < ahead; i++) {
                    take();
                }
                outOfStep = false;
                return ahead;
            }
        }
        return 0;
    }

    private boolean isDirty(int entry) {
        return (entries.getIntVolatile(entry * ENTRY_BYTES) & (FLAG_DIRTY | FLAG_RESET)) == FLAG_DIRTY;
    }

    private void take() {
        entries.putIntVolatile(next * ENTRY_BYTES, FLAG_RESET);
        next = (next + 1) & (size - 1);
    }

    /** How often entries were lost. */
    long overflows() {
        return overflows;
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
