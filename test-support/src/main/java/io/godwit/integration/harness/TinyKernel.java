package io.godwit.integration.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Kernels of a few instructions, 32-bit code that is entered by PVH. */
public final class TinyKernel {
    private static final int LOAD_ADDRESS = 0x100000;
    private static final int ELF_HEADER_BYTES = 64;
    private static final int PROGRAM_HEADER_BYTES = 56;
    private static final int PT_LOAD = 1;
    private static final int PT_NOTE = 4;
    private static final int XEN_ELFNOTE_PHYS32_ENTRY = 18;

    private TinyKernel() {}

    /** Writes one to a directory of its own. */
    public static Path write(String name, byte[] code) {
        try {
            return Files.write(Checkout.scratch("kernel").resolve(name + ".elf"), elf(code));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** An ELF with one segment of code and one PVH note: Xen's {@code elfnote.h}, the ELF-64 object file format. */
    private static byte[] elf(byte[] code) {
        byte[] note = note();
        int codeAt = ELF_HEADER_BYTES + 2 * PROGRAM_HEADER_BYTES;
        int noteAt = codeAt + (code.length + 3) / 4 * 4;
        ByteBuffer file = ByteBuffer.allocate(noteAt + note.length).order(ByteOrder.LITTLE_ENDIAN);
        file.putInt(0x464c457f).put((byte) 2).put((byte) 1).put((byte) 1).position(16);
        file.putShort((short) 2).putShort((short) 62).putInt(1).putLong(LOAD_ADDRESS);
        file.putLong(ELF_HEADER_BYTES).putLong(0).putInt(0);
        file.putShort((short) ELF_HEADER_BYTES)
                .putShort((short) PROGRAM_HEADER_BYTES)
                .putShort((short) 2);
        file.position(ELF_HEADER_BYTES);
        programHeader(file, PT_LOAD, codeAt, LOAD_ADDRESS, code.length);
        programHeader(file, PT_NOTE, noteAt, 0, note.length);
        file.position(codeAt).put(code).position(noteAt).put(note);
        return file.array();
    }

    private static void programHeader(ByteBuffer file, int type, long offset, long address, long bytes) {
        file.putInt(type).putInt(5).putLong(offset).putLong(address).putLong(address);
        file.putLong(bytes).putLong(bytes).putLong(4);
    }

    private static byte[] note() {
        return ByteBuffer.allocate(20)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(4)
                .putInt(4)
                .putInt(XEN_ELFNOTE_PHYS32_ENTRY)
                .put("Xen\0".getBytes(StandardCharsets.US_ASCII))
                .putInt(LOAD_ADDRESS)
                .array();
    }
}
