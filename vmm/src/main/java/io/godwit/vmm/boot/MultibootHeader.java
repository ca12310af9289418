package io.godwit.vmm.boot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * The header of a multiboot kernel (Multiboot Specification 0.6.96, section 3.1), checked:
 *
 * <pre>
 *  0  magic 0x1badb002   12  header_addr     with flag 16, physical addresses:
 *  4  flags              16  load_addr       of the first byte loaded
 *  8  checksum: the      20  load_end_addr   behind the last, 0: the whole file
 *     sum of the three   24  bss_end_addr    behind what is cleared, 0: nothing
 *     is 0               28  entry_addr
 * </pre>
 *
 * @param offset in the file, a multiple of 4
 * @param addresses whether the fields from 12 on count, rather than the file being an ELF
 */
record MultibootHeader(
        long offset, boolean addresses, long headerAt, long loadAt, long loadEnd, long bssEnd, long entry) {
    /** The whole header lies in so many bytes of the file. */
    static final int SEARCH_BYTES = 8192;

    private static final int MAGIC = 0x1badb002;
    private static final int SHORT_BYTES = 12;
    private static final int LONG_BYTES = 32;
    private static final int MANDATORY = 0xffff;
    private static final int PAGE_ALIGN = 1;
    private static final int MEMORY_INFO = 1 << 1;
    private static final int VIDEO_MODE = 1 << 2;
    private static final int ADDRESSES = 1 << 16;

    /** The first header in the file; empty when there is none. */
    static Optional<MultibootHeader> find(ImageSource image) {
        int length = (int) Math.min(SEARCH_BYTES, image.sizeBytes());
        ByteBuffer start = image.slice("first bytes", 0, length);
        for (int at = 0; at <= length - SHORT_BYTES; at += 4) {
            if (start.getInt(at) == MAGIC && MAGIC + start.getInt(at + 4) + start.getInt(at + 8) == 0) {
                return Optional.of(read(image, start, at));
            }
        }
        return Optional.empty();
    }

    private static MultibootHeader read(ImageSource image, ByteBuffer start, int at) {
        int flags = start.getInt(at + 4);
        checkFlags(image, flags);
        boolean addresses = (flags & ADDRESSES) != 0;
        if (addresses && at + LONG_BYTES > start.limit()) {
            throw image.refused("multiboot header at offset " + at + " has no room for its addresses, accepted are "
                    + LONG_BYTES + " bytes within the first " + start.limit());
        }
        ByteBuffer fields = addresses
                ? start.slice(at, LONG_BYTES).order(ByteOrder.LITTLE_ENDIAN)
                : ByteBuffer.allocate(LONG_BYTES);
        return new MultibootHeader(
                at, addresses, u32(fields, 12), u32(fields, 16), u32(fields, 20), u32(fields, 24), u32(fields, 28));
    }

    private static void checkFlags(ImageSource image, int flags) {
        if ((flags & VIDEO_MODE) != 0) {
            throw image.refused("multiboot flag 2 asks for a video mode, which this machine does not have");
        }
        int unknown = flags & MANDATORY & ~(PAGE_ALIGN | MEMORY_INFO);
        if (unknown != 0) {
            throw image.refused(String.format(
                    "multiboot flags 0x%x are unknown and mandatory, accepted are 0x1 (page alignment) and 0x2 (memory"
                            + " information)",
                    unknown));
        }
    }

    private static long u32(ByteBuffer fields, int offset) {
        return Integer.toUnsignedLong(fields.getInt(offset));
    }
}
