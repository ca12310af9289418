package io.godwit.integration.harness;

import java.nio.file.Path;
import java.util.HexFormat;

/**
 * A kernel of a few instructions that never stops talking: it counts, one number of eight hexadecimal digits to a
 * line, every 2^26 ticks of the TSC, so that a gap or a repetition in its serial log shows. It is also a kernel that
 * is not the project's probe.
 */
public final class TalkingGuest {
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
        return TinyKernel.write("talker", CODE);
    }
}
