package io.godwit.vmm.storage;

import java.util.ArrayList;
import java.util.List;

/**
 * Volumes one behind the other in one address space of whole pages, as a page stream carries them. The rest of a volume's
 * last page reads as zeroes and is written nowhere.
 */
public final class VolumeLayout {
    public static final int PAGE_BYTES = 4096;

    private final List<Volume> volumes;
    private final List<Long> bases = new ArrayList<>();
    private final long endBytes;

    public VolumeLayout(List<Volume> volumes) {
        this.volumes = List.copyOf(volumes);
        long base = 0;
        for (Volume volume : volumes) {
            bases.add(base);
            base += (volume.sizeBytes() + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
        }
        this.endBytes = base;
    }

    public List<Volume> volumes() {
        return volumes;
    }

    /** Of all pages. */
    public long lengthBytes() {
        return endBytes;
    }

    /** What is done with part of a volume. */
    @FunctionalInterface
    interface Part {
        /**
         * @param volume its position in the layout
         * @param offset of the part in it
         * @param at of the part in the range
         */
        void take(int volume, long offset, int at, int length);
    }

    /** Cuts a range into the parts of volumes that it holds, in order. */
    void cut(long address, int length, Part part) {
        for (int i = 0; i < volumes.size(); i++) {
            long base = bases.get(i);
            long from = Math.max(address, base);
            long to = Math.min(address + length, base + volumes.get(i).sizeBytes());
            if (from < to) {
                part.take(i, from - base, (int) (from - address), (int) (to - from));
            }
        }
    }
}
