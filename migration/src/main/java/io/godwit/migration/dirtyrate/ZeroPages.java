package io.godwit.migration.dirtyrate;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestMemory;

/**
 * How much of RAM is zero. Looks at a sample only: a page of a memory file that nobody touched is allocated by being
 * read, so a look at all pages would make an empty guest as large as it may become.
 */
final class ZeroPages {
    static final int SAMPLES = 2_048;

    /** A lease is not held longer than over so many pages. */
    private static final int BATCH = 256;

    private ZeroPages() {}

    static long estimateBytes(GuestMemory memory) {
        GuestLayout layout = memory.layout();
        long pages = layout.pageCount();
        int samples = (int) Math.min(SAMPLES, pages);
        int zero = 0;
        for (int done = 0; done < samples; ) {
            try (GuestMemory.Lease lease = memory.lease()) {
                for (int end = Math.min(samples, done + BATCH); done < end; done++) {
                    long page = pages * done / samples;
                    zero += lease.isZero(layout.guestAddress(page), GuestLayout.PAGE_SIZE) ? 1 : 0;
                }
            }
        }
        return (pages * zero / samples) << GuestLayout.PAGE_SHIFT;
    }
}
