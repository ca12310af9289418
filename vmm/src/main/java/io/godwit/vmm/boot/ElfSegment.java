package io.godwit.vmm.boot;

/**
 * One program header.
 *
 * @param fileOffset of the first byte; the range of {@code fileBytes} lies in the file
 * @param virtualAddress what the file's entry is relative to
 * @param guestAddress physical address to load at
 * @param memoryBytes bytes in memory, at least {@code fileBytes}; the rest is zero
 * @param align of the segment in the file, as far as it matters to notes
 */
record ElfSegment(
        int index,
        long fileOffset,
        long fileBytes,
        long virtualAddress,
        long guestAddress,
        long memoryBytes,
        long align) {
    ImagePart part() {
        return new ImagePart("segment " + index, fileOffset, fileBytes, guestAddress, memoryBytes);
    }
}
