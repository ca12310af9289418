package io.godwit.vmm.simulated;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestMemory;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The content of a page: its sequence number, its address, then incompressible words that follow from both, and their
 * checksum last. Whoever knows the sequence number that a page must have knows every byte of it, so a page that is old,
 * torn or misplaced shows.
 */
final class PageContent {
    private static final int WORDS = GuestLayout.PAGE_SIZE / 8;

    private final UnsafeBuffer page = new UnsafeBuffer(new byte[GuestLayout.PAGE_SIZE]);

    void write(GuestMemory.Lease lease, long guestAddress, long sequence) {
        page.putLong(0, sequence);
        page.putLong(8, guestAddress);
        long sum = sequence ^ guestAddress;
        long seed = seed(guestAddress, sequence);
        for (int i = 2; i < WORDS - 1; i++) {
            long word = word(seed, i);
            page.putLong(i * 8, word);
            sum += word;
        }
        page.putLong((WORDS - 1) * 8, sum);
        lease.write(guestAddress, page, 0, GuestLayout.PAGE_SIZE);
    }

    boolean isIntact(GuestMemory.Lease lease, long guestAddress, long sequence) {
        lease.read(guestAddress, page, 0, GuestLayout.PAGE_SIZE);
        if (page.getLong(0) != sequence || page.getLong(8) != guestAddress) {
            return false;
        }
        long sum = sequence ^ guestAddress;
        long seed = seed(guestAddress, sequence);
        for (int i = 2; i < WORDS - 1; i++) {
            long word = word(seed, i);
            if (page.getLong(i * 8) != word) {
                return false;
            }
            sum += word;
        }
        return page.getLong((WORDS - 1) * 8) == sum;
    }

    private static long seed(long guestAddress, long sequence) {
        return guestAddress * 0x9e3779b97f4a7c15L + sequence * 0xd1b54a32d192ed03L;
    }

    /** Steele, Lea and Flood's SplitMix64. */
    private static long word(long seed, int index) {
        long z = seed + index * 0x9e3779b97f4a7c15L;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }
}
