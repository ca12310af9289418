package io.godwit.vmm.boot;

import io.godwit.kvm.memory.GuestLayout;
import java.util.List;
import java.util.OptionalLong;

/** RAM that nothing was placed in yet, while a kernel's memory is planned. */
final class FreeMemory {
    private static final long PAGE = GuestLayout.PAGE_SIZE;

    private List<MemoryRange> free;

    FreeMemory(MemoryMap map) {
        free = map.ram();
    }

    void take(MemoryRange taken) {
        free = free.stream().flatMap(range -> range.minus(taken).stream()).toList();
    }

    /** Takes whole pages as high as they are free in {@code within}; empty when they are not. */
    OptionalLong takeHighest(long bytes, MemoryRange within) {
        long length = (bytes + PAGE - 1) & -PAGE;
        for (int i = free.size() - 1; i >= 0; i--) {
            MemoryRange range = free.get(i);
            long start = (Math.min(range.end(), within.end()) & -PAGE) - length;
            if (length >= bytes && start >= Math.max(range.start(), within.start())) {
                take(new MemoryRange(start, start + length));
                return OptionalLong.of(start);
            }
        }
        return OptionalLong.empty();
    }

    /**
     * Takes bytes as low as they are free in {@code within}; empty when they are not.
     *
     * @param align of their start, a power of two
     */
    OptionalLong takeLowest(long bytes, long align, MemoryRange within) {
        for (MemoryRange range : free) {
            long start = (Math.max(range.start(), within.start()) + align - 1) & -align;
            if (bytes <= Math.min(range.end(), within.end()) - start) {
                take(new MemoryRange(start, start + bytes));
                return OptionalLong.of(start);
            }
        }
        return OptionalLong.empty();
    }
}
