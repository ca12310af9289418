package io.godwit.vmm;

import io.godwit.kvm.memory.PageBitmap;

/**
 * The one harvester of a machine's dirty pages: KVM's log ORed with what devices and the VMM itself wrote. Every
 * harvest is fanned out to all open views, so a migration, a dirty-rate measurement and a snapshot do not rob each
 * other.
 */
public interface DirtyPages {
    /** Opens a view; logging is on while any view is open. A new view begins with every page dirty. */
    View open();

    /** Marks pages that the VMM wrote. Call after the write and before the guest is told. */
    void mark(long guestAddress, long lengthBytes);

    /**
     * Pages that each vCPU was seen to dirty so far, by index; a page counts again after each harvest. Empty where the
     * log does not tell vCPUs apart.
     */
    long[] pagesByVcpu();

    /** One reader's pages dirtied since it last looked. Used by one thread at a time. */
    interface View extends AutoCloseable {
        /**
         * Harvests, then moves this view's pages into {@code into} (ORed).
         *
         * @return pages moved
         */
        long drainTo(PageBitmap into);

        @Override
        void close();
    }
}
