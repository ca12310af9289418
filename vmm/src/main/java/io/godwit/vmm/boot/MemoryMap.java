package io.godwit.vmm.boot;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestRegion;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a guest is told about its physical memory, by every boot protocol alike: RAM up to 640 KiB, the reserved block of
 * video memory and ROMs up to 1 MiB, RAM from there on with the hole of {@link GuestLayout}, and what else is reserved.
 *
 * @param sizeBytes all memory of the machine, also what lies under reserved ranges
 * @param ram in ascending order, apart from each other and from {@code reserved}
 * @param reserved in ascending order, apart from each other
 */
record MemoryMap(long sizeBytes, List<MemoryRange> ram, List<MemoryRange> reserved) {
    /** Up to here PCs have RAM; then come the legacy video and ROM areas. */
    static final long LOW_END = 0xa0000;

    static final long HIGH_START = 0x100000;
    static final long FOUR_GIB = 1L << 32;
    /** Fits the pages of all protocols; Linux takes 128 (E820_MAX_ENTRIES_ZEROPAGE). */
    static final int MAX_ENTRIES = 64;

    private static final MemoryRange LEGACY = new MemoryRange(LOW_END, HIGH_START);

    /**
     * A line of the map as guests see it.
     *
     * @param type as numbered by ACPI 6.5, table 15.4 (E820), by PVH and by multiboot
     */
    record Entry(MemoryRange range, int type) {
        static final int RAM = 1;
        static final int RESERVED = 2;

        long start() {
            return range.start();
        }

        long sizeBytes() {
            return range.end() - range.start();
        }
    }

    MemoryMap {
        ram = List.copyOf(ram);
        reserved = List.copyOf(reserved);
        if (ram.size() + reserved.size() > MAX_ENTRIES) {
            throw new IllegalArgumentException(
                    "a memory map of " + (ram.size() + reserved.size()) + " entries; accepted are " + MAX_ENTRIES);
        }
    }

    /** @param areas reserved in addition; they may overlap each other, RAM and the legacy block */
    static MemoryMap of(GuestLayout layout, List<MemoryRange> areas) {
        List<MemoryRange> all = new ArrayList<>();
        for (GuestRegion region : layout.regions()) {
            all.add(new MemoryRange(region.guestAddress(), region.endAddress()));
        }
        MemoryMap map = new MemoryMap(layout.sizeBytes(), all, List.of()).reserving(LEGACY);
        for (MemoryRange area : areas) {
            map = map.reserving(area);
        }
        return map;
    }

    MemoryMap reserving(MemoryRange area) {
        List<MemoryRange> left =
                ram.stream().flatMap(range -> range.minus(area).stream()).toList();
        List<MemoryRange> sorted = Stream.concat(reserved.stream(), Stream.of(area))
                .sorted(Comparator.comparingLong(MemoryRange::start))
                .toList();
        return new MemoryMap(sizeBytes, left, joined(sorted));
    }

    private static List<MemoryRange> joined(List<MemoryRange> sorted) {
        List<MemoryRange> joined = new ArrayList<>();
        for (MemoryRange range : sorted) {
            int last = joined.size() - 1;
            if (last >= 0 && range.start() <= joined.get(last).end()) {
                MemoryRange below = joined.get(last);
                joined.set(last, new MemoryRange(below.start(), Math.max(below.end(), range.end())));
            } else {
                joined.add(range);
            }
        }
        return joined;
    }

    /** In ascending order, without overlaps. */
    List<Entry> entries() {
        return Stream.concat(
                        ram.stream().map(range -> new Entry(range, Entry.RAM)),
                        reserved.stream().map(range -> new Entry(range, Entry.RESERVED)))
                .sorted(Comparator.comparingLong(Entry::start))
                .toList();
    }

    boolean isRam(MemoryRange range) {
        return ram.stream().anyMatch(part -> part.contains(range));
    }

    /** Bytes of RAM that lie at {@code start} and on without a break, 0 when there is none. */
    long ramBytesFrom(long start) {
        return ram.stream()
                .filter(range -> range.start() == start)
                .mapToLong(range -> range.end() - start)
                .sum();
    }
}
