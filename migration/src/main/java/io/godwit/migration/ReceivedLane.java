package io.godwit.migration;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.kvm.memory.PageBitmap;
import io.godwit.migration.digest.DigestBuilder;
import io.godwit.migration.digest.PageChecksum;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** One lane's books of what it wrote. Used by the lane's thread, but for {@link #receivedPages()}. */
final class ReceivedLane {
    private final PageBitmap received;
    private final @Nullable DigestBuilder digest;
    private final PageChecksum checksum = new PageChecksum();
    private final UnsafeBuffer former = new UnsafeBuffer(new byte[GuestLayout.PAGE_SIZE]);
    private volatile long receivedPages;

    /** @param received shared by the lanes; this one touches the words of its own stripes only */
    ReceivedLane(PageBitmap received, @Nullable DigestBuilder digest) {
        this.received = received;
        this.digest = digest;
    }

    /** @param first the dense number of the page at {@code guestAddress} */
    void write(GuestMemory.Lease lease, long first, long guestAddress, DirectBuffer source, int offset, int length) {
        int pages = length >>> GuestLayout.PAGE_SHIFT;
        for (int i = 0; i < pages && digest != null; i++) {
            int done = i << GuestLayout.PAGE_SHIFT;
            replaceInDigest(digest, lease, first + i, guestAddress + done, checksum.of(source, offset + done));
        }
        if (isNew(first, pages) && !lease.backWithHugePages(guestAddress, length)) {
            lease.writeThroughFile(guestAddress, source, offset, length);
        } else {
            lease.write(guestAddress, source, offset, length);
        }
        markReceived(first, pages);
    }

    void zero(GuestMemory.Lease lease, long first, long guestAddress, long lengthBytes) {
        long pages = lengthBytes >>> GuestLayout.PAGE_SHIFT;
        for (long i = 0; i < pages && digest != null; i++) {
            long address = guestAddress + (i << GuestLayout.PAGE_SHIFT);
            replaceInDigest(digest, lease, first + i, address, PageChecksum.OF_ZERO_PAGE);
        }
        clear(lease, first, guestAddress, first + pages);
        markReceived(first, pages);
    }

    /** Clears what came before; the rest was never written, and to give it back would split a huge page. */
    private void clear(GuestMemory.Lease lease, long first, long guestAddress, long end) {
        for (long page = first; page < end; ) {
            long came = page;
            while (page < end && received.get(page)) {
                page++;
            }
            if (page > came) {
                lease.zero(
                        guestAddress + ((came - first) << GuestLayout.PAGE_SHIFT),
                        (page - came) << GuestLayout.PAGE_SHIFT);
            } else {
                page++;
            }
        }
    }

    /** Pages that came at least once. */
    long receivedPages() {
        return receivedPages;
    }

    @Nullable
    DigestBuilder digest() {
        return digest;
    }

    private boolean isNew(long first, long pages) {
        for (long page = first; page < first + pages; page++) {
            if (received.get(page)) {
                return false;
            }
        }
        return true;
    }

    private void replaceInDigest(
            DigestBuilder into, GuestMemory.Lease lease, long page, long guestAddress, int newCrc) {
        if (received.get(page)) {
            lease.read(guestAddress, former, 0, GuestLayout.PAGE_SIZE);
            into.remove(page, guestAddress, checksum.of(former, 0));
        }
        into.add(page, guestAddress, newCrc);
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes
    private void markReceived(long first, long pages) {
        long added = 0;
        for (long page = first; page < first + pages; page++) {
            if (!received.get(page)) {
                received.set(page);
                added++;
            }
        }
        if (added > 0) {
            receivedPages = receivedPages + added;
        }
    }
}
