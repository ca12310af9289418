package io.godwit.vmm.pci;

import io.godwit.vmm.MachineEvent;
import io.godwit.vmm.bus.IoHandler;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The part of the hole below 4 GiB where the guest may put base address registers. Looking an access up takes no lock:
 * the map is replaced as a whole.
 */
public final class MemoryWindow implements IoHandler {
    public static final long START = 0xc000_0000L;
    /** Before the IOAPIC, the local APICs and the pages that KVM keeps for itself. */
    public static final long END = 0xfec0_0000L;

    private volatile List<Placed> map = List.of();

    private record Placed(long start, long end, BarContent content) {}

    static boolean contains(long address, long bytes) {
        return address >= START && address <= END - bytes;
    }

    void place(long address, int sizeBytes, BarContent content) {
        List<Placed> next = new ArrayList<>(map);
        next.add(new Placed(address, address + sizeBytes, content));
        next.sort(Comparator.comparingLong(Placed::start));
        map = List.copyOf(next);
    }

    void remove(BarContent content) {
        map = map.stream().filter(placed -> placed.content != content).toList();
    }

    @Override
    public long read(long offset, int size) {
        Placed placed = find(START + offset, size);
        return placed == null ? -1 : placed.content.read(START + offset - placed.start, size);
    }

    @Override
    public @Nullable MachineEvent write(long offset, int size, long value) {
        Placed placed = find(START + offset, size);
        return placed == null ? null : placed.content.write(START + offset - placed.start, size, value);
    }

    /** Where a guest put two on one another, the first answers. */
    private @Nullable Placed find(long address, int size) {
        for (Placed placed : map) {
            if (address >= placed.start && address <= placed.end - size) {
                return placed;
            }
        }
        return null;
    }
}
