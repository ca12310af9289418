package io.godwit.vmm.boot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Builds small bzImages: one setup sector behind the boot sector, 64-bit code at offset 0x200 of the rest. */
public final class TestLinux {
    /** Where the protected-mode part begins in the file. */
    static final int CODE_AT = 1024;

    private static final int ENTRY_OFFSET = 0x200;

    private final ByteBuffer file;

    private TestLinux(byte[] code) {
        int paragraphs = (ENTRY_OFFSET + Math.max(code.length, 64) + 15) / 16;
        file = ByteBuffer.allocate(CODE_AT + paragraphs * 16).order(ByteOrder.LITTLE_ENDIAN);
        set(0x1f1, 1, 1).set(0x1f4, 4, paragraphs).set(0x1fe, 2, 0xaa55).set(0x200, 2, 0x6aeb);
        set(0x202, 4, 0x53726448).set(0x206, 2, 0x20f).set(0x211, 1, 1).set(0x214, 4, 0x100000);
        set(0x22c, 4, 0x7fffffff).set(0x230, 4, 0x200000).set(0x234, 1, 1).set(0x236, 2, 1);
        set(0x238, 4, 2047).set(0x258, 8, 0x1000000).set(0x260, 4, 0x200000);
        file.put(CODE_AT + ENTRY_OFFSET, code);
    }

    public static TestLinux of(byte... code) {
        return new TestLinux(code);
    }

    /** Writes a field of the header, little-endian. */
    public TestLinux set(int offset, int bytes, long value) {
        for (int i = 0; i < bytes; i++) {
            file.put(offset + i, (byte) (value >>> (8 * i)));
        }
        return this;
    }

    public byte[] build() {
        return file.array().clone();
    }
}
