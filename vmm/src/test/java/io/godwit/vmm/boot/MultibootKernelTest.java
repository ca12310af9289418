package io.godwit.vmm.boot;

import static io.godwit.vmm.boot.HostileFiles.with;
import static io.godwit.vmm.boot.TestMultiboot.header;
import static io.godwit.vmm.boot.TestMultiboot.joined;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.vmm.MachineException;
import java.util.Arrays;
import java.util.List;
import org.agrona.DirectBuffer;
import org.junit.jupiter.api.Test;

class MultibootKernelTest {
    private static final int FLAG_ADDRESSES = 1 << 16;
    private static final int MIB = 1 << 20;
    private static final MemoryMap MAP = MemoryMap.of(GuestLayout.ofSize(16 * MIB), List.of());
    private static final byte[] CODE = {1, 2, 3, 4};

    private static BootPlan plan(byte[] file, MemoryMap map, String cmdline, long initrdBytes) {
        return Kernel.parse(new BytesImage("kernel", "x", file), map)
                .plan(new BootRequest(map, 0, cmdline, initrdBytes));
    }

    private static void assertRefused(byte[] file, String why) {
        assertThatThrownBy(() -> plan(file, MAP, "", 0))
                .isInstanceOf(MachineException.class)
                .hasMessage("kernel x: " + why);
    }

    /** A file whose header has these addresses. */
    private static byte[] addressed(int... addresses) {
        return joined(header(FLAG_ADDRESSES, addresses), new byte[96]);
    }

    @Test
    void shouldEnterElfFilesOfBothClasses() {
        for (TestElf elf : List.of(TestElf.elf32(), TestElf.elf64())) {
            BootPlan plan = plan(TestMultiboot.elf(elf, CODE), MAP, "", 0);
            assertThat(plan.parts()).singleElement().satisfies(part -> {
                assertThat(part.guestAddress()).isEqualTo(MIB);
                assertThat(part.fileBytes()).isEqualTo(36);
            });
            assertThat(plan.entry()).isEqualTo(new BootEntry.Flat(0x100020, 0x2badb002L, 0x9f000));
        }
    }

    @Test
    void shouldEnterByPvhWhatHasBoth() {
        byte[] both = joined(header(3), CODE);
        byte[] elf = TestElf.elf32()
                .load(MIB, both, both.length)
                .note(4, 0x100021)
                .entry(0x100020)
                .build();
        assertThat(plan(elf, MAP, "", 0).entry()).isEqualTo(new BootEntry.Flat(0x100021, 0, 0x9f000));
    }

    @Test
    void shouldLoadWhatTheHeadersAddressesSay() {
        byte[] whole = addressed(MIB, MIB, 0, 0, MIB + 32);
        assertThat(plan(whole, MAP, "", 0).parts()).containsExactly(new ImagePart("the image", 0, 128, MIB, 128));
        byte[] behind = joined(new byte[40], addressed(MIB + 8, MIB, MIB + 64, MIB + 4096, MIB + 63));
        assertThat(plan(behind, MAP, "", 0).parts())
                .as("loaded from 8 bytes before the header on, with zeros behind")
                .containsExactly(new ImagePart("the image", 32, 64, MIB, 4096));
        assertThat(plan(behind, MAP, "", 0).entry().entry()).isEqualTo(MIB + 63);
    }

    @Test
    void shouldLookForTheHeaderInTheFirst8192Bytes() {
        byte[] last = joined(new byte[8192 - 32], addressed(MIB, MIB, 0, 0, MIB));
        assertThat(plan(last, MAP, "", 0).parts()).hasSize(1);
        byte[] tooLate = joined(new byte[8192 - 8], addressed(MIB, MIB, 0, 0, MIB));
        assertThatThrownBy(() -> plan(tooLate, MAP, "", 0)).hasMessageContaining("not a kernel: accepted are");
        byte[] cut = joined(new byte[8192 - 28], addressed(MIB, MIB, 0, 0, MIB));
        assertRefused(
                cut,
                "multiboot header at offset 8164 has no room for its addresses, accepted are 32 bytes within the first"
                        + " 8192");
        byte[] uneven = joined(new byte[2], addressed(MIB, MIB, 0, 0, MIB));
        assertThatThrownBy(() -> plan(uneven, MAP, "", 0)).hasMessageContaining("not a kernel: accepted are");
        byte[] wrongSum = with(addressed(MIB, MIB, 0, 0, MIB), 8, 4, 1);
        assertThatThrownBy(() -> plan(wrongSum, MAP, "", 0)).hasMessageContaining("not a kernel: accepted are");
    }

    @Test
    void shouldNameFlagsThatItCannotHonour() {
        int[] addresses = {MIB, MIB, 0, 0, MIB};
        assertRefused(
                header(FLAG_ADDRESSES | 4, addresses),
                "multiboot flag 2 asks for a video mode, which this machine does not have");
        assertRefused(
                header(FLAG_ADDRESSES | 0x4003, addresses),
                "multiboot flags 0x4000 are unknown and mandatory, accepted are 0x1 (page alignment) and 0x2 (memory"
                        + " information)");
        assertThat(plan(header(FLAG_ADDRESSES | 1 << 20, addresses), MAP, "", 0).parts())
                .as("an optional flag")
                .hasSize(1);
        assertRefused(header(3), "multiboot without addresses in its header (flag 16), which is accepted of ELF only");
    }

    @Test
    void shouldRefuseAddressesThatDoNotFitTheFileOrEachOther() {
        assertRefused(
                addressed(MIB, MIB + 4, 0, 0, MIB),
                "load_addr is 0x100004, accepted are 0x100000 to 0x100000: the header is at 0x100000, offset 0 of the"
                        + " file");
        assertRefused(
                addressed(MIB, MIB - 4, 0, 0, MIB),
                "load_addr is 0xffffc, accepted are 0x100000 to 0x100000: the header is at 0x100000, offset 0 of the"
                        + " file");
        assertRefused(
                addressed(MIB, MIB, MIB, 0, MIB),
                "load_end_addr is 0x100000, accepted are 0 and more than load_addr, 0x100000");
        assertRefused(
                addressed(MIB, MIB, MIB + 129, 0, MIB),
                "load_end_addr's data lies at offset 0x0 with 0x81 bytes, the file has 0x80");
        assertRefused(
                addressed(MIB, MIB, 0, MIB + 127, MIB),
                "bss_end_addr is 0x10007f, accepted are 0 and from 0x100080 on");
        assertRefused(addressed(MIB, MIB, 0, 0, MIB + 128), "its multiboot entry 0x100080 lies in no loaded segment");
        assertRefused(
                addressed(0xb8000, 0xb8000, 0, 0, 0xb8000),
                "the image (0xb8000+0x80) overlaps the reserved 0xa0000..0x100000");
        assertRefused(
                addressed(-4096, -4096, 0, 0, -4096),
                "the image (0xfffff000+0x80) does not fit the machine's 16 MiB of RAM");
        assertRefused(
                TestElf.elf64().load(MIB, joined(header(3), CODE), 36).entry(5).build(),
                "its multiboot entry 0xffffffff80000005 lies in no loaded segment");
    }

    @Test
    void shouldDescribeTheMachineInTheBootInformation() {
        BootPlan plan = plan(TestMultiboot.flat(CODE), MAP, "root=0 quiet", 5000);
        assertThat(plan.initrdAddress()).isEqualTo(0xffe000);
        assertThat(plan.blocks()).hasSize(1);
        assertThat(plan.blocks().get(0).guestAddress()).isEqualTo(0x9f000);
        DirectBuffer info = plan.blocks().get(0).bytes();
        assertThat(info.getInt(0)).as("flags").isEqualTo(1 | 1 << 2 | 1 << 3 | 1 << 6 | 1 << 9);
        assertThat(info.getInt(4)).as("mem_lower").isEqualTo(636);
        assertThat(info.getInt(8)).as("mem_upper").isEqualTo(15 * 1024);
        assertThat(text(info, info.getInt(16), 13)).isEqualTo("root=0 quiet\0");
        assertThat(text(info, info.getInt(64), 7)).isEqualTo("godwit\0");
        assertThat(info.getInt(20)).as("mods_count").isEqualTo(1);
        int module = info.getInt(24) - 0x9f000;
        assertThat(info.getInt(module)).isEqualTo(0xffe000);
        assertThat(info.getInt(module + 4)).isEqualTo(0xffe000 + 5000);
        assertThat(info.getInt(44)).as("mmap_length").isEqualTo(3 * 24);
        int map = info.getInt(48) - 0x9f000;
        assertThat(info.getInt(map + 48)).as("size of the rest").isEqualTo(20);
        assertThat(info.getLong(map + 52)).isEqualTo(MIB);
        assertThat(info.getLong(map + 60)).isEqualTo(15 * MIB);
        assertThat(info.getInt(map + 68)).as("RAM").isEqualTo(1);
        assertThat(info.getInt(map + 44)).as("reserved").isEqualTo(2);
    }

    private static String text(DirectBuffer info, int address, int length) {
        return info.getStringWithoutLengthAscii(address - 0x9f000, length);
    }

    @Test
    void shouldTellOfNoModuleWithoutInitrd() {
        DirectBuffer info =
                plan(TestMultiboot.flat(CODE), MAP, "", 0).blocks().get(0).bytes();
        assertThat(info.getInt(0) & 1 << 3).isZero();
        assertThat(info.getInt(20)).isZero();
    }

    @Test
    void shouldSurviveHostileFiles() {
        HostileFiles.assertSurvived(
                MAP,
                new BootRequest(MAP, 0, "quiet", 5000),
                addressed(MIB, MIB, MIB + 64, MIB + 4096, MIB + 32),
                Arrays.copyOf(TestMultiboot.flat(CODE), 64),
                TestMultiboot.elf(TestElf.elf32(), CODE),
                TestMultiboot.elf(TestElf.elf64(), CODE));
    }
}
