package io.godwit.vmm.boot;

import java.util.ArrayList;
import java.util.List;

/**
 * A stretch of guest-physical addresses that is not empty.
 *
 * @param end the first address behind it
 */
public record MemoryRange(long start, long end) {
    public MemoryRange {
        if (start < 0 || end <= start) {
            throw new IllegalArgumentException(
                    String.format("memory range 0x%x..0x%x; accepted are 0 <= start < end", start, end));
        }
    }

    boolean contains(MemoryRange other) {
        return start <= other.start && other.end <= end;
    }

    boolean overlaps(MemoryRange other) {
        return start < other.end && other.start < end;
    }

    /** What of this is not in {@code other}: none, one or two ranges. */
    List<MemoryRange> minus(MemoryRange other) {
        if (!overlaps(other)) {
            return List.of(this);
        }
        List<MemoryRange> rest = new ArrayList<>(2);
        if (start < other.start) {
            rest.add(new MemoryRange(start, other.start));
        }
        if (other.end < end) {
            rest.add(new MemoryRange(other.end, end));
        }
        return rest;
    }
}
