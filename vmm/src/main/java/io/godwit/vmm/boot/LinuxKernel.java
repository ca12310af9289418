package io.godwit.vmm.boot;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.vmm.MachineException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A Linux bzImage, entered by the 64-bit boot protocol (Documentation/arch/x86/boot.rst): no real-mode code of it runs.
 * What the protocol wants in memory lies in one row of pages below 640 KiB, which the memory map shows as reserved: the
 * decompressor may use all other RAM there before the kernel has copied what it was given.
 *
 * @param part its protected-mode part, at the address it runs at
 * @param reach all that it uses before it looks at the memory map
 */
record LinuxKernel(LinuxHeader header, ImagePart part, MemoryRange reach) implements Kernel {
    private static final int CMDLINE_PAGE = 1;
    private static final int TABLES_PAGE = 2;
    private static final int PAGES = TABLES_PAGE + LongModeTables.PAGES;

    static LinuxKernel parse(ImageSource image, MemoryMap map) {
        LinuxHeader header = LinuxHeader.read(image);
        if (header.initBytes() < header.codeBytes()) {
            throw image.refused(String.format(
                    "init_size is 0x%x, accepted are 0x%x (its protected-mode part) and more",
                    header.initBytes(), header.codeBytes()));
        }
        long address = address(image, header, map);
        ImagePart part = new ImagePart(
                "its protected-mode part", header.codeOffset(), header.codeBytes(), address, header.codeBytes());
        return new LinuxKernel(header, part, new MemoryRange(address, address + header.initBytes()));
    }

    /** Below its preferred address it would move itself there, as boot.rst says at {@code init_size}. */
    private static long address(ImageSource image, LinuxHeader header, MemoryMap map) {
        long align = header.relocatable() ? header.align() : GuestLayout.PAGE_SIZE;
        long end = header.relocatable() ? MemoryMap.FOUR_GIB : header.preferred() + header.initBytes();
        MemoryRange within = new MemoryRange(header.preferred(), Math.min(end, MemoryMap.FOUR_GIB));
        return new FreeMemory(map)
                .takeLowest(header.initBytes(), align, within)
                .orElseThrow(() -> image.refused(String.format(
                        "it needs 0x%x bytes of RAM at 0x%x%s, which the machine's %d MiB do not have free",
                        header.initBytes(),
                        header.preferred(),
                        header.relocatable() ? " or above" : "",
                        map.sizeBytes() >> 20)));
    }

    @Override
    public List<ImagePart> parts() {
        return List.of(part);
    }

    @Override
    public BootPlan plan(BootRequest request) {
        byte[] cmdline = (request.cmdline() + '\0').getBytes(StandardCharsets.UTF_8);
        if (cmdline.length - 1 > header.cmdlineBytes()) {
            throw new MachineException("the command line has " + (cmdline.length - 1)
                    + " bytes, accepted by this kernel are at most " + header.cmdlineBytes());
        }
        FreeMemory free = request.beside(this);
        free.take(reach);
        long low = request.placeLow(free, PAGES, "boot parameters and page tables");
        long cmdlineAt = low + CMDLINE_PAGE * GuestLayout.PAGE_SIZE;
        long tablesAt = low + TABLES_PAGE * GuestLayout.PAGE_SIZE;
        long initrd = request.placeInitrd(free, Math.min(header.initrdMax() + 1, MemoryMap.FOUR_GIB));
        MemoryMap told = request.map().reserving(new MemoryRange(low, low + PAGES * GuestLayout.PAGE_SIZE));
        BootParams params = new BootParams(header, part.guestAddress(), cmdlineAt);
        LongModeTables tables = new LongModeTables(tablesAt);
        return new BootPlan(
                parts(),
                initrd,
                List.of(
                        new BootPlan.Block(low, params.page(initrd, request, told)),
                        new BootPlan.Block(cmdlineAt, cmdline),
                        new BootPlan.Block(tablesAt, tables.bytes())),
                new BootEntry.LongMode(
                        part.guestAddress() + LinuxHeader.ENTRY_OFFSET, low, tables.pageTables(), tables.gdt()));
    }
}
