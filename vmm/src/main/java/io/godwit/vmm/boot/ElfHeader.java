package io.godwit.vmm.boot;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The part of an ELF file's header that a loader needs, for both classes; the layouts are those of the System V ABI
 * (Elf32_Ehdr, Elf64_Ehdr and their program headers). Everything is checked against the file's size.
 */
final class ElfHeader {
    static final int PT_LOAD = 1;
    static final int PT_NOTE = 4;
    /** Linux has five; a file with thousands is not a kernel. */
    static final int MAX_PROGRAM_HEADERS = 256;

    private static final int MAGIC = 0x464c457f;
    private static final int CLASS_32 = 1;
    private static final int CLASS_64 = 2;
    private static final int LITTLE_ENDIAN = 1;
    private static final int ET_EXEC = 2;
    private static final int ET_DYN = 3;
    private static final int EM_386 = 3;
    private static final int EM_X86_64 = 62;
    private static final int IDENT_BYTES = 16;

    private final ImageSource image;
    private final boolean wide;
    private final long tableOffset;
    private final int entryBytes;
    private final int entries;
    private final long entry;

    private ElfHeader(ImageSource image, boolean wide, ByteBuffer header) {
        this.image = image;
        this.wide = wide;
        this.tableOffset = wide ? header.getLong(32) : Integer.toUnsignedLong(header.getInt(28));
        this.entryBytes = Short.toUnsignedInt(header.getShort(wide ? 54 : 42));
        this.entries = Short.toUnsignedInt(header.getShort(wide ? 56 : 44));
        this.entry = wide ? header.getLong(24) : Integer.toUnsignedLong(header.getInt(24));
    }

    static boolean isAt(ImageSource image) {
        return image.sizeBytes() >= IDENT_BYTES
                && image.slice("ELF magic", 0, 4).getInt() == MAGIC;
    }

    static ElfHeader read(ImageSource image) {
        if (!isAt(image)) {
            throw image.refused("not an ELF file");
        }
        ByteBuffer ident = image.slice("ELF identification", 0, IDENT_BYTES);
        int elfClass = ident.get(4);
        if (elfClass != CLASS_32 && elfClass != CLASS_64) {
            throw image.refused("ELF class " + elfClass + ", accepted are 1 (32-bit) and 2 (64-bit)");
        }
        if (ident.get(5) != LITTLE_ENDIAN) {
            throw image.refused("ELF data encoding " + ident.get(5) + ", accepted is 1 (little-endian)");
        }
        boolean wide = elfClass == CLASS_64;
        ByteBuffer header = image.slice("ELF header", 0, wide ? 64 : 52);
        int type = Short.toUnsignedInt(header.getShort(16));
        int machine = Short.toUnsignedInt(header.getShort(18));
        if (type != ET_EXEC && type != ET_DYN) {
            throw image.refused("ELF type " + type + ", accepted are 2 (executable) and 3 (shared)");
        }
        if (machine != EM_386 && machine != EM_X86_64) {
            throw image.refused("ELF machine " + machine + ", accepted are 3 (i386) and 62 (x86-64)");
        }
        return new ElfHeader(image, wide, header);
    }

    /** The file's entry as a physical address, also where the file's addresses are virtual ones. */
    long physicalEntry() {
        for (ElfSegment segment : segments(PT_LOAD)) {
            long distance = entry - segment.virtualAddress();
            if (Long.compareUnsigned(distance, segment.memoryBytes()) < 0) {
                return segment.guestAddress() + distance;
            }
        }
        return entry;
    }

    /** The loadable segments, in RAM and apart from each other. */
    List<ImagePart> loadable(MemoryMap map) {
        return ImagePart.checked(
                image, segments(PT_LOAD).stream().map(ElfSegment::part).toList(), map);
    }

    /** The program headers of one type, with file ranges that lie in the file. */
    List<ElfSegment> segments(int wantedType) {
        int least = wide ? 56 : 32;
        if (entries == 0 || entries > MAX_PROGRAM_HEADERS) {
            throw image.refused(entries + " program headers, accepted are 1 to " + MAX_PROGRAM_HEADERS);
        }
        if (entryBytes < least) {
            throw image.refused("program headers of " + entryBytes + " bytes, accepted are " + least + " or more");
        }
        List<ElfSegment> segments = new ArrayList<>();
        image.checkRange("program header table", tableOffset, (long) entries * entryBytes);
        for (int i = 0; i < entries; i++) {
            ByteBuffer entry = image.slice("program header " + i, tableOffset + (long) i * entryBytes, least);
            if (entry.getInt(0) == wantedType) {
                segments.add(checked(wide ? wideSegment(i, entry) : narrowSegment(i, entry)));
            }
        }
        return segments;
    }

    private ElfSegment checked(ElfSegment segment) {
        image.checkRange("program header " + segment.index() + "'s data", segment.fileOffset(), segment.fileBytes());
        return segment;
    }

    private static ElfSegment wideSegment(int index, ByteBuffer entry) {
        return new ElfSegment(
                index,
                entry.getLong(8),
                entry.getLong(32),
                entry.getLong(16),
                entry.getLong(24),
                entry.getLong(40),
                entry.getLong(48));
    }

    private static ElfSegment narrowSegment(int index, ByteBuffer entry) {
        return new ElfSegment(
                index, u32(entry, 4), u32(entry, 16), u32(entry, 8), u32(entry, 12), u32(entry, 20), u32(entry, 28));
    }

    private static long u32(ByteBuffer entry, int offset) {
        return Integer.toUnsignedLong(entry.getInt(offset));
    }
}
