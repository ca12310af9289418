package io.godwit.vmm.boot;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.vmm.MachineException;
import io.godwit.vmm.acpi.AcpiTables;
import java.util.List;

/**
 * Where the things that PVH hands to a kernel go, beside its segments.
 *
 * @param startInfoAddress one page below 640 KiB for {@link StartInfo}
 * @param initrdAddress page-aligned, as high as it fits below the hole; 0 without initrd
 */
record BootPlan(long startInfoAddress, long initrdAddress, long initrdBytes) {
    /** Up to here PCs have RAM; then come the legacy video and ROM areas. */
    static final long LOW_END = 0xa0000;

    static final long HIGH_START = 0x100000;
    private static final long PAGE = GuestLayout.PAGE_SIZE;

    static BootPlan of(PvhKernel kernel, GuestLayout layout, long initrdBytes) {
        requireRoomForTables(kernel.segments());
        return new BootPlan(
                startInfo(kernel.segments()),
                initrdBytes == 0 ? 0 : initrd(kernel.segments(), layout, initrdBytes),
                initrdBytes);
    }

    private static void requireRoomForTables(List<ElfSegment> segments) {
        for (ElfSegment segment : segments) {
            if (segment.overlaps(AcpiTables.START, AcpiTables.END)) {
                throw new MachineException(String.format(
                        "the kernel's segment %d (0x%x+0x%x) reaches into 0x%x to 0x%x, where the ACPI tables lie",
                        segment.index(),
                        segment.guestAddress(),
                        segment.memoryBytes(),
                        AcpiTables.START,
                        AcpiTables.END));
            }
        }
    }

    private static long startInfo(List<ElfSegment> segments) {
        for (long page = LOW_END - PAGE; page >= PAGE; page -= PAGE) {
            if (isFree(segments, page, page + PAGE)) {
                return page;
            }
        }
        throw new MachineException("the kernel fills all memory below 640 KiB; one page is needed for its start info");
    }

    private static long initrd(List<ElfSegment> segments, GuestLayout layout, long bytes) {
        long end = layout.regions().get(0).endAddress();
        for (int i = segments.size(); i >= 0; i--) {
            long start = (end - bytes) & -PAGE;
            if (bytes > end - HIGH_START || start < HIGH_START) {
                break;
            }
            if (isFree(segments, start, start + bytes)) {
                return start;
            }
            if (i > 0) {
                end = Math.min(end, segments.get(i - 1).guestAddress());
            }
        }
        throw new MachineException("an initrd of " + bytes + " bytes does not fit beside the kernel in "
                + (layout.sizeBytes() >> 20) + " MiB of RAM");
    }

    private static boolean isFree(List<ElfSegment> segments, long start, long end) {
        return segments.stream().noneMatch(segment -> segment.overlaps(start, end));
    }
}
