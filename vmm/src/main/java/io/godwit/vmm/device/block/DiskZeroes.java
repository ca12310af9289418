package io.godwit.vmm.device.block;

import io.godwit.kvm.linux.DiskFile;
import io.godwit.kvm.linux.NativeBuffers;
import io.godwit.kvm.linux.VectorIo;
import org.agrona.concurrent.UnsafeBuffer;

/** Makes a range of a disk read as zero, in the cheapest way that its file can. */
final class DiskZeroes {
    private static final int CHUNK_BYTES = 64 << 10;
    private static final int CHUNKS = 16;
    /** O_DIRECT wants addresses that are multiples of a block; a page is one for every disk. */
    private static final UnsafeBuffer ZEROS = NativeBuffers.allocate(CHUNK_BYTES + 4096);

    private final DiskFile file;

    DiskZeroes(DiskFile file) {
        this.file = file;
    }

    /** @param mayUnmap whether the file may give the range's blocks back */
    void write(long offset, long length, boolean mayUnmap) {
        if ((mayUnmap && file.punchHole(offset, length)) || file.zeroRange(offset, length)) {
            return;
        }
        long zeros = ZEROS.addressOffset() + 4095 & -4096L;
        UnsafeBuffer pieces = NativeBuffers.allocate(CHUNKS * VectorIo.PIECE_BYTES);
        long done = 0;
        while (done < length) {
            int count = 0;
            long batch = 0;
            while (count < CHUNKS && done + batch < length) {
                long part = Math.min(CHUNK_BYTES, length - done - batch);
                pieces.putLong(count * VectorIo.PIECE_BYTES, zeros);
                pieces.putLong(count * VectorIo.PIECE_BYTES + 8, part);
                batch += part;
                count++;
            }
            VectorIo.writeAt(file.file(), offset + done, pieces, count);
            done += batch;
        }
    }
}
