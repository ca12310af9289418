package io.godwit.actors.testing;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;

/**
 * A PVH kernel of a few instructions: it counts its boots at {@link #BOOTS}, turns in a loop that counts at
 * {@link #TURNS} for 2^31 ticks of the TSC, and then resets its machine, or ends it, or both in turn.
 */
public final class ActingGuest {
    public static final long BOOTS = 0x200000;
    public static final long TURNS = 0x200004;
    private static final int LOAD_ADDRESS = 0x100000;
    private static final String LOOP = String.join(
            "",
            "ff0500002000", //        inc dword [BOOTS]
            "0f31", //                rdtsc
            "89c5", //                mov ebp, eax
            "ff0504002000", // turn:  inc dword [TURNS]
            "0f31", //                rdtsc
            "29e8", //                sub eax, ebp
            "3d00000080", //          cmp eax, 1 << 31
            "72ef"); //               jb  turn
    private static final String RESET = "b0fee664ebfe"; // mov al, 0xfe; out 0x64, al; jmp $
    private static final String EXIT = "b007e6f4ebfe"; //  mov al, 7;    out 0xf4, al; jmp $
    private static final int ELF_HEADER_BYTES = 64;
    private static final int PROGRAM_HEADER_BYTES = 56;

    private ActingGuest() {}

    /** Resets itself again and again. */
    public static Path resetting(Path directory) throws IOException {
        return Files.write(
                directory.resolve("resetting.elf"), elf(HexFormat.of().parseHex(LOOP + RESET)));
    }

    /** Ends with code 7. */
    public static Path ending(Path directory) throws IOException {
        return Files.write(directory.resolve("ending.elf"), elf(HexFormat.of().parseHex(LOOP + EXIT)));
    }

    /** One segment of code and one PVH note: Xen's {@code elfnote.h}, the ELF-64 object file format. */
    private static byte[] elf(byte[] code) {
        byte[] note = ByteBuffer.allocate(20)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(4)
                .putInt(4)
                .putInt(18)
                .put("Xen\0".getBytes(StandardCharsets.US_ASCII))
                .putInt(LOAD_ADDRESS)
                .array();
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
        programHeader(file, 1, codeAt, LOAD_ADDRESS, code.length);
        programHeader(file, 4, noteAt, 0, note.length);
        file.position(codeAt).put(code).position(noteAt).put(note);
        return file.array();
    }

    private static void programHeader(ByteBuffer file, int type, long offset, long address, long bytes) {
        file.putInt(type).putInt(5).putLong(offset).putLong(address).putLong(address);
        file.putLong(bytes).putLong(bytes).putLong(4);
    }
}
