package io.godwit.vmm.boot;

import java.util.Comparator;
import java.util.List;

/**
 * A run of an image's bytes and where in guest memory it goes.
 *
 * @param name for errors, such as "segment 3"
 * @param fileOffset of the first byte; the range of {@code fileBytes} lies in the file
 * @param guestAddress physical address to load at
 * @param memoryBytes bytes in memory, at least {@code fileBytes}; the rest is zero
 */
record ImagePart(String name, long fileOffset, long fileBytes, long guestAddress, long memoryBytes) {
    MemoryRange range() {
        return new MemoryRange(guestAddress, guestAddress + memoryBytes);
    }

    boolean contains(long address) {
        return address >= guestAddress && address - guestAddress < memoryBytes;
    }

    /** Parts in ascending order, after a check that they lie in RAM and apart from each other. */
    static List<ImagePart> checked(ImageSource image, List<ImagePart> parts, MemoryMap map) {
        List<ImagePart> sorted = parts.stream()
                .filter(part -> part.memoryBytes != 0)
                .sorted(Comparator.comparingLong(ImagePart::guestAddress))
                .toList();
        if (sorted.isEmpty()) {
            throw image.refused("no loadable segment");
        }
        sorted.forEach(part -> part.checkPlace(image, map));
        for (int i = 1; i < sorted.size(); i++) {
            if (sorted.get(i - 1).range().overlaps(sorted.get(i).range())) {
                throw image.refused(sorted.get(i - 1).name + " and " + sorted.get(i).name + " overlap in memory");
            }
        }
        return sorted;
    }

    private void checkPlace(ImageSource image, MemoryMap map) {
        if (memoryBytes < 0 || fileBytes > memoryBytes) {
            throw image.refused(
                    String.format("%s has 0x%x bytes in the file and 0x%x in memory", name, fileBytes, memoryBytes));
        }
        String place = String.format("%s (0x%x+0x%x)", name, guestAddress, memoryBytes);
        if (guestAddress < 0 || memoryBytes > Long.MAX_VALUE - guestAddress) {
            throw image.refused(noFit(place, map));
        }
        if (map.isRam(range())) {
            return;
        }
        for (MemoryRange reserved : map.reserved()) {
            if (reserved.overlaps(range())) {
                throw image.refused(
                        String.format("%s overlaps the reserved 0x%x..0x%x", place, reserved.start(), reserved.end()));
            }
        }
        throw image.refused(noFit(place, map));
    }

    private static String noFit(String place, MemoryMap map) {
        return place + " does not fit the machine's " + (map.sizeBytes() >> 20) + " MiB of RAM";
    }
}
