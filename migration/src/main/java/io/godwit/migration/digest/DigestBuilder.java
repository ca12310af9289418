package io.godwit.migration.digest;

import io.godwit.kvm.memory.GuestLayout;

/** Gathers a {@link MemoryDigest} page by page, in any order. Not thread-safe. */
public final class DigestBuilder {
    private final long pageCount;
    private final int chunkShift;
    private final long[] sums;

    public DigestBuilder(GuestLayout layout) {
        pageCount = layout.pageCount();
        chunkShift = MemoryDigest.chunkShift(pageCount);
        sums = new long[(int) MemoryDigest.chunks(pageCount, chunkShift)];
    }

    /**
     * Adds a page that was not counted yet.
     *
     * @param page its dense number
     */
    public void add(long page, long guestAddress, int crc) {
        sums[(int) (page >>> chunkShift)] += MemoryDigest.contribution(guestAddress, crc);
    }

    /** Takes a page back that was added with the same checksum. */
    public void remove(long page, long guestAddress, int crc) {
        sums[(int) (page >>> chunkShift)] -= MemoryDigest.contribution(guestAddress, crc);
    }

    /** Adds another's pages; no page is counted in both. */
    public void addAll(DigestBuilder other) {
        if (other.pageCount != pageCount) {
            throw new IllegalArgumentException("digests of " + pageCount + " and " + other.pageCount + " pages");
        }
        for (int i = 0; i < sums.length; i++) {
            sums[i] += other.sums[i];
        }
    }

    /** The digest as of now; complete when every page was added once. */
    public MemoryDigest digest() {
        return MemoryDigest.of(pageCount, sums);
    }
}
