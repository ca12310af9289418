package io.godwit.vmm.boot;

import static io.godwit.vmm.boot.HostileFiles.with;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.kvm.SpecialRegisters;
import io.godwit.kvm.memory.GuestLayout;
import io.godwit.vmm.MachineException;
import java.util.Arrays;
import java.util.List;
import org.agrona.DirectBuffer;
import org.junit.jupiter.api.Test;

class LinuxKernelTest {
    private static final long MIB = 1 << 20;
    private static final MemoryMap MAP = MemoryMap.of(GuestLayout.ofSize(64 * MIB), List.of());
    private static final byte[] GOOD = TestLinux.of((byte) 0x90).build();

    private static BootPlan plan(byte[] file, MemoryMap map, String cmdline, long initrdBytes) {
        return Kernel.parse(new BytesImage("kernel", "x", file), map)
                .plan(new BootRequest(map, 0xe0000, cmdline, initrdBytes));
    }

    private static void assertRefused(byte[] file, String why) {
        assertThatThrownBy(() -> plan(file, MAP, "", 0))
                .isInstanceOf(MachineException.class)
                .hasMessage("kernel x: " + why);
    }

    @Test
    void shouldLoadTheProtectedModePartWhereItPrefersToRun() {
        BootPlan plan = plan(GOOD, MAP, "", 0);
        assertThat(plan.parts())
                .containsExactly(new ImagePart("its protected-mode part", 1024, 0x240, 0x1000000, 0x240));
        assertThat(plan.entry().entry()).isEqualTo(0x1000200);
        byte[] fiveSectors = new byte[8192];
        System.arraycopy(GOOD, 0, fiveSectors, 0, 1024);
        assertThat(plan(with(fiveSectors, 0x1f1, 1, 0), MAP, "", 0).parts())
                .as("0 setup sectors are 4, and a signature may follow")
                .containsExactly(new ImagePart("its protected-mode part", 2560, 0x240, 0x1000000, 0x240));
        assertThat(plan(Arrays.copyOf(GOOD, GOOD.length - 15), MAP, "", 0).parts())
                .as("the last paragraph need not be whole")
                .containsExactly(new ImagePart("its protected-mode part", 1024, 0x231, 0x1000000, 0x231));
    }

    @Test
    void shouldMoveUpToTheNextAlignedPlaceOnlyIfTheKernelCan() {
        MemoryMap taken = MAP.reserving(new MemoryRange(0x11ff000, 0x1200000));
        assertThat(plan(GOOD, taken, "", 0).entry().entry()).isEqualTo(0x1200200);
        byte[] fixed = with(GOOD, 0x234, 1, 0);
        assertThat(plan(fixed, MAP, "", 0).entry().entry()).isEqualTo(0x1000200);
        assertThatThrownBy(() -> plan(fixed, taken, "", 0))
                .hasMessage("kernel x: it needs 0x200000 bytes of RAM at 0x1000000, which the machine's 64 MiB do not"
                        + " have free");
    }

    @Test
    void shouldDescribeTheMachineInTheBootParameters() {
        BootPlan plan = plan(GOOD, MAP, "console=ttyS0", 5000);
        BootEntry.LongMode entry = (BootEntry.LongMode) plan.entry();
        assertThat(entry.rsi()).isEqualTo(0x97000);
        DirectBuffer params = plan.blocks().get(0).bytes();
        assertThat(params.getLong(0x70)).as("acpi_rsdp_addr").isEqualTo(0xe0000);
        assertThat(params.getByte(0x1ef)).as("sentinel").isZero();
        assertThat(params.getInt(0x202)).as("the header of the file").isEqualTo(0x53726448);
        assertThat(params.getShort(0x1fa)).as("vid_mode").isEqualTo((short) 0xffff);
        assertThat(params.getByte(0x210)).as("type_of_loader").isEqualTo((byte) 0xff);
        assertThat(params.getInt(0x214)).as("code32_start").isEqualTo(0x1000000);
        assertThat(params.getInt(0x218)).as("ramdisk_image").isEqualTo(0x3ffe000);
        assertThat(plan.initrdAddress()).isEqualTo(0x3ffe000);
        assertThat(params.getInt(0x21c)).as("ramdisk_size").isEqualTo(5000);
        assertThat(params.getInt(0x228)).as("cmd_line_ptr").isEqualTo(0x98000);
        assertThat(params.getByte(0x1e8)).as("e820_entries").isEqualTo((byte) 3);
        assertThat(params.getLong(0x2d0 + 20)).isEqualTo(0x97000);
        assertThat(params.getLong(0x2d0 + 28)).isEqualTo(0x100000 - 0x97000);
        assertThat(params.getInt(0x2d0 + 36)).as("reserved").isEqualTo(2);
        assertThat(params.getLong(0x2d0 + 40)).isEqualTo(0x100000);
        assertThat(params.getLong(0x2d0 + 48)).isEqualTo(63 * MIB);
        assertThat(plan.blocks().get(1).guestAddress()).isEqualTo(0x98000);
        assertThat(plan.blocks().get(1).bytes().getStringWithoutLengthAscii(0, 14))
                .isEqualTo("console=ttyS0\0");
    }

    @Test
    void shouldMapFourGibibytesOntoThemselves() {
        BootPlan plan = plan(GOOD, MAP, "", 0);
        BootEntry.LongMode entry = (BootEntry.LongMode) plan.entry();
        BootPlan.Block tables = plan.blocks().get(2);
        assertThat(entry.gdt()).isEqualTo(new SpecialRegisters.Table(0x99000, 47));
        assertThat(entry.pageTables()).isEqualTo(0x9a000);
        assertThat(tables.bytes().getLong(0x10)).isEqualTo(0x00af9b000000ffffL);
        assertThat(tables.bytes().getLong(0x18)).isEqualTo(0x00cf93000000ffffL);
        for (long address = 0; address < 1L << 32; address += 0x12345678) {
            assertThat(translated(tables, entry.pageTables(), address)).isEqualTo(address);
        }
        assertThat(translated(tables, entry.pageTables(), 0xffffffffL)).isEqualTo(0xffffffffL);
    }

    /** As the processor does it (Intel SDM volume 3, figure 4-9), present and writable at each level. */
    private static long translated(BootPlan.Block tables, long pml4, long address) {
        long table = pml4;
        for (int shift = 39; shift > 21; shift -= 9) {
            table = entry(tables, table, address >> shift) & -0x1000;
        }
        long page = entry(tables, table, address >> 21);
        assertThat(page & 0x80).as("a page of 2 MiB").isEqualTo(0x80);
        return (page & -0x200000) | (address & 0x1fffff);
    }

    private static long entry(BootPlan.Block tables, long table, long index) {
        long entry = tables.bytes().getLong((int) (table + 8 * (index & 511) - tables.guestAddress()));
        assertThat(entry & 3).isEqualTo(3);
        return entry;
    }

    @Test
    void shouldKeepTheInitrdBelowTheKernelsLimitAndOutOfItsReach() {
        assertThat(plan(with(GOOD, 0x22c, 4, 0x2ffffff), MAP, "", 4096).initrdAddress())
                .isEqualTo(0x2fff000);
        assertThat(plan(with(GOOD, 0x260, 4, 48 * MIB), MAP, "", 4096).initrdAddress())
                .isEqualTo(0xfff000);
        assertThatThrownBy(() -> plan(with(GOOD, 0x22c, 4, 0xfffff), MAP, "", 4096))
                .hasMessage("an initrd of 4096 bytes does not fit beside the kernel in 64 MiB of RAM");
    }

    @Test
    void shouldRefuseACommandLineLongerThanTheKernelTakes() {
        byte[] file = with(GOOD, 0x238, 4, 5);
        assertThat(plan(file, MAP, "quiet", 0).blocks()).hasSize(3);
        assertThatThrownBy(() -> plan(file, MAP, "quieto", 0))
                .isInstanceOf(MachineException.class)
                .hasMessage("the command line has 6 bytes, accepted by this kernel are at most 5");
    }

    @Test
    void shouldNameWhatIsWrongWithAHeader() {
        assertRefused(with(GOOD, 0x1fe, 2, 0x1234), "boot_flag is 0x1234, accepted are 0xaa55");
        assertRefused(
                with(GOOD, 0x206, 2, 0x206),
                "boot protocol 2.6, accepted are 2.12 (Linux 3.8) and newer, which have a 64-bit entry");
        assertRefused(
                with(GOOD, 0x211, 1, 0), "loadflags is 0x0, accepted are those with bit 0 (LOADED_HIGH): a bzImage");
        assertRefused(
                with(GOOD, 0x236, 2, 0x7e),
                "xloadflags is 0x7e, accepted are those with bit 0 (XLF_KERNEL_64): a 64-bit kernel");
        assertRefused(with(GOOD, 0x201, 1, 0x61), "end of setup header is 0x263, accepted are 0x264 to 0x290");
        assertRefused(with(GOOD, 0x201, 1, 0x8f), "end of setup header is 0x291, accepted are 0x264 to 0x290");
        assertRefused(
                with(GOOD, 0x230, 4, 0x300000),
                "kernel_alignment is 0x300000, accepted are powers of two from 0x1000 to 0x40000000");
        assertRefused(
                with(GOOD, 0x258, 8, 0x80000), "pref_address is 0x80000, accepted are whole pages from 1 MiB to 4 GiB");
        assertRefused(
                with(GOOD, 0x258, 8, -4096),
                "pref_address is 0xfffffffffffff000, accepted are whole pages from 1 MiB to 4 GiB");
    }

    @Test
    void shouldRefuseSizesThatDoNotFit() {
        assertRefused(
                Arrays.copyOf(GOOD, 1000), "setup header lies at offset 0x0 with 0x400 bytes, the file has 0x3e8");
        assertRefused(
                with(GOOD, 0x1f4, 4, 0x21),
                "syssize is 0x21, accepted are more than 0x21 paragraphs: the entry is in the last");
        assertRefused(
                Arrays.copyOf(GOOD, GOOD.length - 16),
                "protected-mode part lies at offset 0x400 with 0x231 bytes, the file has 0x630");
        assertRefused(
                with(GOOD, 0x260, 4, 0x23f),
                "init_size is 0x23f, accepted are 0x240 (its protected-mode part) and more");
        assertRefused(
                with(GOOD, 0x260, 4, 49 * MIB),
                "it needs 0x3100000 bytes of RAM at 0x1000000 or above, which the machine's 64 MiB do not have free");
    }

    @Test
    void shouldSurviveHostileFiles() {
        HostileFiles.assertSurvived(
                MAP,
                new BootRequest(MAP, 0, "console=ttyS0", 5000),
                Arrays.copyOfRange(GOOD, 0, GOOD.length),
                with(GOOD, 0x234, 1, 0));
    }
}
