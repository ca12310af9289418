package io.godwit.vmm.pci;

import io.godwit.vmm.MachineEvent;
import io.godwit.vmm.state.StateReader;
import io.godwit.vmm.state.StateWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Function 0 of one device on the bus: its configuration space, its base address registers in the memory window, and
 * its interrupt pin. Called on vCPU threads, one at a time.
 */
public final class PciFunction {
    private static final int VENDOR_CAPABILITY = 0x09;
    private static final int COMMAND_BITS = ConfigSpace.COMMAND_IO
            | ConfigSpace.COMMAND_MEMORY
            | ConfigSpace.COMMAND_BUS_MASTER
            | ConfigSpace.COMMAND_INTX_DISABLE;

    private final ConfigSpace config = new ConfigSpace();
    private final List<Bar> bars = new ArrayList<>();
    private final Map<Bar, Long> placed = new HashMap<>();
    private final List<ConfigListener> listeners = new ArrayList<>();
    private @Nullable MemoryWindow window;

    /** Answers for a part of the configuration space. */
    interface ConfigListener {
        int offset();

        int length();

        /** Before the guest reads there. */
        default void beforeRead() {}

        /** After the guest wrote there. */
        void written();
    }

    /**
     * @param classCode base class, subclass and interface: three bytes
     * @param interrupts whether it has an interrupt pin
     */
    public PciFunction(int vendor, int device, int subsystem, int classCode, int revision, boolean interrupts) {
        config.set(ConfigSpace.VENDOR, 2, vendor);
        config.set(ConfigSpace.DEVICE, 2, device);
        config.set(ConfigSpace.SUBSYSTEM_VENDOR, 2, vendor);
        config.set(ConfigSpace.SUBSYSTEM, 2, subsystem);
        config.set(ConfigSpace.REVISION, 1, revision);
        config.set(ConfigSpace.CLASS, 3, classCode);
        config.set(ConfigSpace.INTERRUPT_PIN, 1, interrupts ? 1 : 0);
        config.allow(ConfigSpace.COMMAND, 2, COMMAND_BITS);
        config.allow(ConfigSpace.INTERRUPT_LINE, 1, 0xff);
    }

    ConfigSpace config() {
        return config;
    }

    /** @param sizeBytes a power of two from 4096 on */
    public PciFunction withBar(int index, int sizeBytes, BarContent content) {
        Bar bar = new Bar(index, sizeBytes, content);
        config.allow(bar.offset(), 4, -sizeBytes & 0xffff_ffffL);
        bars.add(bar);
        return this;
    }

    /**
     * Adds a capability of the vendor's own.
     *
     * @param body what follows the id and the link; its first byte is the length of the whole
     * @return its offset in the configuration space
     */
    public int addVendorCapability(byte[] body) {
        return config.addCapability(VENDOR_CAPABILITY, body);
    }

    void listen(ConfigListener listener) {
        listeners.add(listener);
    }

    /**
     * Puts it on the bus: its registers get addresses and its line a number, as a firmware would give them.
     *
     * @param answering whether it answers there at once
     */
    void plugInto(MemoryWindow busWindow, BarAllocator addresses, int gsi, boolean answering) {
        window = busWindow;
        for (Bar bar : bars) {
            config.set(bar.offset(), 4, addresses.next(bar.sizeBytes()));
        }
        config.set(ConfigSpace.INTERRUPT_LINE, 1, gsi);
        config.set(ConfigSpace.COMMAND, 2, answering ? ConfigSpace.COMMAND_MEMORY | ConfigSpace.COMMAND_BUS_MASTER : 0);
        config.seal();
        settle();
    }

    /** Takes it off the bus: it answers nowhere. */
    void unplug() {
        config.set(ConfigSpace.COMMAND, 2, 0);
        settle();
        window = null;
    }

    /** Where its registers are in the guest's mind, and where a reset would put them. */
    List<BarAllocator.Taken> addresses() {
        List<BarAllocator.Taken> taken = new ArrayList<>();
        for (Bar bar : bars) {
            for (long base : new long[] {config.read(bar.offset(), 4), config.initial(bar.offset(), 4)}) {
                long start = base & -(long) bar.sizeBytes();
                taken.add(new BarAllocator.Taken(start, start + bar.sizeBytes()));
            }
        }
        return taken;
    }

    long read(int offset, int size) {
        for (ConfigListener listener : listeners) {
            if (touches(listener, offset, size)) {
                listener.beforeRead();
            }
        }
        return config.read(offset, size);
    }

    @Nullable
    MachineEvent write(int offset, int size, long value) {
        config.write(offset, size, value);
        settle();
        for (ConfigListener listener : listeners) {
            if (touches(listener, offset, size)) {
                listener.written();
            }
        }
        return null;
    }

    private static boolean touches(ConfigListener listener, int offset, int size) {
        return offset < listener.offset() + listener.length() && listener.offset() < offset + size;
    }

    /** Moves what the guest moved. */
    private void settle() {
        MemoryWindow map = window;
        if (map == null) {
            return;
        }
        for (Bar bar : bars) {
            Long before = placed.get(bar);
            Long now = bar.address(config);
            if (Objects.equals(before, now)) {
                continue;
            }
            if (before != null) {
                placed.remove(bar);
                map.remove(bar.content());
                bar.content().removed();
            }
            if (now != null) {
                placed.put(bar, now);
                map.place(now, bar.sizeBytes(), bar.content());
                bar.content().placedAt(now);
            }
        }
    }

    /** Whether the guest lets it pull its interrupt pin. */
    public boolean isPinEnabled() {
        return (config.read(ConfigSpace.COMMAND, 2) & ConfigSpace.COMMAND_INTX_DISABLE) == 0;
    }

    /** As after power-on. */
    public void reset() {
        config.reset();
        settle();
    }

    public void save(StateWriter state) {
        config.save(state);
    }

    public void restore(StateReader state) {
        config.restore(state);
        settle();
    }
}
