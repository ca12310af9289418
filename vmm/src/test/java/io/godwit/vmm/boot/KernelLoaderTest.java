package io.godwit.vmm.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.config.DirtyLogKind;
import io.godwit.config.VmSpec;
import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.kvm.memory.PageBitmap;
import io.godwit.vmm.DirtyPages;
import io.godwit.vmm.MachineException;
import io.godwit.vmm.dirty.DirtySource;
import io.godwit.vmm.dirty.HarvestedDirtyPages;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KernelLoaderTest {
    private static final long MIB = 1 << 20;

    private @Nullable GuestMemory memory;

    @TempDir
    Path directory;

    @AfterEach
    void closeMemory() {
        if (memory != null) {
            memory.close();
        }
    }

    private GuestMemory memoryOf(long bytes) {
        memory = GuestMemory.create("godwit:loader-test", GuestLayout.ofSize(bytes));
        return memory;
    }

    private static DirtyPages dirtyPages(GuestMemory memory) {
        return new HarvestedDirtyPages(memory.layout(), DirtySource.NONE);
    }

    private static byte[] read(GuestMemory memory, long address, int length) {
        byte[] bytes = new byte[length];
        try (GuestMemory.Lease lease = memory.lease()) {
            lease.read(address, new UnsafeBuffer(bytes), 0, length);
        }
        return bytes;
    }

    private BootEntry load(GuestMemory memory, byte[] kernel, byte @Nullable [] initrd, String cmdline) {
        return KernelLoader.load(
                new BytesImage("kernel", "k", kernel),
                initrd == null ? null : new BytesImage("initrd", "i", initrd),
                cmdline,
                memory,
                dirtyPages(memory),
                PlacedTables.NONE);
    }

    @Test
    void shouldDescribeTheMachineInTheStartInfo() {
        GuestMemory memory = memoryOf(4096 * MIB);
        byte[] initrd = {9, 8, 7};
        BootEntry entry = load(memory, TestElf.kernel(new byte[] {1, 2, 3}), initrd, "console=ttyS0 wss=1");
        assertThat(entry.entry()).isEqualTo(0x100000);
        long info = ((BootEntry.Flat) entry).ebx();
        assertThat(info).isEqualTo(0x9f000);
        try (GuestMemory.Lease lease = memory.lease()) {
            assertThat(lease.getInt(info)).isEqualTo(0x336ec578);
            assertThat(lease.getInt(info + 4)).as("version").isEqualTo(1);
            assertThat(lease.getInt(info + 12)).as("modules").isEqualTo(1);
            long module = lease.getLong(info + 16);
            assertThat(lease.getLong(module)).as("initrd high below the hole").isEqualTo(3072 * MIB - 4096);
            assertThat(lease.getLong(module + 8)).isEqualTo(3);
            assertThat(read(memory, lease.getLong(module), 3)).isEqualTo(initrd);
            byte[] cmdline = read(memory, lease.getLong(info + 24), 20);
            assertThat(new String(cmdline, StandardCharsets.US_ASCII)).isEqualTo("console=ttyS0 wss=1\0");
            assertThat(memmap(lease, lease.getLong(info + 40), lease.getInt(info + 48)))
                    .containsExactly("0-9f000 1", "9f000-100000 2", "100000-c0000000 1", "100000000-140000000 1");
        }
    }

    private static List<String> memmap(GuestMemory.Lease lease, long address, int entries) {
        List<String> ranges = new ArrayList<>();
        for (int i = 0; i < entries; i++) {
            long start = lease.getLong(address + 24L * i);
            long size = lease.getLong(address + 24L * i + 8);
            ranges.add(Long.toHexString(start) + "-" + Long.toHexString(start + size) + " "
                    + lease.getInt(address + 24L * i + 16));
        }
        return ranges;
    }

    @Test
    void shouldLoadLargeSegmentsWholeClearTheirRestAndMarkThem() {
        GuestMemory memory = memoryOf(16 * MIB);
        byte[] content = new byte[3_000_001];
        new Random(1).nextBytes(content);
        try (GuestMemory.Lease lease = memory.lease()) {
            lease.putLong(0x100000 + content.length, -1);
            lease.putLong(0x100000 + 5 * MIB - 8, -1);
        }
        DirtyPages dirty = dirtyPages(memory);
        PageBitmap pages = new PageBitmap(memory.layout().pageCount());
        try (DirtyPages.View view = dirty.open()) {
            view.drainTo(new PageBitmap(memory.layout().pageCount()));
            byte[] elf = TestElf.elf64()
                    .load(0x100000, content, 5 * MIB)
                    .note(4, 0x100000)
                    .build();
            KernelLoader.load(new BytesImage("kernel", "k", elf), null, "", memory, dirty, PlacedTables.NONE);
            view.drainTo(pages);
        }
        byte[] loaded = new byte[content.length];
        for (int at = 0; at < loaded.length; at += 1 << 20) {
            int step = Math.min(1 << 20, loaded.length - at);
            System.arraycopy(read(memory, 0x100000 + at, step), 0, loaded, at, step);
        }
        assertThat(loaded).isEqualTo(content);
        assertThat(read(memory, 0x100000 + content.length, 8)).containsOnly(0);
        assertThat(read(memory, 0x100000 + 5 * MIB - 8, 8)).containsOnly(0);
        assertThat(pages.cardinality()).as("5 MiB and the start info").isEqualTo(1280 + 1);
    }

    @Test
    void shouldPutInitrdAndStartInfoWhereTheKernelIsNot() {
        GuestMemory memory = memoryOf(16 * MIB);
        byte[] kernel = TestElf.elf64()
                .load(0x9f000, new byte[1], 0x1000)
                .load(0x100000, new byte[1], 4 * MIB)
                .load(15 * MIB, new byte[1], MIB)
                .note(4, 0x100000)
                .build();
        BootEntry entry = load(memory, kernel, new byte[5000], "");
        assertThat(entry).isEqualTo(new BootEntry.Flat(0x100000, 0, 0x9e000));
        try (GuestMemory.Lease lease = memory.lease()) {
            assertThat(lease.getLong(lease.getLong(0x9e000 + 16))).isEqualTo(15 * MIB - 8192);
            assertThat(memmap(lease, lease.getLong(0x9e000 + 40), lease.getInt(0x9e000 + 48)))
                    .startsWith("0-9e000 1", "9e000-9f000 2", "9f000-a0000 1", "a0000-100000 2");
        }
    }

    @Test
    void shouldPointToTheTablesOfTheMachineAndLeaveThemAlone() {
        GuestMemory memory = memoryOf(16 * MIB);
        MemoryRange legacy = new MemoryRange(0xe0000, 0x100000);
        MemoryRange last = new MemoryRange(0xfff000, 0x1000000);
        BootEntry.Flat entry = (BootEntry.Flat) KernelLoader.load(
                new BytesImage("kernel", "k", TestElf.kernel(new byte[1])),
                new BytesImage("initrd", "i", new byte[1]),
                "",
                memory,
                dirtyPages(memory),
                new PlacedTables(List.of(legacy, last), 0xe0010));
        try (GuestMemory.Lease lease = memory.lease()) {
            assertThat(lease.getLong(entry.ebx() + 32)).as("rsdp_paddr").isEqualTo(0xe0010);
            assertThat(lease.getLong(lease.getLong(entry.ebx() + 16)))
                    .as("initrd below the last page")
                    .isEqualTo(0xffe000);
            assertThat(memmap(lease, lease.getLong(entry.ebx() + 40), lease.getInt(entry.ebx() + 48)))
                    .containsExactly("0-9f000 1", "9f000-100000 2", "100000-fff000 1", "fff000-1000000 2");
        }
    }

    @Test
    void shouldRefuseAnInitrdThatDoesNotFit() {
        GuestMemory memory = memoryOf(16 * MIB);
        assertThatThrownBy(() -> load(memory, TestElf.kernel(new byte[1]), new byte[15 << 20], ""))
                .isInstanceOf(MachineException.class)
                .hasMessage("an initrd of 15728640 bytes does not fit beside the kernel in 16 MiB of RAM");
    }

    @Test
    void shouldNameFilesThatAreMissingOrNotFiles() throws Exception {
        GuestMemory memory = memoryOf(16 * MIB);
        Path missing = directory.resolve("vmlinux");
        assertThatThrownBy(() -> KernelLoader.load(spec(missing, null), memory, dirtyPages(memory), PlacedTables.NONE))
                .hasMessage("kernel " + missing + ": no such file");
        assertThatThrownBy(
                        () -> KernelLoader.load(spec(directory, null), memory, dirtyPages(memory), PlacedTables.NONE))
                .hasMessage("kernel " + directory + ": not a regular file");
        Path kernel = Files.write(directory.resolve("kernel"), TestElf.kernel(new byte[1]));
        assertThatThrownBy(
                        () -> KernelLoader.load(spec(kernel, missing), memory, dirtyPages(memory), PlacedTables.NONE))
                .hasMessage("initrd " + missing + ": no such file");
        assertThat(KernelLoader.load(spec(kernel, kernel), memory, dirtyPages(memory), PlacedTables.NONE)
                        .entry())
                .isEqualTo(0x100000);
    }

    private static VmSpec spec(Path kernel, @Nullable Path initrd) {
        return new VmSpec(
                "vm",
                16 * MIB,
                1,
                kernel.toString(),
                "",
                initrd == null ? null : initrd.toString(),
                DirtyLogKind.BITMAP,
                new TreeSet<>());
    }
}
