package io.godwit.kvm.memory;

import java.util.List;

/**
 * Where a VM's RAM lies in guest-physical space. RAM ends at 3 GiB and goes on at 4 GiB, which leaves the last
 * gibibyte below 4 GiB to devices, the local APICs and the IOAPIC.
 *
 * <p>Pages are also numbered densely, from 0 in the order of the regions: page {@code i} is at memfd offset
 * {@code i * 4096}. {@link PageBitmap} uses these numbers.
 */
public record GuestLayout(List<GuestRegion> regions) {
    public static final int PAGE_SIZE = 4096;
    public static final int PAGE_SHIFT = 12;
    public static final long HOLE_START = 3L << 30;
    public static final long HOLE_END = 4L << 30;

    public GuestLayout {
        regions = List.copyOf(regions);
        long offset = 0;
        long end = -1;
        for (GuestRegion region : regions) {
            boolean aligned =
                    ((region.guestAddress() | region.sizeBytes() | region.fileOffset()) & (PAGE_SIZE - 1)) == 0;
            if (!aligned || region.sizeBytes() <= 0 || region.guestAddress() <= end || region.fileOffset() != offset) {
                throw new IllegalArgumentException("guest region out of order, empty or not page-aligned: " + region);
            }
            offset += region.sizeBytes();
            end = region.endAddress() - 1;
        }
        if (regions.isEmpty()) {
            throw new IllegalArgumentException("a guest layout has at least one region");
        }
    }

    /** RAM of the given size with the hole below 4 GiB. */
    public static GuestLayout ofSize(long sizeBytes) {
        if (sizeBytes <= HOLE_START) {
            return new GuestLayout(List.of(new GuestRegion(0, sizeBytes, 0)));
        }
        return new GuestLayout(List.of(
                new GuestRegion(0, HOLE_START, 0), new GuestRegion(HOLE_END, sizeBytes - HOLE_START, HOLE_START)));
    }

    public long sizeBytes() {
        GuestRegion last = regions.get(regions.size() - 1);
        return last.fileOffset() + last.sizeBytes();
    }

    public long pageCount() {
        return sizeBytes() >>> PAGE_SHIFT;
    }

    /** Whether all bytes are RAM of one region; a range across the hole is not contained. */
    public boolean contains(long guestAddress, long lengthBytes) {
        for (GuestRegion region : regions) {
            if (region.contains(guestAddress, lengthBytes)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Memfd offset of a guest address.
     *
     * @throws IllegalArgumentException when the range is not RAM of one region
     */
    public long fileOffset(long guestAddress, long lengthBytes) {
        for (GuestRegion region : regions) {
            if (region.contains(guestAddress, lengthBytes)) {
                return region.fileOffset() + (guestAddress - region.guestAddress());
            }
        }
        throw new IllegalArgumentException(
                String.format("guest range 0x%x+%d is not RAM; regions are %s", guestAddress, lengthBytes, regions));
    }

    public long pageIndex(long guestAddress) {
        return fileOffset(guestAddress, 1) >>> PAGE_SHIFT;
    }

    public long guestAddress(long pageIndex) {
        long offset = pageIndex << PAGE_SHIFT;
        for (GuestRegion region : regions) {
            if (offset >= region.fileOffset() && offset - region.fileOffset() < region.sizeBytes()) {
                return region.guestAddress() + (offset - region.fileOffset());
            }
        }
        throw new IllegalArgumentException("page " + pageIndex + " is not one of the " + pageCount() + " pages");
    }
}
