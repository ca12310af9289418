package io.godwit.vmm.pci;

import io.godwit.vmm.state.StateReader;
import io.godwit.vmm.state.StateWriter;
import java.util.Arrays;

/**
 * The 256 bytes by which a guest finds and configures a function (PCI Local Bus 3.0, chapter 6), each bit of them either
 * fixed or the guest's to write. Little-endian.
 */
final class ConfigSpace {
    static final int BYTES = 256;
    static final int VENDOR = 0x00;
    static final int DEVICE = 0x02;
    static final int COMMAND = 0x04;
    static final int STATUS = 0x06;
    static final int REVISION = 0x08;
    static final int CLASS = 0x09;
    static final int HEADER_TYPE = 0x0e;
    static final int BAR0 = 0x10;
    static final int SUBSYSTEM_VENDOR = 0x2c;
    static final int SUBSYSTEM = 0x2e;
    static final int CAPABILITIES = 0x34;
    static final int INTERRUPT_LINE = 0x3c;
    static final int INTERRUPT_PIN = 0x3d;

    static final int COMMAND_IO = 0x001;
    static final int COMMAND_MEMORY = 0x002;
    static final int COMMAND_BUS_MASTER = 0x004;
    static final int COMMAND_INTX_DISABLE = 0x400;
    static final int STATUS_INTERRUPT = 0x08;
    static final int STATUS_CAPABILITIES = 0x10;

    private static final int FIRST_CAPABILITY = 0x40;

    private final byte[] values = new byte[BYTES];
    private final byte[] writable = new byte[BYTES];
    private byte[] initial = values;
    private int nextCapability = FIRST_CAPABILITY;
    private int lastLink = CAPABILITIES;

    long read(int offset, int size) {
        return little(values, offset, size);
    }

    /** What a reset goes back to. */
    long initial(int offset, int size) {
        return little(initial, offset, size);
    }

    private static long little(byte[] bytes, int offset, int size) {
        long value = 0;
        for (int i = 0; i < size; i++) {
            value |= (long) Byte.toUnsignedInt(bytes[offset + i]) << (8 * i);
        }
        return value;
    }

    /** Changes the bits that are the guest's. */
    void write(int offset, int size, long value) {
        for (int i = 0; i < size; i++) {
            int mask = writable[offset + i];
            int written = (int) (value >>> (8 * i));
            values[offset + i] = (byte) ((values[offset + i] & ~mask) | (written & mask));
        }
    }

    /** Sets bits whoever owns them. */
    void set(int offset, int size, long value) {
        for (int i = 0; i < size; i++) {
            values[offset + i] = (byte) (value >>> (8 * i));
        }
    }

    /** Gives bits to the guest. */
    void allow(int offset, int size, long mask) {
        for (int i = 0; i < size; i++) {
            writable[offset + i] = (byte) (mask >>> (8 * i));
        }
    }

    /**
     * Adds a capability behind those there are.
     *
     * @param body what follows the id and the link
     * @return its offset
     */
    int addCapability(int id, byte[] body) {
        int offset = nextCapability;
        int end = offset + 2 + body.length;
        if (end > BYTES) {
            throw new IllegalArgumentException("capability " + id + " of " + body.length + " bytes does not fit");
        }
        set(STATUS, 2, read(STATUS, 2) | STATUS_CAPABILITIES);
        values[lastLink] = (byte) offset;
        values[offset] = (byte) id;
        System.arraycopy(body, 0, values, offset + 2, body.length);
        lastLink = offset + 1;
        nextCapability = (end + 3) & ~3;
        return offset;
    }

    /** What is there now is what a reset goes back to. */
    void seal() {
        initial = values.clone();
    }

    void reset() {
        System.arraycopy(initial, 0, values, 0, BYTES);
    }

    void save(StateWriter state) {
        state.raw(values);
    }

    /** Refuses a function that is not this one: fixed bits that differ. The status register is judged by neither side. */
    void restore(StateReader state) {
        byte[] saved = state.raw("configuration space", BYTES);
        for (int i = 0; i < BYTES; i++) {
            int fixed = i == STATUS || i == STATUS + 1 ? 0 : ~writable[i] & 0xff;
            if (((saved[i] ^ values[i]) & fixed) != 0) {
                throw state.refused(String.format(
                        "configuration byte 0x%02x is 0x%02x, accepted is 0x%02x%s",
                        i, saved[i], values[i], fixed == 0xff ? "" : String.format(" in the bits 0x%02x", fixed)));
            }
        }
        System.arraycopy(saved, 0, values, 0, BYTES);
    }

    @Override
    public String toString() {
        return Arrays.toString(values);
    }
}
