package io.godwit.migration.disk;

import io.godwit.transport.PageRange;
import io.godwit.transport.PageSource;
import io.godwit.vmm.storage.VolumeLayout;
import io.godwit.vmm.storage.VolumesLeaving;
import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.agrona.MutableDirectBuffer;

/** Volumes that leave, as pages. */
public final class DiskPages implements PageSource {
    /** So much is dealt to a lane at a time. */
    private static final int RANGE_PAGES = 256;

    private final VolumesLeaving volumes;
    private final ThreadLocal<byte[]> scratch = ThreadLocal.withInitial(() -> new byte[VolumeLayout.PAGE_BYTES]);

    public DiskPages(VolumesLeaving volumes) {
        this.volumes = volumes;
    }

    @Override
    public void read(long address, MutableDirectBuffer target, int offset, int length) {
        byte[] bytes = read(address, length);
        target.putBytes(offset, bytes, 0, length);
    }

    private byte[] read(long address, int length) {
        byte[] bytes = scratch.get();
        if (bytes.length < length) {
            bytes = new byte[length];
            scratch.set(bytes);
        }
        volumes.read(address, bytes, length);
        return bytes;
    }

    @Override
    public boolean isZero(long address, int length) {
        byte[] bytes = read(address, length);
        // All bytes are equal to the one before them, and the first is zero.
        return length == 0 || (bytes[0] == 0 && Arrays.equals(bytes, 0, length - 1, bytes, 1, length));
    }

    /** All pages, from the first to the last. */
    public Iterable<PageRange> ranges() {
        long pages = volumes.layout().lengthBytes() / VolumeLayout.PAGE_BYTES;
        return () -> new Iterator<>() {
            private long next;

            @Override
            public boolean hasNext() {
                return next < pages;
            }

            @Override
            public PageRange next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                int count = (int) Math.min(RANGE_PAGES, pages - next);
                PageRange range = new PageRange(next * VolumeLayout.PAGE_BYTES, count);
                next += count;
                return range;
            }
        };
    }
}
