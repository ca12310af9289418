package io.godwit.vmm.boot;

import io.godwit.vmm.MachineException;
import java.nio.ByteBuffer;

/**
 * The setup header of a Linux bzImage (Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header"), checked:
 *
 * <pre>
 * 0x1f1  setup_sects     u8    0x230  kernel_alignment    u32
 * 0x1f4  syssize         u32   0x234  relocatable_kernel  u8
 * 0x1fe  boot_flag       u16   0x236  xloadflags          u16
 * 0x201  end - 0x202     u8    0x238  cmdline_size        u32
 * 0x202  "HdrS"          u32   0x258  pref_address        u64
 * 0x206  version         u16   0x260  init_size           u32
 * 0x211  loadflags       u8
 * 0x22c  initrd_addr_max u32
 * </pre>
 *
 * @param setup the bytes from {@link #START} to the end of the header, for the boot parameters
 * @param codeOffset of the protected-mode part in the file
 * @param codeBytes of the protected-mode part; the range lies in the file
 * @param initrdMax the last address at which a byte of the initrd may lie
 * @param align of the place it runs at, a power of two
 * @param cmdlineBytes most that it takes, without the final zero
 * @param preferred address to run at
 * @param initBytes what it needs in a row from there on before it looks at the memory map
 */
record LinuxHeader(
        ByteBuffer setup,
        long codeOffset,
        long codeBytes,
        long initrdMax,
        long align,
        boolean relocatable,
        long cmdlineBytes,
        long preferred,
        long initBytes) {
    static final int START = 0x1f1;
    /** Of the 64-bit entry in the protected-mode part. */
    static final int ENTRY_OFFSET = 0x200;

    private static final int SECTOR = 512;
    private static final int MAGIC_AT = 0x202;
    private static final int MAGIC = 0x53726448;
    private static final int BOOT_FLAG = 0xaa55;
    /** 2.12 came with xloadflags, in Linux 3.8. */
    private static final int LEAST_VERSION = 0x20c;

    private static final int LEAST_END = 0x264;
    /** Here the boot parameters go on. */
    private static final int MOST_END = 0x290;

    private static final int LOADED_HIGH = 1;
    private static final int XLF_KERNEL_64 = 1;
    private static final int DEFAULT_SETUP_SECTORS = 4;
    private static final long LEAST_ALIGN = 0x1000;
    private static final long MOST_ALIGN = 1 << 30;
    private static final int PARAGRAPH = 16;

    static boolean isAt(ImageSource image) {
        return image.sizeBytes() >= MAGIC_AT + 4
                && image.slice("setup header magic", MAGIC_AT, 4).getInt() == MAGIC;
    }

    static LinuxHeader read(ImageSource image) {
        ByteBuffer sectors = image.slice("setup header", 0, 2 * SECTOR);
        checkVersion(image, sectors);
        int end = MAGIC_AT + Byte.toUnsignedInt(sectors.get(0x201));
        if (end < LEAST_END || end > MOST_END) {
            throw refused(image, "end of setup header", end, "0x264 to 0x290");
        }
        int setupSectors = Byte.toUnsignedInt(sectors.get(0x1f1));
        long codeOffset = (1L + (setupSectors == 0 ? DEFAULT_SETUP_SECTORS : setupSectors)) * SECTOR;
        return new LinuxHeader(
                sectors.slice(START, end - START),
                codeOffset,
                codeBytes(image, codeOffset, u32(sectors, 0x1f4) * PARAGRAPH),
                u32(sectors, 0x22c),
                align(image, u32(sectors, 0x230)),
                sectors.get(0x234) != 0,
                u32(sectors, 0x238),
                preferred(image, sectors.getLong(0x258)),
                u32(sectors, 0x260));
    }

    private static void checkVersion(ImageSource image, ByteBuffer sectors) {
        int bootFlag = Short.toUnsignedInt(sectors.getShort(0x1fe));
        if (bootFlag != BOOT_FLAG) {
            throw refused(image, "boot_flag", bootFlag, "0xaa55");
        }
        int version = Short.toUnsignedInt(sectors.getShort(0x206));
        if (version < LEAST_VERSION) {
            throw image.refused("boot protocol " + (version >> 8) + "." + (version & 0xff)
                    + ", accepted are 2.12 (Linux 3.8) and newer, which have a 64-bit entry");
        }
        int loadflags = Byte.toUnsignedInt(sectors.get(0x211));
        if ((loadflags & LOADED_HIGH) == 0) {
            throw refused(image, "loadflags", loadflags, "those with bit 0 (LOADED_HIGH): a bzImage");
        }
        int xloadflags = Short.toUnsignedInt(sectors.getShort(0x236));
        if ((xloadflags & XLF_KERNEL_64) == 0) {
            throw refused(image, "xloadflags", xloadflags, "those with bit 0 (XLF_KERNEL_64): a 64-bit kernel");
        }
    }

    /** A file may lack some of the last paragraph's bytes, and may have a signature behind it. */
    private static long codeBytes(ImageSource image, long offset, long bytes) {
        if (bytes <= ENTRY_OFFSET + PARAGRAPH) {
            throw refused(image, "syssize", bytes / PARAGRAPH, "more than 0x21 paragraphs: the entry is in the last");
        }
        image.checkRange("protected-mode part", offset, bytes - PARAGRAPH + 1);
        return Math.min(bytes, image.sizeBytes() - offset);
    }

    private static long align(ImageSource image, long align) {
        if (align < LEAST_ALIGN || align > MOST_ALIGN || Long.bitCount(align) != 1) {
            throw refused(image, "kernel_alignment", align, "powers of two from 0x1000 to 0x40000000");
        }
        return align;
    }

    private static long preferred(ImageSource image, long address) {
        if (address < MemoryMap.HIGH_START || address >= MemoryMap.FOUR_GIB || address % LEAST_ALIGN != 0) {
            throw refused(image, "pref_address", address, "whole pages from 1 MiB to 4 GiB");
        }
        return address;
    }

    private static MachineException refused(ImageSource image, String field, long value, String accepted) {
        return image.refused(String.format("%s is 0x%x, accepted are %s", field, value, accepted));
    }

    private static long u32(ByteBuffer header, int offset) {
        return Integer.toUnsignedLong(header.getInt(offset));
    }
}
