package io.godwit.vmm.boot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Builds small ELF files of either class, with a PVH note unless told otherwise. */
public final class TestElf {
    private static final long VIRTUAL = 0xffffffff80000000L;

    private record Part(int type, long address, byte[] content, long memoryBytes, int align) {}

    private final boolean wide;
    private final List<Part> parts = new ArrayList<>();
    private long entry;

    private TestElf(boolean wide) {
        this.wide = wide;
    }

    public static TestElf elf64() {
        return new TestElf(true);
    }

    public static TestElf elf32() {
        return new TestElf(false);
    }

    /** A 64-bit ELF with code at 1 MiB, entered there. */
    public static byte[] kernel(byte[] code) {
        return elf64().load(0x100000, code, code.length).note(4, 0x100000).build();
    }

    public TestElf load(long address, byte[] content, long memoryBytes) {
        parts.add(new Part(1, address, content, memoryBytes, 0x1000));
        return this;
    }

    /** The header's entry, a virtual address in 64-bit files; PVH does not use it. */
    public TestElf entry(long physicalAddress) {
        entry = wide ? VIRTUAL + physicalAddress : physicalAddress;
        return this;
    }

    public TestElf note(int valueBytes, long entry) {
        return notes(4, xenNote(18, valueBytes, entry, 4));
    }

    public TestElf notes(int align, byte[] content) {
        parts.add(new Part(4, 0, content, content.length, align));
        return this;
    }

    public static byte[] xenNote(int type, int valueBytes, long value, int align) {
        int desc = (16 + align - 1) & -align;
        ByteBuffer note = little((desc + valueBytes + align - 1) & -align);
        note.putInt(4).putInt(valueBytes).putInt(type).put(new byte[] {'X', 'e', 'n', 0});
        note.position(desc);
        for (int i = 0; i < valueBytes; i++) {
            note.put(i < 8 ? (byte) (value >>> (8 * i)) : 0);
        }
        return note.array();
    }

    public byte[] build() {
        int headerBytes = wide ? 64 : 52;
        int entryBytes = wide ? 56 : 32;
        int contentAt = headerBytes + entryBytes * parts.size();
        int size =
                contentAt + parts.stream().mapToInt(part -> part.content.length).sum();
        ByteBuffer file = little(size);
        file.putInt(0x464c457f).put((byte) (wide ? 2 : 1)).put((byte) 1).put((byte) 1);
        file.putShort(16, (short) 2).putShort(18, (short) (wide ? 62 : 3)).putInt(20, 1);
        if (wide) {
            file.putLong(24, entry).putLong(32, headerBytes);
        } else {
            file.putInt(24, (int) entry).putInt(28, headerBytes);
        }
        file.putShort(wide ? 54 : 42, (short) entryBytes).putShort(wide ? 56 : 44, (short) parts.size());
        int offset = contentAt;
        for (int i = 0; i < parts.size(); i++) {
            Part part = parts.get(i);
            file.position(headerBytes + i * entryBytes);
            header(file, part, offset);
            file.position(offset);
            file.put(part.content);
            offset += part.content.length;
        }
        return file.array();
    }

    private void header(ByteBuffer file, Part part, long offset) {
        if (wide) {
            file.putInt(part.type).putInt(7).putLong(offset).putLong(VIRTUAL + part.address);
            file.putLong(part.address)
                    .putLong(part.content.length)
                    .putLong(part.memoryBytes)
                    .putLong(part.align);
        } else {
            file.putInt(part.type)
                    .putInt((int) offset)
                    .putInt((int) part.address)
                    .putInt((int) part.address);
            file.putInt(part.content.length)
                    .putInt((int) part.memoryBytes)
                    .putInt(7)
                    .putInt(part.align);
        }
    }

    private static ByteBuffer little(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }
}
