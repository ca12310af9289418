package io.godwit.integration.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;

/**
 * A PVH kernel of a few instructions that never stops talking: it counts, one number of eight hexadecimal digits to a
 * line, every 2^26 ticks of the TSC, so that a gap or a repetition in its serial log shows. It is also a kernel that
 * is not the project's probe.
 */
public final class TalkingGuest {
    private static final int LOAD_ADDRESS = 0x100000;
    private static final int ELF_HEADER_BYTES = 64;
    private static final int PROGRAM_HEADER_BYTES = 56;
    private static final int PT_LOAD = 1;
    private static final int PT_NOTE = 4;
    private static final int XEN_ELFNOTE_PHYS32_ENTRY = 18;

    private static final byte[] CODE = HexFormat.of()
            .parseHex(String.join(
                    "",
                    "baf8030000", //       mov   edx, 0x3f8
                    "31f6", //             xor   esi, esi
                    "46", //         next: inc   esi
                    "89f3", //             mov   ebx, esi
                    "b908000000", //       mov   ecx, 8
                    "c1c304", //    digit: rol   ebx, 4
                    "88d8", //             mov   al, bl
                    "240f", //             and   al, 15
                    "3c0a", //             cmp   al, 10
                    "7202", //             jb    1f
                    "0427", //             add   al, 'a' - '0' - 10
                    "0430", //          1: add   al, '0'
                    "ee", //               out   dx, al
                    "49", //               dec   ecx
                    "75ed", //             jnz   digit
                    "b00a", //             mov   al, '\n'
                    "ee", //               out   dx, al
                    "0f31", //             rdtsc
                    "89c5", //             mov   ebp, eax
                    "0f31", //       wait: rdtsc
                    "29e8", //             sub   eax, ebp
                    "3d00000004", //       cmp   eax, 1 << 26
                    "72f5", //             jb    wait
                    "baf8030000", //       mov   edx, 0x3f8 (rdtsc overwrote it)
                    "ebcc")); //           jmp   next

    private TalkingGuest() {}

    public static Path kernel() {
        try {
            return Files.write(Checkout.scratch("kernel").resolve("talker.elf"), elf());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** An ELF with one segment of code and one PVH note: Xen's {@code elfnote.h}, the ELF-64 object file format. */
    private static byte[] elf() {
        byte[] note = note();
        int codeAt = ELF_HEADER_BYTES + 2 * PROGRAM_HEADER_BYTES;
        int noteAt = codeAt + (CODE.length + 3) / 4 * 4;
        ByteBuffer file = ByteBuffer.allocate(noteAt + note.length).order(ByteOrder.LITTLE_ENDIAN);
        file.putInt(0x464c457f).put((byte) 2).put((byte) 1).put((byte) 1).position(16);
        file.putShort((short) 2).putShort((short) 62).putInt(1).putLong(LOAD_ADDRESS);
        file.putLong(ELF_HEADER_BYTES).putLong(0).putInt(0);
        file.putShort((short) ELF_HEADER_BYTES)
                .putShort((short) PROGRAM_HEADER_BYTES)
                .putShort((short) 2);
        file.position(ELF_HEADER_BYTES);
        programHeader(file, PT_LOAD, codeAt, LOAD_ADDRESS, CODE.length);
        programHeader(file, PT_NOTE, noteAt, 0, note.length);
        file.position(codeAt).put(CODE).position(noteAt).put(note);
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
