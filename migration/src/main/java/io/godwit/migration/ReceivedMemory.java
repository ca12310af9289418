package io.godwit.migration;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.kvm.memory.GuestRegion;
import io.godwit.kvm.memory.PageBitmap;
import io.godwit.migration.digest.DigestBuilder;
import io.godwit.migration.digest.MemoryDigest;
import io.godwit.transport.LaneStripes;
import io.godwit.transport.PageSink;
import java.util.List;
import java.util.stream.Stream;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A machine's RAM as the lanes write it. Remembers which pages came, and keeps the digest of what came up to date with
 * every write, so that it is ready the moment the last page is: a page that comes again is taken out of the digest
 * with the checksum of what memory holds of it, and added with that of the received copy.
 *
 * <p>Each lane keeps the books of its own stripes and shares nothing with the others but the words of the bitmap,
 * of which no two lanes touch the same. What needs all of it is asked when the lanes have ended.
 */
final class ReceivedMemory implements PageSink {
    private static final long WORD_BYTES = 64L << GuestLayout.PAGE_SHIFT;

    private final GuestMemory memory;
    private final GuestLayout layout;
    private final PageBitmap received;
    private final LaneStripes stripes;
    private final List<ReceivedLane> lanes;

    /** @param memory of a machine that never ran: nobody else writes to it */
    ReceivedMemory(GuestMemory memory, boolean keepDigest, LaneStripes stripes) {
        this.memory = memory;
        this.layout = memory.layout();
        this.stripes = stripes;
        this.received = new PageBitmap(layout.pageCount());
        for (GuestRegion region : layout.regions()) {
            if (stripes.lanes() > 1 && (region.guestAddress() - region.fileOffset()) % WORD_BYTES != 0) {
                throw new IllegalArgumentException(String.format(
                        "%s: lanes need regions whose guest addresses and offsets differ by a multiple of 0x%x",
                        region, WORD_BYTES));
            }
        }
        this.lanes = Stream.generate(() -> new ReceivedLane(received, keepDigest ? new DigestBuilder(layout) : null))
                .limit(stripes.lanes())
                .toList();
    }

    @Override
    public boolean contains(long guestAddress, long lengthBytes) {
        return layout.contains(guestAddress, lengthBytes);
    }

    @Override
    public void write(long guestAddress, DirectBuffer source, int offset, int length) {
        long first = firstPage(guestAddress, length);
        try (GuestMemory.Lease lease = memory.lease()) {
            lane(guestAddress, length).write(lease, first, guestAddress, source, offset, length);
        }
    }

    @Override
    public void zero(long guestAddress, long lengthBytes) {
        long first = firstPage(guestAddress, lengthBytes);
        try (GuestMemory.Lease lease = memory.lease()) {
            lane(guestAddress, lengthBytes).zero(lease, first, guestAddress, lengthBytes);
        }
    }

    /** The first page that never came, or -1; asked when the lanes have ended. */
    long firstMissingPage() {
        long missing = received.nextClear(0);
        return missing == received.pageCount() ? -1 : missing;
    }

    /** Pages that came at least once; any thread. */
    long receivedPages() {
        return lanes.stream().mapToLong(ReceivedLane::receivedPages).sum();
    }

    /** The digest of what was received, complete when no page is missing; asked when the lanes have ended. */
    @Nullable
    MemoryDigest digest() {
        DigestBuilder whole = new DigestBuilder(layout);
        for (ReceivedLane lane : lanes) {
            DigestBuilder part = lane.digest();
            if (part == null) {
                return null;
            }
            whole.addAll(part);
        }
        return whole.digest();
    }

    private ReceivedLane lane(long guestAddress, long lengthBytes) {
        int lane = stripes.laneOf(guestAddress);
        if (!stripes.owns(lane, guestAddress, lengthBytes)) {
            throw new IllegalArgumentException(String.format(
                    "received range 0x%x+%d is not within a stripe of one of %d lanes",
                    guestAddress, lengthBytes, stripes.lanes()));
        }
        return lanes.get(lane);
    }

    private long firstPage(long guestAddress, long lengthBytes) {
        if (((guestAddress | lengthBytes) & (GuestLayout.PAGE_SIZE - 1)) != 0) {
            throw new IllegalArgumentException(String.format(
                    "received range 0x%x+%d does not begin and end at 4096-byte pages", guestAddress, lengthBytes));
        }
        return layout.fileOffset(guestAddress, lengthBytes) >>> GuestLayout.PAGE_SHIFT;
    }
}
