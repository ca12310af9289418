package io.godwit.vmm.storage.qcow2;

import java.util.BitSet;
import org.agrona.collections.LongHashSet;

/**
 * Which parts of the file were found to be used, each once: an honest image refers to no table and no data twice, so a
 * loop, or data that multiply, show here. Compressed data share host clusters with each other, but begin at different
 * bytes.
 */
final class ClusterClaims {
    /** A quarter of a billion: 32 MiB of bits, 16 TiB of file in clusters of the usual 64 KiB. */
    private static final long MAX_CLUSTERS = 1L << 28;

    private final int clusterBits;
    private final long fileBytes;
    private final BitSet whole = new BitSet();
    private final BitSet shared = new BitSet();
    private final LongHashSet compressed = new LongHashSet();

    ClusterClaims(int clusterBits, long fileBytes) {
        this.clusterBits = clusterBits;
        this.fileBytes = fileBytes;
        long clusters = (fileBytes >> clusterBits) + 1;
        if (clusters > MAX_CLUSTERS) {
            throw Qcow2Exception.refused(
                    "file of", fileBytes + " bytes in clusters of " + (1 << clusterBits), "at most 2^28 clusters");
        }
    }

    /** Claims clusters that nothing else may use; the file may end within the last. */
    void claim(String what, long offset, long bytes) {
        long first = offset >> clusterBits;
        long last = (offset + bytes - 1) >> clusterBits;
        if (offset < 0
                || bytes <= 0
                || bytes > fileBytes
                || offset >= fileBytes
                || last > (fileBytes - 1) >> clusterBits) {
            throw Qcow2Exception.refused(what + " at", offset, "an offset inside the file's " + fileBytes + " bytes");
        }
        if (offset % (1L << clusterBits) != 0) {
            throw Qcow2Exception.refused(what + " at", offset, "a multiple of " + (1L << clusterBits));
        }
        for (long cluster = first; cluster <= last; cluster++) {
            if (whole.get((int) cluster) || shared.get((int) cluster)) {
                throw overlap(what, offset);
            }
            whole.set((int) cluster);
        }
    }

    /** Claims bytes of compressed data. */
    void claimCompressed(long offset, long bytes) {
        String what = "compressed cluster";
        if (offset >= fileBytes) {
            throw Qcow2Exception.refused(what + " at", offset, "an offset inside the file's " + fileBytes + " bytes");
        }
        if (!compressed.add(offset)) {
            throw overlap(what, offset);
        }
        long last = Math.min(offset + bytes, fileBytes) - 1;
        for (long cluster = offset >> clusterBits; cluster <= last >> clusterBits; cluster++) {
            if (whole.get((int) cluster)) {
                throw overlap(what, offset);
            }
            shared.set((int) cluster);
        }
    }

    private static Qcow2Exception overlap(String what, long offset) {
        return new Qcow2Exception("qcow2 " + what + " at " + offset
                + " overlaps another part of the image; each part of the file is expected to be used once");
    }
}
