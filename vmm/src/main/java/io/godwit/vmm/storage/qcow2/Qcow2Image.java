package io.godwit.vmm.storage.qcow2;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * A QCOW2 image, version 2 or 3, as its guest sees it (QEMU, docs/interop/qcow2.rst, "Cluster mapping"). Of internal
 * snapshots only the present state is read. Throws {@link Qcow2Exception}.
 */
public final class Qcow2Image {
    private static final long OFFSET_MASK = 0x00ff_ffff_ffff_fe00L;
    private static final long COPIED = 1L << 63;
    private static final long COMPRESSED = 1L << 62;
    private static final long ALL_ZERO = 1;
    private static final int SECTOR_BYTES = 512;

    private final FileChannel file;
    private final long fileBytes;
    private final Qcow2Header header;

    private Qcow2Image(FileChannel file, long fileBytes, Qcow2Header header) {
        this.file = file;
        this.fileBytes = fileBytes;
        this.header = header;
    }

    /** Takes the guest's bytes that are not zero. */
    @FunctionalInterface
    public interface Sink {
        void write(long offset, ByteBuffer bytes) throws IOException;
    }

    /** Whether a file begins like one. */
    public static boolean isOne(FileChannel file) throws IOException {
        ByteBuffer magic = ByteBuffer.allocate(4);
        read(file, 0, magic);
        return magic.limit() == 4 && magic.getInt(0) == Qcow2Header.MAGIC;
    }

    /** Reads and checks the header. */
    public static Qcow2Image open(FileChannel file) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(Qcow2Header.MAX_BYTES);
        read(file, 0, bytes);
        long fileBytes = file.size();
        return new Qcow2Image(file, fileBytes, Qcow2Header.parse(bytes, fileBytes));
    }

    /** What a guest sees. */
    public long sizeBytes() {
        return header.sizeBytes();
    }

    /** Passes on every cluster that the image holds and is not marked as zero, in the order of the guest's offsets. */
    public void copyTo(Sink sink) throws IOException {
        ClusterClaims claims = new ClusterClaims(header.clusterBits(), fileBytes);
        claims.claim("header", 0, header.clusterBytes());
        claims.claim("L1 table", header.l1Offset(), header.l1Entries() * 8L);
        ByteBuffer l1 = readWhole("L1 table", header.l1Offset(), header.l1Entries() * 8);
        Copy copy = new Copy(claims, sink);
        try {
            for (int i = 0; (long) i * header.l2Entries() < header.clusters(); i++) {
                copy.table(i, l1.getLong(i * 8));
            }
        } finally {
            copy.inflater.end();
        }
    }

    /** What one copying needs. */
    private final class Copy {
        private final ClusterClaims claims;
        private final Sink sink;
        private final Inflater inflater = new Inflater(true);
        private final ByteBuffer cluster = ByteBuffer.allocate(header.clusterBytes());

        Copy(ClusterClaims claims, Sink sink) {
            this.claims = claims;
            this.sink = sink;
        }

        /** Follows one entry of the L1 table. */
        void table(int index, long entry) throws IOException {
            long offset = entry & OFFSET_MASK;
            if ((entry & ~(OFFSET_MASK | COPIED)) != 0) {
                throw Qcow2Exception.refused("L1 entry " + index, hex(entry), "no reserved bits");
            }
            if (offset == 0) {
                return;
            }
            claims.claim("L2 table", offset, header.clusterBytes());
            ByteBuffer l2 = readWhole("L2 table", offset, header.clusterBytes());
            long first = (long) index * header.l2Entries();
            for (int i = 0; i < header.l2Entries() && first + i < header.clusters(); i++) {
                cluster(first + i, l2.getLong(i * 8));
            }
        }

        private void cluster(long guestCluster, long entry) throws IOException {
            if ((entry & COMPRESSED) != 0) {
                compressed(guestCluster, entry);
                return;
            }
            long offset = entry & OFFSET_MASK;
            long reserved = entry & ~(OFFSET_MASK | COPIED | (header.version() == 3 ? ALL_ZERO : 0));
            if (reserved != 0) {
                throw Qcow2Exception.refused(
                        "L2 entry of guest cluster " + guestCluster, hex(entry), "no reserved bits");
            }
            if (offset != 0) {
                claims.claim("data cluster", offset, header.clusterBytes());
            }
            if (offset != 0 && (entry & ALL_ZERO) == 0) {
                read(file, offset, cluster.clear());
                cluster.limit(header.clusterBytes()); // a file that ends within its last cluster reads as zero there
                pass(guestCluster);
                Arrays.fill(cluster.array(), (byte) 0);
            }
        }

        /** Section "Compressed Clusters Descriptor": offset in the low bits, further sectors above. */
        private void compressed(long guestCluster, long entry) throws IOException {
            int offsetBits = 62 - (header.clusterBits() - 8);
            long offset = entry & ((1L << offsetBits) - 1);
            long sectors = (entry & (COMPRESSED - 1)) >> offsetBits;
            long bytes = (sectors + 1) * SECTOR_BYTES - offset % SECTOR_BYTES;
            if ((entry & COPIED) != 0) {
                throw Qcow2Exception.refused(
                        "compressed L2 entry of guest cluster " + guestCluster, hex(entry), "bit 63 clear");
            }
            claims.claimCompressed(offset, bytes);
            ByteBuffer packed = ByteBuffer.allocate((int) bytes);
            read(file, offset, packed);
            inflate(guestCluster, packed);
            pass(guestCluster);
            Arrays.fill(cluster.array(), (byte) 0);
        }

        /** The data end somewhere within their last sector, so what is left over is no fault. */
        private void inflate(long guestCluster, ByteBuffer packed) {
            inflater.reset();
            inflater.setInput(packed);
            cluster.clear();
            try {
                while (cluster.hasRemaining()) {
                    int made = inflater.inflate(cluster);
                    if (made == 0) {
                        throw new Qcow2Exception("qcow2 compressed guest cluster " + guestCluster + " unpacks to "
                                + cluster.position() + " bytes; expected " + header.clusterBytes());
                    }
                }
            } catch (DataFormatException damaged) {
                throw new Qcow2Exception(
                        "qcow2 compressed guest cluster " + guestCluster + " is damaged: " + damaged.getMessage());
            }
            cluster.flip();
        }

        private void pass(long guestCluster) throws IOException {
            long offset = guestCluster << header.clusterBits();
            cluster.position(0).limit((int) Math.min(header.clusterBytes(), header.sizeBytes() - offset));
            sink.write(offset, cluster);
        }
    }

    private ByteBuffer readWhole(String what, long offset, int bytes) throws IOException {
        ByteBuffer table = ByteBuffer.allocate(bytes);
        read(file, offset, table);
        if (table.limit() < bytes) {
            throw Qcow2Exception.refused(what + " at", offset, "all of it in the file's " + fileBytes + " bytes");
        }
        return table;
    }

    /** Reads as much as there is; the limit says how much that was. */
    private static void read(FileChannel file, long offset, ByteBuffer into) throws IOException {
        while (into.hasRemaining() && file.read(into, offset + into.position()) >= 0) {}
        into.flip();
    }

    private static String hex(long entry) {
        return String.format("0x%016x", entry);
    }
}
