package io.godwit.vmm.storage.qcow2;

import java.nio.ByteBuffer;

/**
 * The fields of a QCOW2 header that matter to a reader, checked (QEMU, docs/interop/qcow2.rst, "Header"). Big-endian:
 *
 * <pre>
 *  0 magic u32      16 backing size u32    32 encryption u32     48 refcount table u64      64 snapshots u64
 *  4 version u32    20 cluster bits u32    36 L1 entries u32     56 its clusters u32        72 incompatible u64
 *  8 backing u64    24 size u64            40 L1 offset u64      60 snapshots u32          100 header length u32
 * </pre>
 *
 * From byte 72 on only in version 3, the compression type at byte 104 only in a header that is longer.
 *
 * @param clusterBits 9 to 21
 * @param sizeBytes what a guest sees, a multiple of 512
 * @param l1Entries at least as many as the size needs
 * @param l1Offset of the first table, cluster-aligned, all of it inside the file
 */
record Qcow2Header(int version, int clusterBits, long sizeBytes, int l1Entries, long l1Offset) {
    static final int MAGIC = 0x5146_49fb;
    /** Of the longest header that is read. */
    static final int MAX_BYTES = 112;

    private static final int VERSION_2_BYTES = 72;
    private static final int VERSION_3_BYTES = 104;
    private static final int MIN_CLUSTER_BITS = 9;
    private static final int MAX_CLUSTER_BITS = 21;
    private static final long MAX_SIZE_BYTES = 64L << 40;
    /** As QEMU has it: 32 MiB of entries. */
    private static final int MAX_L1_ENTRIES = 4 << 20;

    private static final long DIRTY = 1;
    private static final long CORRUPT = 1 << 1;
    private static final long EXTERNAL_DATA = 1 << 2;
    private static final long COMPRESSION_TYPE = 1 << 3;
    private static final long EXTENDED_L2 = 1 << 4;
    private static final int ZSTD = 1;

    /**
     * Reads a header.
     *
     * @param bytes the file's first, as many as there are up to {@value #MAX_BYTES}
     */
    static Qcow2Header parse(ByteBuffer bytes, long fileBytes) {
        if (bytes.limit() < VERSION_2_BYTES) {
            throw Qcow2Exception.refused("header of", bytes.limit() + " bytes", "at least " + VERSION_2_BYTES);
        }
        if (bytes.getInt(0) != MAGIC) {
            throw Qcow2Exception.refused("magic", String.format("0x%08x", bytes.getInt(0)), "0x514649fb");
        }
        int version = bytes.getInt(4);
        if (version != 2 && version != 3) {
            throw Qcow2Exception.refused("version", Integer.toUnsignedString(version), "2 or 3");
        }
        if (bytes.getLong(8) != 0) {
            throw Qcow2Exception.refused(
                    "backing file at offset", Long.toUnsignedString(bytes.getLong(8)), "an image without one");
        }
        if (bytes.getInt(32) != 0) {
            throw Qcow2Exception.refused(
                    "encryption method",
                    Integer.toUnsignedString(bytes.getInt(32)),
                    "0, an image that is not encrypted");
        }
        if (version == 3) {
            checkFeatures(bytes);
        }
        Qcow2Header header =
                new Qcow2Header(version, bytes.getInt(20), bytes.getLong(24), bytes.getInt(36), bytes.getLong(40));
        header.checkGeometry(fileBytes);
        return header;
    }

    private static void checkFeatures(ByteBuffer bytes) {
        if (bytes.limit() < VERSION_3_BYTES) {
            throw Qcow2Exception.refused("header of", bytes.limit() + " bytes", "at least " + VERSION_3_BYTES);
        }
        int length = bytes.getInt(100);
        if (length < VERSION_3_BYTES || length % 8 != 0) {
            throw Qcow2Exception.refused(
                    "header length", Integer.toUnsignedString(length), "a multiple of 8, at least " + VERSION_3_BYTES);
        }
        long features = bytes.getLong(VERSION_2_BYTES);
        refuse(features, CORRUPT, "corrupt mark", "an image that is not marked so; qemu-img check -r all repairs it");
        refuse(features, EXTERNAL_DATA, "external data file", "an image that holds its data");
        refuse(features, EXTENDED_L2, "extended L2 entries", "plain ones");
        long unknown = features & ~(DIRTY | COMPRESSION_TYPE);
        if (unknown != 0) {
            throw Qcow2Exception.refused("incompatible features", String.format("0x%x", unknown), "none of these");
        }
        int compression = length > VERSION_3_BYTES && bytes.limit() > VERSION_3_BYTES ? bytes.get(104) : 0;
        if (compression != 0) {
            throw Qcow2Exception.refused(
                    "compression type", compression == ZSTD ? "1 (zstd)" : compression & 0xff, "0 (zlib)");
        }
    }

    private static void refuse(long features, long bit, String what, String accepted) {
        if ((features & bit) != 0) {
            throw Qcow2Exception.refused(what, "", accepted);
        }
    }

    private void checkGeometry(long fileBytes) {
        if (clusterBits < MIN_CLUSTER_BITS || clusterBits > MAX_CLUSTER_BITS) {
            throw Qcow2Exception.refused(
                    "cluster bits",
                    Integer.toUnsignedString(clusterBits),
                    MIN_CLUSTER_BITS + " to " + MAX_CLUSTER_BITS);
        }
        if (sizeBytes < 512 || sizeBytes > MAX_SIZE_BYTES || sizeBytes % 512 != 0) {
            throw Qcow2Exception.refused(
                    "size", Long.toUnsignedString(sizeBytes), "a multiple of 512, not none, at most 64TiB");
        }
        long needed = (clusters() + l2Entries() - 1) / l2Entries();
        if (l1Entries < needed || l1Entries > MAX_L1_ENTRIES) {
            throw Qcow2Exception.refused(
                    "L1 table of", Integer.toUnsignedString(l1Entries) + " entries", needed + " to " + MAX_L1_ENTRIES);
        }
        if (l1Offset <= 0 || l1Offset % clusterBytes() != 0 || l1Offset > fileBytes - l1Entries * 8L) {
            throw Qcow2Exception.refused(
                    "L1 table at",
                    Long.toUnsignedString(l1Offset),
                    "a multiple of " + clusterBytes() + " with all of it in the file's " + fileBytes + " bytes");
        }
    }

    int clusterBytes() {
        return 1 << clusterBits;
    }

    /** Of each L2 table, which fills one cluster. */
    int l2Entries() {
        return clusterBytes() / 8;
    }

    /** Of the guest. */
    long clusters() {
        return (sizeBytes + clusterBytes() - 1) >> clusterBits;
    }
}
