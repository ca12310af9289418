package io.godwit.migration.digest;

import java.util.List;
import java.util.stream.Collectors;

/**
 * The outcome of comparing two memories.
 *
 * @param comparedBytes RAM that was covered
 * @param different chunks that are not the same at both ends, by guest address
 */
public record MemoryComparison(long comparedBytes, List<Chunk> different) {
    /** A stretch of RAM that holds at least one page that differs. */
    public record Chunk(long guestAddress, long sizeBytes) {
        @Override
        public String toString() {
            return String.format("0x%x+%d MiB", guestAddress, sizeBytes >> 20);
        }
    }

    private static final int NAMED_AT_MOST = 8;

    public MemoryComparison {
        different = List.copyOf(different);
    }

    public boolean isEqual() {
        return different.isEmpty();
    }

    @Override
    public String toString() {
        if (isEqual()) {
            return comparedBytes + " bytes of memory are equal";
        }
        String named =
                different.stream().limit(NAMED_AT_MOST).map(Chunk::toString).collect(Collectors.joining(", "));
        int more = different.size() - NAMED_AT_MOST;
        return "memory differs in " + different.size() + " chunks: " + named
                + (more > 0 ? " and " + more + " more" : "");
    }
}
