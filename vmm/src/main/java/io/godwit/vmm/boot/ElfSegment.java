package io.godwit.vmm.boot;

/**
 * One program header.
 *
 * @param fileOffset of the first byte; the range of {@code fileBytes} lies in the file
 * @param guestAddress physical address to load at
 * @param memoryBytes bytes in memory, at least {@code fileBytes}; the rest is zero
 * @param align of the segment in the file, as far as it matters to notes
 */
record ElfSegment(int index, long fileOffset, long fileBytes, long guestAddress, long memoryBytes, long align) {
    long endAddress() {
        return guestAddress + memoryBytes;
    }

    boolean overlaps(long start, long end) {
        return guestAddress < end && start < endAddress();
    }
}
