package io.godwit.migration;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.kvm.memory.PageBitmap;
import io.godwit.migration.digest.DigestBuilder;
import io.godwit.migration.digest.MemoryDigest;
import io.godwit.migration.digest.PageChecksum;
import io.godwit.transport.PageSink;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A machine's RAM as a lane writes it. Remembers which pages came, and keeps the digest of what came up to date with
 * every write, so that it is ready the moment the last page is: a page that comes again is taken out of the digest
 * with the checksum of what memory holds of it, and added with that of the received copy.
 */
final class ReceivedMemory implements PageSink {
    private final GuestMemory memory;
    private final GuestLayout layout;
    private final PageBitmap received;
    private final @Nullable DigestBuilder digest;
    private final PageChecksum checksum = new PageChecksum();
    private final UnsafeBuffer former = new UnsafeBuffer(new byte[GuestLayout.PAGE_SIZE]);
    private volatile long receivedPages;

    /** @param memory of a machine that never ran: nobody else writes to it */
    ReceivedMemory(GuestMemory memory, boolean keepDigest) {
        this.memory = memory;
        this.layout = memory.layout();
        this.received = new PageBitmap(layout.pageCount());
        this.digest = keepDigest ? new DigestBuilder(layout) : null;
    }

    @Override
    public boolean contains(long guestAddress, long lengthBytes) {
        return layout.contains(guestAddress, lengthBytes);
    }

    @Override
    public synchronized void write(long guestAddress, DirectBuffer source, int offset, int length) {
        long first = firstPage(guestAddress, length);
        int pages = length >>> GuestLayout.PAGE_SHIFT;
        try (GuestMemory.Lease lease = memory.lease()) {
            for (int i = 0; i < pages && digest != null; i++) {
                int done = i << GuestLayout.PAGE_SHIFT;
                replaceInDigest(digest, lease, first + i, guestAddress + done, checksum.of(source, offset + done));
            }
            if (isNew(first, pages)) {
                lease.writeThroughFile(guestAddress, source, offset, length);
            } else {
                lease.write(guestAddress, source, offset, length);
            }
        }
        markReceived(first, pages);
    }

    @Override
    public synchronized void zero(long guestAddress, long lengthBytes) {
        long first = firstPage(guestAddress, lengthBytes);
        long pages = lengthBytes >>> GuestLayout.PAGE_SHIFT;
        try (GuestMemory.Lease lease = memory.lease()) {
            for (long i = 0; i < pages && digest != null; i++) {
                long address = guestAddress + (i << GuestLayout.PAGE_SHIFT);
                replaceInDigest(digest, lease, first + i, address, PageChecksum.OF_ZERO_PAGE);
            }
            lease.zero(guestAddress, lengthBytes);
        }
        markReceived(first, pages);
    }

    private boolean isNew(long first, long pages) {
        for (long page = first; page < first + pages; page++) {
            if (received.get(page)) {
                return false;
            }
        }
        return true;
    }

    /** The first page that never came, or -1. */
    synchronized long firstMissingPage() {
        long missing = received.nextClear(0);
        return missing == received.pageCount() ? -1 : missing;
    }

    /** Pages that came at least once. */
    long receivedPages() {
        return receivedPages;
    }

    /** The digest of what was received; complete when no page is missing. */
    synchronized @Nullable MemoryDigest digest() {
        return digest == null ? null : digest.digest();
    }

    private void replaceInDigest(
            DigestBuilder into, GuestMemory.Lease lease, long page, long guestAddress, int newCrc) {
        if (received.get(page)) {
            lease.read(guestAddress, former, 0, GuestLayout.PAGE_SIZE);
            into.remove(page, guestAddress, checksum.of(former, 0));
        }
        into.add(page, guestAddress, newCrc);
    }

    private long firstPage(long guestAddress, long lengthBytes) {
        if (((guestAddress | lengthBytes) & (GuestLayout.PAGE_SIZE - 1)) != 0) {
            throw new IllegalArgumentException(String.format(
                    "received range 0x%x+%d does not begin and end at 4096-byte pages", guestAddress, lengthBytes));
        }
        return layout.fileOffset(guestAddress, lengthBytes) >>> GuestLayout.PAGE_SHIFT;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // under the lock
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
