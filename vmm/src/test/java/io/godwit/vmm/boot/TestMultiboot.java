package io.godwit.vmm.boot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Builds small multiboot kernels of either kind. */
public final class TestMultiboot {
    private static final int HEADER_BYTES = 32;
    private static final int ADDRESSES = 1 << 16;

    private TestMultiboot() {}

    /** The header without addresses. */
    static byte[] header(int flags) {
        return header(flags, new int[5]);
    }

    /** @param addresses header_addr, load_addr, load_end_addr, bss_end_addr, entry_addr */
    static byte[] header(int flags, int... addresses) {
        ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        header.putInt(0x1badb002).putInt(flags).putInt(-(0x1badb002 + flags));
        Arrays.stream(addresses).forEach(header::putInt);
        return header.array();
    }

    /** A flat file that loads itself at 1 MiB, code behind the header. */
    public static byte[] flat(byte... code) {
        return joined(header(ADDRESSES | 3, 0x100000, 0x100000, 0, 0, 0x100000 + HEADER_BYTES), code);
    }

    /** An ELF without PVH note, loaded at 1 MiB and entered behind the header. */
    public static byte[] elf(TestElf elf, byte... code) {
        byte[] content = joined(header(3), code);
        return elf.load(0x100000, content, content.length)
                .entry(0x100000 + HEADER_BYTES)
                .build();
    }

    static byte[] joined(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }
}
