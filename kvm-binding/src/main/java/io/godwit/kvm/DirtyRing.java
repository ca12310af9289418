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
 * which every entry is dirty: pages are lost, so all pages count as dirty. KVM counts the replaced entries as used, so
 * after the reset its next entry is as far ahead of ours as the burst went too far; we are out of step until the
 * entries between, which look clean, are marked for reset as well.
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

    /** Owns {@code mapping} from here on. */
    DirtyRing(Mapping mapping, int size) {
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
            return outOfStep ? collectOutOfStep(layout, into) : collectInStep(layout, into);
        } finally {
            mapping.release();
        }
    }

    private int collectInStep(GuestLayout layout, PageBitmap into) {
        int count = 0;
        while (isDirty(next)) {
            set(next, layout, into);
            take(1);
            count++;
        }
        if (count == size) {
            lost(into);
        }
        return count;
    }

    /**
     * Ahead of us are clean entries that KVM counts as used, then its new ones. If the last entry of the ring is dirty
     * as well as the first, KVM has gone around the ring again and remains ahead.
     */
    private int collectOutOfStep(GuestLayout layout, PageBitmap into) {
        boolean firstDirty = isDirty(next);
        int dirty = 0;
        int last = -1;
        for (int ahead = 0; ahead < size; ahead++) {
            int entry = (next + ahead) & (size - 1);
            if (isDirty(entry)) {
                set(entry, layout, into);
                dirty++;
                last = ahead;
            }
        }
        if (dirty == size) {
            lost(into);
        } else if (dirty > 0) {
            outOfStep = firstDirty && last == size - 1;
        }
        take(last + 1);
        return last + 1;
    }

    /** For a ring that KVM calls full although no entry is dirty: frees a part that is in use in any case. */
    void unstick(PageBitmap into) {
        mapping.acquire();
        try {
            take(size / 4);
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

    private boolean isDirty(int entry) {
        return (entries.getIntVolatile(entry * ENTRY_BYTES) & (FLAG_DIRTY | FLAG_RESET)) == FLAG_DIRTY;
    }

    private void set(int entry, GuestLayout layout, PageBitmap into) {
        int at = entry * ENTRY_BYTES;
        into.set(page(layout, entries.getInt(at + SLOT), entries.getLong(at + OFFSET)));
        collected++;
    }

    private void take(int count) {
        for (int i = 0; i < count; i++) {
            entries.putIntVolatile(next * ENTRY_BYTES, FLAG_RESET);
            next = (next + 1) & (size - 1);
        }
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
