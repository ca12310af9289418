package io.godwit.vmm.dirty;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.PageBitmap;
import io.godwit.vmm.DirtyPages;
import java.util.ArrayList;
import java.util.List;

/**
 * One log and the VMM's own marks, harvested under one lock and handed to all open views. A reader clears first and
 * reads pages afterwards: what is written in between is in its next harvest.
 */
public final class HarvestedDirtyPages implements DirtyPages, AutoCloseable {
    private final GuestLayout layout;
    private final DirtySource source;
    private final DirtyMarks marks;
    private final PageBitmap scratch;
    private final List<PendingView> views = new ArrayList<>();
    private boolean closed;

    public HarvestedDirtyPages(GuestLayout layout, DirtySource source) {
        this.layout = layout;
        this.source = source;
        this.marks = new DirtyMarks(layout.pageCount());
        this.scratch = new PageBitmap(layout.pageCount());
    }

    @Override
    public synchronized View open() {
        if (closed) {
            throw new IllegalStateException("the machine of these dirty pages is closed");
        }
        if (views.isEmpty()) {
            source.enable();
        }
        PendingView view = new PendingView(layout.pageCount());
        views.add(view);
        return view;
    }

    /**
     * Marks even while no view is open: looking first would race with a view that opens, and lose the mark.
     *
     * @throws IllegalArgumentException when the range is not RAM of one region
     */
    @Override
    public void mark(long guestAddress, long lengthBytes) {
        if (lengthBytes != 0) {
            long offset = layout.fileOffset(guestAddress, lengthBytes);
            marks.mark(offset >>> GuestLayout.PAGE_SHIFT, (offset + lengthBytes - 1) >>> GuestLayout.PAGE_SHIFT);
        }
    }

    @Override
    public synchronized long[] pagesByVcpu() {
        return closed ? new long[0] : source.pagesByVcpu();
    }

    /** Closes all views and leaves the source alone from here on: it may be gone. Waits for a harvest under way. */
    @Override
    public synchronized void close() {
        closed = true;
        if (!views.isEmpty()) {
            views.clear();
            source.disable();
        }
    }

    private void harvest() {
        source.harvest(scratch);
        marks.take(scratch);
        for (PendingView view : views) {
            view.pending.or(scratch);
        }
        scratch.clearAll();
    }

    private final class PendingView implements View {
        private final PageBitmap pending;

        PendingView(long pageCount) {
            pending = new PageBitmap(pageCount);
            pending.setAll();
        }

        @Override
        public long drainTo(PageBitmap into) {
            synchronized (HarvestedDirtyPages.this) {
                if (!views.contains(this)) {
                    throw new IllegalStateException("this view of dirty pages is closed");
                }
                harvest();
                long moved = pending.cardinality();
                into.or(pending);
                pending.clearAll();
                return moved;
            }
        }

        @Override
        public void close() {
            synchronized (HarvestedDirtyPages.this) {
                if (views.remove(this) && views.isEmpty()) {
                    source.disable();
                }
            }
        }
    }
}
