package io.godwit.transport;

/** Consecutive 4 KiB pages of one memory region: what flows through the streams instead of bytes. */
public record PageRange(long guestAddress, int pageCount) {
    public static final int PAGE_SIZE = 4096;

    public long lengthBytes() {
        return (long) pageCount * PAGE_SIZE;
    }
}
