package io.godwit.migration.disk;

import io.godwit.transport.PageSink;
import io.godwit.vmm.storage.VolumeLayout;
import io.godwit.vmm.storage.VolumesComing;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** Volumes that come, as pages. Each page comes once. */
public final class DiskSink implements PageSink {
    private final VolumesComing volumes;
    private final ThreadLocal<byte[]> scratch = ThreadLocal.withInitial(() -> new byte[VolumeLayout.PAGE_BYTES]);

    public DiskSink(VolumesComing volumes) {
        this.volumes = volumes;
    }

    @Override
    public boolean contains(long address, long lengthBytes) {
        long end = volumes.layout().lengthBytes();
        return address >= 0 && lengthBytes >= 0 && address <= end && lengthBytes <= end - address;
    }

    /** Only differences are applied to what is there, and disks are sent without. */
    @Override
    public void read(long address, MutableDirectBuffer target, int offset, int length) {
        throw new UnsupportedOperationException("a disk's pages do not come as differences");
    }

    @Override
    public void write(long address, DirectBuffer source, int offset, int length) {
        byte[] bytes = scratch.get();
        if (bytes.length < length) {
            bytes = new byte[length];
            scratch.set(bytes);
        }
        source.getBytes(offset, bytes, 0, length);
        volumes.write(address, bytes, length);
    }

    /** A volume that is made reads as zeroes. */
    @Override
    public void zero(long address, long lengthBytes) {
        // a hole is left
    }
}
