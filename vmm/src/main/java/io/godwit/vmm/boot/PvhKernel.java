package io.godwit.vmm.boot;

import io.godwit.kvm.memory.GuestLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;

/**
 * A kernel that can be entered by PVH: its loadable segments, all in RAM and apart from each other, and the 32-bit
 * entry that its {@code XEN_ELFNOTE_PHYS32_ENTRY} note names (Xen's public/elfnote.h, number 18; the value is 4 or 8
 * bytes long depending on who wrote it).
 */
record PvhKernel(List<ElfSegment> segments, long entry) {
    private static final int PHYS32_ENTRY = 18;
    private static final byte[] OWNER = "Xen\0".getBytes(StandardCharsets.US_ASCII);
    private static final int NOTE_HEADER_BYTES = 12;
    private static final int MAX_NOTES_BYTES = 1 << 20;

    static PvhKernel parse(ImageSource image, GuestLayout layout) {
        ElfHeader header = ElfHeader.read(image);
        List<ElfSegment> segments = header.segments(ElfHeader.PT_LOAD).stream()
                .filter(segment -> segment.memoryBytes() != 0)
                .sorted(Comparator.comparingLong(ElfSegment::guestAddress))
                .toList();
        if (segments.isEmpty()) {
            throw image.refused("no loadable segment");
        }
        checkPlaces(image, segments, layout);
        long entry = entry(image, header.segments(ElfHeader.PT_NOTE));
        if (segments.stream().noneMatch(segment -> segment.overlaps(entry, entry + 1))) {
            throw image.refused(String.format("its PVH entry 0x%x lies in no loaded segment", entry));
        }
        return new PvhKernel(segments, entry);
    }

    private static void checkPlaces(ImageSource image, List<ElfSegment> segments, GuestLayout layout) {
        for (ElfSegment segment : segments) {
            if (segment.memoryBytes() < 0 || segment.fileBytes() > segment.memoryBytes()) {
                throw image.refused(String.format(
                        "segment %d has 0x%x bytes in the file and 0x%x in memory",
                        segment.index(), segment.fileBytes(), segment.memoryBytes()));
            }
            if (segment.guestAddress() < 0 || !layout.contains(segment.guestAddress(), segment.memoryBytes())) {
                throw image.refused(String.format(
                        "segment %d (0x%x+0x%x) does not fit the machine's %d MiB of RAM",
                        segment.index(), segment.guestAddress(), segment.memoryBytes(), layout.sizeBytes() >> 20));
            }
        }
        for (int i = 1; i < segments.size(); i++) {
            ElfSegment below = segments.get(i - 1);
            if (below.endAddress() > segments.get(i).guestAddress()) {
                throw image.refused(
                        "segments " + below.index() + " and " + segments.get(i).index() + " overlap in memory");
            }
        }
    }

    private static long entry(ImageSource image, List<ElfSegment> noteSegments) {
        for (ElfSegment segment : noteSegments) {
            if (segment.fileBytes() > MAX_NOTES_BYTES) {
                throw image.refused("segment " + segment.index() + " has " + segment.fileBytes()
                        + " bytes of notes, accepted are up to " + MAX_NOTES_BYTES);
            }
            ByteBuffer notes = image.slice("notes", segment.fileOffset(), (int) segment.fileBytes());
            OptionalLong entry = findEntry(image, notes, segment.align() == 8 ? 8 : 4);
            if (entry.isPresent()) {
                return entry.getAsLong();
            }
        }
        throw image.refused("no PVH note (XEN_ELFNOTE_PHYS32_ENTRY): not a kernel that can be booted directly");
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
