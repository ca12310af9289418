package io.godwit.vmm.pci;

import io.godwit.vmm.MachineEvent;
import io.godwit.vmm.state.StateReader;
import io.godwit.vmm.state.StateWriter;
import org.jspecify.annotations.Nullable;

/**
 * A function's message-signalled interrupts: a table of address, data and mask for each vector, and the bits of those
 * that wait behind a mask (PCI Local Bus 3.0, 6.8.2). Thread-safe.
 *
 * <pre>
 * 0x000  {address u64, data u32, control u32: bit 0 masks} for each vector
 * 0x800  pending bits, read-only
 * </pre>
 */
public final class MsixTable implements BarContent {
    public static final int BAR_BYTES = 4096;
    public static final int MAX_VECTORS = 128;

    private static final int CAPABILITY = 0x11;
    private static final int CONTROL_OFFSET = 2;
    private static final int ENABLE = 0x8000;
    private static final int MASK_ALL = 0x4000;
    private static final int ENTRY_BYTES = 16;
    private static final int PENDING = 0x800;
    private static final int MASKED = 1;

    private final MsiSender sender;
    private final int vectors;
    private final long[] addresses;
    private final int[] data;
    private final int[] controls;
    private final boolean[] pending;
    private int control;

    private MsixTable(MsiSender sender, int vectors) {
        if (vectors < 1 || vectors > MAX_VECTORS) {
            throw new IllegalArgumentException(vectors + " vectors; accepted are 1 to " + MAX_VECTORS);
        }
        this.sender = sender;
        this.vectors = vectors;
        this.addresses = new long[vectors];
        this.data = new int[vectors];
        this.controls = new int[vectors];
        this.pending = new boolean[vectors];
        clear();
    }

    /** Gives a function its vectors, behind a base address register of their own. */
    public static MsixTable addTo(PciFunction function, int bar, int vectors, MsiSender sender) {
        MsixTable table = new MsixTable(sender, vectors);
        ConfigSpace config = function.withBar(bar, BAR_BYTES, table).config();
        byte[] body = new byte[10]; // control u16, table u32, pending bits u32; the low bits of both name the register
        body[0] = (byte) (vectors - 1);
        body[2] = (byte) bar;
        body[6] = (byte) bar;
        body[7] = (byte) (PENDING >>> 8);
        int control = config.addCapability(CAPABILITY, body) + CONTROL_OFFSET;
        config.allow(control, 2, ENABLE | MASK_ALL);
        function.listen(new PciFunction.ConfigListener() {
            @Override
            public int offset() {
                return control;
            }

            @Override
            public int length() {
                return 2;
            }

            @Override
            public void written() {
                table.control((int) config.read(control, 2));
            }
        });
        return table;
    }

    public int vectors() {
        return vectors;
    }

    /** Whether the guest uses these instead of the interrupt pin. */
    public synchronized boolean isEnabled() {
        return (control & ENABLE) != 0;
    }

    /** Interrupts now, or as soon as the guest takes the mask away. A vector that does not exist is nobody's. */
    public synchronized void raise(int vector) {
        if (vector < 0 || vector >= vectors) {
            return;
        }
        if (isMasked(vector)) {
            pending[vector] = true;
        } else {
            sender.send(addresses[vector], data[vector]);
        }
    }

    private boolean isMasked(int vector) {
        return (control & (ENABLE | MASK_ALL)) != ENABLE || (controls[vector] & MASKED) != 0;
    }

    private synchronized void control(int value) {
        control = value;
        for (int vector = 0; vector < vectors; vector++) {
            deliverPending(vector);
        }
    }

    private void deliverPending(int vector) {
        if (pending[vector] && !isMasked(vector)) {
            pending[vector] = false;
            sender.send(addresses[vector], data[vector]);
        }
    }

    @Override
    public synchronized long read(long offset, int size) {
        long low = word((int) offset & ~3) & 0xffff_ffffL;
        return size < 8 ? low >>> (8 * (offset & 3)) : low | (long) word((int) offset + 4) << 32;
    }

    private int word(int offset) {
        if (offset >= PENDING) {
            return pendingWord(offset - PENDING);
        }
        int vector = offset / ENTRY_BYTES;
        if (vector >= vectors) {
            return 0;
        }
        return switch (offset % ENTRY_BYTES) {
            case 0 -> (int) addresses[vector];
            case 4 -> (int) (addresses[vector] >>> 32);
            case 8 -> data[vector];
            default -> controls[vector];
        };
    }

    private int pendingWord(int offset) {
        int word = 0;
        for (int bit = 0; bit < 32; bit++) {
            int vector = offset * 8 + bit;
            if (vector < vectors && pending[vector]) {
                word |= 1 << bit;
            }
        }
        return word;
    }

    /** Only whole, aligned words of 4 or 8 bytes are written, as the specification demands of the guest. */
    @Override
    public synchronized @Nullable MachineEvent write(long offset, int size, long value) {
        if (size >= 4 && (offset & (size - 1)) == 0) {
            for (int i = 0; i < size; i += 4) {
                writeWord((int) offset + i, (int) (value >>> (8 * i)));
            }
        }
        return null;
    }

    private void writeWord(int offset, int value) {
        int vector = offset / ENTRY_BYTES;
        if (vector >= vectors) {
            return;
        }
        switch (offset % ENTRY_BYTES) {
            case 0 -> addresses[vector] = (addresses[vector] & -1L << 32) | (value & 0xffff_fffcL);
            case 4 -> addresses[vector] = (addresses[vector] & 0xffff_ffffL) | (long) value << 32;
            case 8 -> data[vector] = value;
            default -> controls[vector] = value & MASKED;
        }
        deliverPending(vector);
    }

    private void clear() {
        control = 0;
        for (int vector = 0; vector < vectors; vector++) {
            addresses[vector] = 0;
            data[vector] = 0;
            controls[vector] = MASKED;
            pending[vector] = false;
        }
    }

    public synchronized void reset() {
        clear();
    }

    public synchronized void save(StateWriter state) {
        state.u16(control);
        for (int vector = 0; vector < vectors; vector++) {
            state.u64(addresses[vector]).u32(data[vector]).u8(controls[vector]).flag(pending[vector]);
        }
    }

    public synchronized void restore(StateReader state) {
        control = state.u16("MSI-X control") & (ENABLE | MASK_ALL | MAX_VECTORS - 1);
        for (int vector = 0; vector < vectors; vector++) {
            addresses[vector] = state.u64("MSI-X address");
            data[vector] = state.u32("MSI-X data");
            controls[vector] = state.u8("MSI-X mask", 0, MASKED);
            pending[vector] = state.flag("MSI-X pending");
        }
    }
}
