package io.godwit.vmm.bus;

import io.godwit.vmm.MachineEvent;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Ranges of one address space and who answers there. Fixed once built; an access looks up its handler without
 * allocation. An access that lies in no range, or only in part, is unclaimed: it reads all ones, writes nothing and
 * is counted.
 */
public final class AddressSpace {
    private final long[] starts;
    private final long[] ends;
    private final IoHandler[] handlers;
    private final AtomicLong unclaimed = new AtomicLong();

    private AddressSpace(List<Range> ranges) {
        int count = ranges.size();
        starts = new long[count];
        ends = new long[count];
        handlers = new IoHandler[count];
        for (int i = 0; i < count; i++) {
            starts[i] = ranges.get(i).start;
            ends[i] = ranges.get(i).end;
            handlers[i] = ranges.get(i).handler;
        }
    }

    public static Builder builder(String name, long sizeBytes) {
        return new Builder(name, sizeBytes);
    }

    public long read(long address, int size) {
        int index = find(address, size);
        if (index < 0) {
            unclaimed.incrementAndGet();
            return mask(size);
        }
        return handlers[index].read(address - starts[index], size) & mask(size);
    }

    public @Nullable MachineEvent write(long address, int size, long value) {
        int index = find(address, size);
        if (index < 0) {
            unclaimed.incrementAndGet();
            return null;
        }
        return handlers[index].write(address - starts[index], size, value & mask(size));
    }

    /** Accesses that nobody answered. */
    public long unclaimedAccesses() {
        return unclaimed.get();
    }

    private int find(long address, int size) {
        int low = 0;
        int high = starts.length - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (address < starts[middle]) {
                high = middle - 1;
            } else if (address >= ends[middle]) {
                low = middle + 1;
            } else {
                return size <= ends[middle] - address ? middle : -1;
            }
        }
        return -1;
    }

    private static long mask(int size) {
        return size >= 8 ? -1L : (1L << (size * 8)) - 1;
    }

    private record Range(long start, long end, IoHandler handler) {}

    /** Collects ranges and refuses those that overlap or leave the space. */
    public static final class Builder {
        private final String name;
        private final long sizeBytes;
        private final List<Range> ranges = new ArrayList<>();

        private Builder(String name, long sizeBytes) {
            this.name = name;
            this.sizeBytes = sizeBytes;
        }

        public Builder claim(long start, long length, IoHandler handler) {
            if (start < 0 || length <= 0 || start > sizeBytes - length) {
                throw new IllegalArgumentException(
                        String.format("%s range 0x%x+0x%x is not within 0x%x bytes", name, start, length, sizeBytes));
            }
            ranges.add(new Range(start, start + length, handler));
            return this;
        }

        public AddressSpace build() {
            ranges.sort(Comparator.comparingLong(Range::start));
            for (int i = 1; i < ranges.size(); i++) {
                if (ranges.get(i).start < ranges.get(i - 1).end) {
                    throw new IllegalArgumentException(
                            String.format("%s 0x%x is claimed twice", name, ranges.get(i).start));
                }
            }
            return new AddressSpace(ranges);
        }
    }
}
