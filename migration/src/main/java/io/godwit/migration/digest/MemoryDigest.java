package io.godwit.migration.digest;

import io.godwit.kvm.memory.GuestLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * All of a machine's RAM in a few kilobytes: one 64-bit value per chunk of at least 16 MiB. A chunk's value is the sum
 * of a mix of (guest address, CRC32C) over its pages, so it does not depend on the order in which pages were seen and
 * a page can be replaced in it. Memories of more than 64 GiB have larger chunks: there are never more than 4096.
 *
 * <p>Meant against faults, not against forgery. Encoded, little-endian:
 *
 * <pre>
 *  0        1            2          4             8                16
 *  +--------+------------+----------+-------------+----------------+----------- - - -
 *  | u8 1   | u8 log2 of | u16 zero | u32 chunks  | u64 pages      | u64 per chunk
 *  |        | chunk pages|          |             |                |
 *  +--------+------------+----------+-------------+----------------+----------- - - -
 * </pre>
 */
public final class MemoryDigest {
    public static final int MAX_CHUNKS = 4096;
    /** What no encoded digest exceeds. */
    public static final int MAX_ENCODED_BYTES = 16 + MAX_CHUNKS * Long.BYTES;

    static final int MIN_CHUNK_SHIFT = 12;
    private static final int FORMAT = 1;
    private static final int HEADER_BYTES = 16;

    private final long pageCount;
    private final long[] sums;

    private MemoryDigest(long pageCount, long[] sums) {
        this.pageCount = pageCount;
        this.sums = sums;
    }

    static MemoryDigest of(long pageCount, long[] sums) {
        return new MemoryDigest(pageCount, sums.clone());
    }

    /** Base-2 logarithm of a chunk's pages. */
    static int chunkShift(long pageCount) {
        int shift = MIN_CHUNK_SHIFT;
        while (chunks(pageCount, shift) > MAX_CHUNKS) {
            shift++;
        }
        return shift;
    }

    static long chunks(long pageCount, int shift) {
        return (pageCount + (1L << shift) - 1) >>> shift;
    }

    /** What one page adds to its chunk. The mix is the finalizer of SplitMix64 (Steele, Lea, Flood 2014), twice. */
    static long contribution(long guestAddress, int crc) {
        return mix(mix(guestAddress + 0x9e3779b97f4a7c15L) + Integer.toUnsignedLong(crc) * 0xd1342543de82ef95L);
    }

    private static long mix(long value) {
        long z = value;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    public long pageCount() {
        return pageCount;
    }

    public int chunkCount() {
        return sums.length;
    }

    public byte[] encode() {
        ByteBuffer out =
                ByteBuffer.allocate(HEADER_BYTES + sums.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        out.put((byte) FORMAT).put((byte) chunkShift(pageCount)).putShort((short) 0);
        out.putInt(sums.length).putLong(pageCount);
        for (long sum : sums) {
            out.putLong(sum);
        }
        return out.array();
    }

    /** @throws IllegalArgumentException when the bytes are not a digest; names the field and what is accepted */
    public static MemoryDigest decode(byte[] bytes) {
        if (bytes.length < HEADER_BYTES || bytes.length > MAX_ENCODED_BYTES) {
            throw new IllegalArgumentException("memory digest of " + bytes.length + " bytes, expected " + HEADER_BYTES
                    + " to " + MAX_ENCODED_BYTES);
        }
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int format = in.get();
        int shift = in.get();
        int zero = in.getShort();
        int count = in.getInt();
        long pages = in.getLong();
        if (format != FORMAT || zero != 0) {
            throw new IllegalArgumentException("memory digest format " + format + "/" + zero + ", expected 1/0");
        }
        if (pages < 1 || pages > 1L << 36 || shift != chunkShift(pages) || count != chunks(pages, shift)) {
            throw new IllegalArgumentException("memory digest of " + pages + " pages in " + count + " chunks of 2^"
                    + shift + " pages does not add up");
        }
        if (in.remaining() != count * Long.BYTES) {
            throw new IllegalArgumentException("memory digest has " + in.remaining() + " bytes of sums for " + count
                    + " chunks, expected " + count * Long.BYTES);
        }
        long[] sums = new long[count];
        in.asLongBuffer().get(sums);
        return new MemoryDigest(pages, sums);
    }

    /**
     * Compares with the other end's digest.
     *
     * @param layout of the machine, for naming what differs by its guest address
     */
    public MemoryComparison compareWith(MemoryDigest other, GuestLayout layout) {
        if (other.pageCount != pageCount || layout.pageCount() != pageCount) {
            throw new IllegalArgumentException("digests of " + pageCount + " and " + other.pageCount
                    + " pages for a machine of " + layout.pageCount() + " cannot be compared");
        }
        int shift = chunkShift(pageCount);
        List<MemoryComparison.Chunk> different = new ArrayList<>();
        for (int i = 0; i < sums.length; i++) {
            if (sums[i] != other.sums[i]) {
                long first = (long) i << shift;
                long pages = Math.min(1L << shift, pageCount - first);
                different.add(new MemoryComparison.Chunk(layout.guestAddress(first), pages * GuestLayout.PAGE_SIZE));
            }
        }
        return new MemoryComparison(pageCount * GuestLayout.PAGE_SIZE, different);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof MemoryDigest that && pageCount == that.pageCount && Arrays.equals(sums, that.sums);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(sums);
    }

    @Override
    public String toString() {
        return String.format("digest %08x of %d pages", hashCode(), pageCount);
    }
}
