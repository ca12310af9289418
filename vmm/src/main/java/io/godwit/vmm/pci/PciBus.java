package io.godwit.vmm.pci;

import io.godwit.vmm.MachineEvent;
import io.godwit.vmm.bus.IoHandler;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Bus 0, reached by configuration mechanism 1: an address register at port 0xcf8, a data window behind it (PCI Local Bus
 * 3.0, 3.2.2.3.2). Device 0 is the host bridge; the others have the slots that their machine's definition gives them, and
 * may come and go while its guest runs.
 */
public final class PciBus implements IoHandler {
    public static final int PORT = 0xcf8;
    public static final int PORTS = 8;
    public static final int MAX_DEVICES = 32;

    /** The IOAPIC's inputs that the bus shares out; 0 to 15 are the PC's own. */
    public static final int FIRST_GSI = 16;

    public static final int GSIS = 8;

    private static final int DATA = 4;
    private static final long ENABLE = 0x8000_0000L;
    private static final int REDHAT = 0x1b36;
    private static final int HOST_BRIDGE = 0x0008;
    private static final int HOST_BRIDGE_CLASS = 0x06_00_00;

    private final @Nullable PciFunction[] functions = new PciFunction[MAX_DEVICES];
    private final MemoryWindow window = new MemoryWindow();
    private long address;

    public PciBus() {
        place(0, new PciFunction(REDHAT, HOST_BRIDGE, 0, HOST_BRIDGE_CLASS, 0, false));
    }

    /** Puts a function into the first slot that is free, as a firmware would find it: its registers have addresses. */
    public synchronized int add(PciFunction function) {
        for (int slot = 0; slot < MAX_DEVICES; slot++) {
            if (functions[slot] == null) {
                place(slot, function);
                return slot;
            }
        }
        throw new IllegalStateException("a PCI bus has " + MAX_DEVICES + " devices at most");
    }

    /** As {@link #add}, into a slot that has to be free. */
    public synchronized void place(int slot, PciFunction function) {
        put(slot, function, true);
    }

    /**
     * Puts a function into a free slot of a bus that its guest uses already. Its registers have addresses that nobody
     * else has or had from the start, but it answers at none before the guest says so: the guest may have its own plans.
     */
    public synchronized void plug(int slot, PciFunction function) {
        put(slot, function, false);
    }

    private void put(int slot, PciFunction function, boolean answering) {
        if (functions[slot] != null) {
            throw new IllegalStateException("PCI slot " + slot + " is taken");
        }
        List<BarAllocator.Taken> taken = new ArrayList<>();
        for (PciFunction there : functions) {
            if (there != null) {
                taken.addAll(there.addresses());
            }
        }
        function.plugInto(window, new BarAllocator(taken), gsi(slot), answering);
        functions[slot] = function;
    }

    /** Takes a function out: from here on no access of a vCPU finds it. Nothing where the slot is empty. */
    public synchronized void remove(int slot) {
        PciFunction function = functions[slot];
        functions[slot] = null;
        if (function != null) {
            function.unplug();
        }
    }

    /** The IOAPIC input of a device's interrupt pin. */
    public static int gsi(int device) {
        return FIRST_GSI + device % GSIS;
    }

    public MemoryWindow window() {
        return window;
    }

    @Override
    public synchronized long read(long offset, int size) {
        if (offset < DATA) {
            return offset == 0 && size == 4 ? address : -1;
        }
        PciFunction function = selected();
        int register = register(offset);
        return function == null || register + size > ConfigSpace.BYTES ? -1 : function.read(register, size);
    }

    @Override
    public synchronized @Nullable MachineEvent write(long offset, int size, long value) {
        if (offset < DATA) {
            if (offset == 0 && size == 4) {
                address = value;
            }
            return null;
        }
        PciFunction function = selected();
        int register = register(offset);
        return function == null || register + size > ConfigSpace.BYTES ? null : function.write(register, size, value);
    }

    /** Bits 23 to 16 are the bus, 15 to 11 the device, 10 to 8 the function. */
    private @Nullable PciFunction selected() {
        int device = (int) (address >> 11) & 0x1f;
        boolean here = (address & ENABLE) != 0 && (address & 0x00ff_0700) == 0;
        return here ? functions[device] : null;
    }

    private int register(long offset) {
        return (int) (address & 0xfc) + (int) (offset - DATA);
    }

    /** Which register is accessed through the data window. */
    public synchronized long address() {
        return address;
    }

    public synchronized void restoreAddress(long saved) {
        address = saved;
    }
}
