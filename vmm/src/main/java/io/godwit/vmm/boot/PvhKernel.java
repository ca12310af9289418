package io.godwit.vmm.boot;

import io.godwit.kvm.memory.GuestLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalLong;

/**
 * A kernel that can be entered by PVH: its loadable segments, all in RAM and apart from each other, and the 32-bit
 * entry that its {@code XEN_ELFNOTE_PHYS32_ENTRY} note names (Xen's public/elfnote.h, number 18; the value is 4 or 8
 * bytes long depending on who wrote it).
 */
record PvhKernel(List<ImagePart> parts, long entry) implements Kernel {
    private static final int PHYS32_ENTRY = 18;
    private static final byte[] OWNER = "Xen\0".getBytes(StandardCharsets.US_ASCII);
    private static final int NOTE_HEADER_BYTES = 12;
    private static final int MAX_NOTES_BYTES = 1 << 20;

    static PvhKernel parse(ImageSource image, MemoryMap map) {
        ElfHeader header = ElfHeader.read(image);
        List<ImagePart> parts = header.loadable(map);
        long entry = findEntry(image, header)
                .orElseThrow(() -> image.refused(
                        "no PVH note (XEN_ELFNOTE_PHYS32_ENTRY): not a kernel that can be booted directly"));
        if (parts.stream().noneMatch(part -> part.contains(entry))) {
            throw image.refused(String.format("its PVH entry 0x%x lies in no loaded segment", entry));
        }
        return new PvhKernel(parts, entry);
    }

    /** Whether an ELF file has the note. */
    static boolean hasEntry(ImageSource image) {
        return findEntry(image, ElfHeader.read(image)).isPresent();
    }

    @Override
    public BootPlan plan(BootRequest request) {
        FreeMemory free = request.beside(this);
        long startInfo = request.placeLow(free, 1, "start info");
        long initrd = request.placeInitrd(free, MemoryMap.FOUR_GIB);
        MemoryMap told = request.map().reserving(new MemoryRange(startInfo, startInfo + GuestLayout.PAGE_SIZE));
        byte[] page = StartInfo.page(startInfo, initrd, request, told);
        return new BootPlan(
                parts, initrd, List.of(new BootPlan.Block(startInfo, page)), new BootEntry.Flat(entry, 0, startInfo));
    }

    private static OptionalLong findEntry(ImageSource image, ElfHeader header) {
        for (ElfSegment segment : header.segments(ElfHeader.PT_NOTE)) {
            if (segment.fileBytes() > MAX_NOTES_BYTES) {
                throw image.refused("segment " + segment.index() + " has " + segment.fileBytes()
                        + " bytes of notes, accepted are up to " + MAX_NOTES_BYTES);
            }
            ByteBuffer notes = image.slice("notes", segment.fileOffset(), (int) segment.fileBytes());
            OptionalLong entry = findEntry(image, notes, segment.align() == 8 ? 8 : 4);
            if (entry.isPresent()) {
                return entry;
            }
        }
        return OptionalLong.empty();
    }

    /** Notes are {namesz, descsz, type, name, desc}, name and desc each padded to the alignment of the segment. */
    private static OptionalLong findEntry(ImageSource image, ByteBuffer notes, int align) {
        long position = 0;
        while (position + NOTE_HEADER_BYTES <= notes.limit()) {
            int at = (int) position;
            long nameBytes = Integer.toUnsignedLong(notes.getInt(at));
            long descBytes = Integer.toUnsignedLong(notes.getInt(at + 4));
            int type = notes.getInt(at + 8);
            long desc = roundUp(position + NOTE_HEADER_BYTES + nameBytes, align);
            if (desc + descBytes > notes.limit()) {
                throw image.refused(
                        "note at offset " + at + " claims " + nameBytes + " + " + descBytes + " bytes, past its end");
            }
            if (type == PHYS32_ENTRY && isXen(notes, at + NOTE_HEADER_BYTES, nameBytes)) {
                return OptionalLong.of(entryValue(image, notes, (int) desc, descBytes));
            }
            position = roundUp(desc + descBytes, align);
        }
        return OptionalLong.empty();
    }

    private static long entryValue(ImageSource image, ByteBuffer notes, int desc, long descBytes) {
        if (descBytes != 4 && descBytes != 8) {
            throw image.refused("its PVH note has " + descBytes + " bytes, accepted are 4 and 8");
        }
        long entry = descBytes == 8 ? notes.getLong(desc) : Integer.toUnsignedLong(notes.getInt(desc));
        if (entry >>> 32 != 0) {
            throw image.refused(String.format("its PVH entry 0x%x is not a 32-bit address", entry));
        }
        return entry;
    }

    private static boolean isXen(ByteBuffer notes, int at, long nameBytes) {
        if (nameBytes != OWNER.length) {
            return false;
        }
        for (int i = 0; i < OWNER.length; i++) {
            if (notes.get(at + i) != OWNER[i]) {
                return false;
            }
        }
        return true;
    }

    private static long roundUp(long value, int align) {
        return (value + align - 1) & -align;
    }
}
