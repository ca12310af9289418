package io.godwit.vmm.boot;

import static io.godwit.vmm.boot.HostileFiles.with;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.vmm.MachineException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class PvhKernelTest {
    private static final MemoryMap MAP = MemoryMap.of(GuestLayout.ofSize(16 << 20), List.of());
    private static final byte[] CODE = {1, 2, 3, 4};

    private static PvhKernel parse(byte[] bytes) {
        return PvhKernel.parse(new BytesImage("kernel", "x", bytes), MAP);
    }

    private static void assertRefused(byte[] bytes, String why) {
        assertThatThrownBy(() -> parse(bytes))
                .isInstanceOf(MachineException.class)
                .hasMessageContaining(why);
    }

    @Test
    void shouldReadBothClassesAndBothFormsOfTheNote() {
        for (int valueBytes : new int[] {4, 8}) {
            for (TestElf elf : List.of(TestElf.elf64(), TestElf.elf32())) {
                PvhKernel kernel = parse(elf.load(0x200000, CODE, 0x5000)
                        .note(valueBytes, 0x200002)
                        .build());
                assertThat(kernel.entry()).isEqualTo(0x200002);
                assertThat(kernel.parts()).singleElement().satisfies(segment -> {
                    assertThat(segment.guestAddress()).isEqualTo(0x200000);
                    assertThat(segment.fileBytes()).isEqualTo(4);
                    assertThat(segment.memoryBytes()).isEqualTo(0x5000);
                });
            }
        }
    }

    @Test
    void shouldFindTheNoteBehindOthersAndWithEightByteAlignment() {
        ByteBuffer notes = ByteBuffer.allocate(256).order(ByteOrder.LITTLE_ENDIAN);
        notes.putInt(4).putInt(5).putInt(18).put(new byte[] {'G', 'N', 'U', 0}).put(new byte[8]);
        notes.put(TestElf.xenNote(6, 8, 0x1234, 8));
        notes.put(TestElf.xenNote(18, 8, 0x100000, 8));
        byte[] content = Arrays.copyOf(notes.array(), notes.position());
        assertThat(parse(TestElf.elf64()
                                .load(0x100000, CODE, 4)
                                .notes(8, content)
                                .build())
                        .entry())
                .isEqualTo(0x100000);
    }

    @Test
    void shouldNameWhatIsNotAnElf() {
        assertRefused(new byte[0], "kernel x: not an ELF file");
        assertRefused("#!/bin/sh\necho this is a script\n".getBytes(), "kernel x: not an ELF file");
        byte[] elf = TestElf.kernel(CODE);
        assertRefused(with(elf, 4, 1, 3), "ELF class 3, accepted are 1 (32-bit) and 2 (64-bit)");
        assertRefused(with(elf, 5, 1, 2), "ELF data encoding 2");
        assertRefused(with(elf, 16, 2, 1), "ELF type 1, accepted are 2 (executable) and 3 (shared)");
        assertRefused(with(elf, 18, 2, 183), "ELF machine 183");
        assertRefused(Arrays.copyOf(elf, 40), "ELF header lies at offset 0x0 with 0x40 bytes, the file has 0x28");
    }

    @Test
    void shouldNameAMissingOrMalformedPvhNote() {
        assertRefused(TestElf.elf64().load(0x100000, CODE, 4).build(), "no PVH note");
        byte[] other = TestElf.xenNote(17, 8, 0x100000, 4);
        assertRefused(TestElf.elf64().load(0x100000, CODE, 4).notes(4, other).build(), "no PVH note");
        assertRefused(TestElf.elf64().load(0x100000, CODE, 4).note(2, 0x100000).build(), "note has 2 bytes");
        assertRefused(TestElf.elf64().load(0x100000, CODE, 4).note(8, 1L << 32).build(), "0x100000000 is not a 32-bit");
        assertRefused(
                TestElf.elf64().load(0x100000, CODE, 4).note(4, 0x100004).build(),
                "PVH entry 0x100004 lies in no loaded segment");
    }

    @Test
    void shouldRefuseSegmentsThatDoNotFit() {
        assertRefused(TestElf.elf64().note(4, 0).build(), "no loadable segment");
        assertRefused(
                TestElf.elf64().load(0xfff000, CODE, 0x1001).note(4, 0xfff000).build(),
                "segment 0 (0xfff000+0x1001) does not fit the machine's 16 MiB of RAM");
        assertRefused(TestElf.elf64().load(-4096, CODE, 8192).note(4, 0).build(), "does not fit the machine's 16 MiB");
        assertRefused(
                TestElf.elf64().load(0x100000, CODE, 3).note(4, 0x100000).build(),
                "segment 0 has 0x4 bytes in the file and 0x3 in memory");
        assertRefused(
                TestElf.elf64()
                        .load(0x100000, CODE, 0x1001)
                        .load(0x101000, CODE, 4)
                        .note(4, 0x100000)
                        .build(),
                "segment 0 and segment 1 overlap in memory");
    }

    @Test
    void shouldRefuseSegmentsInReservedMemory() {
        assertRefused(
                TestElf.elf64().load(0x9f000, CODE, 0x1001).note(4, 0x9f000).build(),
                "segment 0 (0x9f000+0x1001) overlaps the reserved 0xa0000..0x100000");
        MemoryMap tables = MAP.reserving(new MemoryRange(0x200000, 0x201000));
        byte[] kernel =
                TestElf.elf64().load(0x1ff000, CODE, 0x1001).note(4, 0x1ff000).build();
        assertThat(parse(kernel).parts()).hasSize(1);
        assertThatThrownBy(() -> PvhKernel.parse(new BytesImage("kernel", "x", kernel), tables))
                .hasMessage("kernel x: segment 0 (0x1ff000+0x1001) overlaps the reserved 0x200000..0x201000");
    }

    @Test
    void shouldRefuseTablesThatLeaveTheFile() {
        byte[] elf = TestElf.kernel(CODE);
        assertRefused(with(elf, 32, 8, -1), "program header table lies at offset 0xffffffffffffffff");
        assertRefused(with(elf, 32, 8, Long.MAX_VALUE), "program header table");
        assertRefused(with(elf, 54, 2, 55), "program headers of 55 bytes, accepted are 56 or more");
        assertRefused(with(elf, 56, 2, 0), "0 program headers, accepted are 1 to 256");
        assertRefused(with(elf, 56, 2, 0xffff), "65535 program headers");
        assertRefused(with(elf, 64 + 8, 8, -1), "program header 0's data");
        assertRefused(with(elf, 64 + 32, 8, Long.MAX_VALUE), "program header 0's data");
    }

    @Test
    void shouldSurviveHostileFiles() {
        HostileFiles.assertSurvived(
                MAP,
                new BootRequest(MAP, 0, "console=ttyS0", 5000),
                TestElf.kernel(new byte[64]),
                TestElf.elf32().load(0x100000, CODE, 0x1000).note(8, 0x100000).build(),
                TestElf.elf64()
                        .load(0x100000, CODE, 0x1000)
                        .load(0x200000, CODE, 4)
                        .notes(8, TestElf.xenNote(18, 4, 0x200000, 8))
                        .build());
    }
}
