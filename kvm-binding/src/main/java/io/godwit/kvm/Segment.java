package io.godwit.kvm;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * A segment register with its hidden part ({@code struct kvm_segment}).
 *
 * @param limit in bytes, as an unsigned 32-bit number: not in pages even when granular
 * @param type the four type bits of the descriptor
 * @param codeOrData true for code and data, false for system segments (the descriptor's S bit)
 */
public record Segment(
        long base,
        int limit,
        int selector,
        int type,
        boolean present,
        int dpl,
        boolean default32,
        boolean codeOrData,
        boolean longMode,
        boolean granular,
        boolean available,
        boolean unusable) {
    static final int BYTES = 24;

    private static final int TYPE_EXECUTE_READ_ACCESSED = 0xb;
    private static final int TYPE_READ_WRITE_ACCESSED = 0x3;
    private static final int TYPE_BUSY_TSS = 0xb;
    private static final int WHOLE = 0xffff_ffff;

    /** 32-bit code from 0 to 4 GiB. */
    public static Segment flatCode32(int selector) {
        return flat(selector, TYPE_EXECUTE_READ_ACCESSED);
    }

    /** 32-bit data from 0 to 4 GiB. */
    public static Segment flatData32(int selector) {
        return flat(selector, TYPE_READ_WRITE_ACCESSED);
    }

    /** 64-bit code; its base and limit mean nothing. */
    public static Segment code64(int selector) {
        return new Segment(
                0, WHOLE, selector, TYPE_EXECUTE_READ_ACCESSED, true, 0, false, true, true, true, false, false);
    }

    /** A busy 32-bit task state segment of 0x67 bytes at 0, as PVH asks for. */
    public static Segment task32(int selector) {
        return task(selector);
    }

    /** A busy 64-bit task state segment of 0x67 bytes at 0, which long mode does not run without. */
    public static Segment task64(int selector) {
        return task(selector);
    }

    /** The types of both are one number; which it is depends on the mode (Intel SDM volume 3, table 3-2). */
    private static Segment task(int selector) {
        return new Segment(0, 0x67, selector, TYPE_BUSY_TSS, true, 0, false, false, false, false, false, false);
    }

    private static Segment flat(int selector, int type) {
        return new Segment(0, WHOLE, selector, type, true, 0, true, true, false, true, false, false);
    }

    /** The same segment elsewhere; in real mode the base is sixteen times the selector. */
    public Segment at(int newSelector, long newBase) {
        return new Segment(
                newBase,
                limit,
                newSelector,
                type,
                present,
                dpl,
                default32,
                codeOrData,
                longMode,
                granular,
                available,
                unusable);
    }

    static Segment fromNative(DirectBuffer struct, int at) {
        return new Segment(
                struct.getLong(at),
                struct.getInt(at + 8),
                struct.getShort(at + 12) & 0xffff,
                struct.getByte(at + 14),
                struct.getByte(at + 15) != 0,
                struct.getByte(at + 16),
                struct.getByte(at + 17) != 0,
                struct.getByte(at + 18) != 0,
                struct.getByte(at + 19) != 0,
                struct.getByte(at + 20) != 0,
                struct.getByte(at + 21) != 0,
                struct.getByte(at + 22) != 0);
    }

    void toNative(MutableDirectBuffer struct, int at) {
        struct.putLong(at, base);
        struct.putInt(at + 8, limit);
        struct.putShort(at + 12, (short) selector);
        struct.putByte(at + 14, (byte) type);
        struct.putByte(at + 15, bit(present));
        struct.putByte(at + 16, (byte) dpl);
        struct.putByte(at + 17, bit(default32));
        struct.putByte(at + 18, bit(codeOrData));
        struct.putByte(at + 19, bit(longMode));
        struct.putByte(at + 20, bit(granular));
        struct.putByte(at + 21, bit(available));
        struct.putByte(at + 22, bit(unusable));
        struct.putByte(at + 23, (byte) 0);
    }

    private static byte bit(boolean set) {
        return (byte) (set ? 1 : 0);
    }
}
