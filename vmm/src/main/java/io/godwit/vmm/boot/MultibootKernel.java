package io.godwit.vmm.boot;

import io.godwit.kvm.memory.GuestLayout;
import java.util.List;

/**
 * A multiboot 1 kernel (Multiboot Specification 0.6.96): an ELF file of either class, or any file whose header says
 * itself where it is loaded. It is entered as PVH kernels are, with the boot information in {@code ebx}.
 */
record MultibootKernel(List<ImagePart> parts, long entry) implements Kernel {
    /** In {@code eax}; section 3.2. */
    static final long BOOTLOADER_MAGIC = 0x2badb002L;

    static MultibootKernel parse(ImageSource image, MultibootHeader header, MemoryMap map) {
        if (header.addresses()) {
            List<ImagePart> parts = ImagePart.checked(image, List.of(asAddressed(image, header)), map);
            return of(image, parts, header.entry());
        }
        if (!ElfHeader.isAt(image)) {
            throw image.refused("multiboot without addresses in its header (flag 16), which is accepted of ELF only");
        }
        ElfHeader elf = ElfHeader.read(image);
        return of(image, elf.loadable(map), elf.physicalEntry());
    }

    private static MultibootKernel of(ImageSource image, List<ImagePart> parts, long entry) {
        if (parts.stream().noneMatch(part -> part.contains(entry))) {
            throw image.refused(String.format("its multiboot entry 0x%x lies in no loaded segment", entry));
        }
        if (entry >= MemoryMap.FOUR_GIB) {
            throw image.refused(String.format("its multiboot entry 0x%x is not a 32-bit address", entry));
        }
        return new MultibootKernel(parts, entry);
    }

    /** The part of the file that the header's addresses tell; {@code header_addr} ties them to offsets. */
    private static ImagePart asAddressed(ImageSource image, MultibootHeader header) {
        long before = header.headerAt() - header.loadAt();
        if (before < 0 || before > header.offset()) {
            throw image.refused(String.format(
                    "load_addr is 0x%x, accepted are 0x%x to 0x%x: the header is at 0x%x, offset %d of the file",
                    header.loadAt(),
                    header.headerAt() - header.offset(),
                    header.headerAt(),
                    header.headerAt(),
                    header.offset()));
        }
        long offset = header.offset() - before;
        long fileBytes = header.loadEnd() == 0 ? image.sizeBytes() - offset : header.loadEnd() - header.loadAt();
        if (fileBytes <= 0) {
            throw image.refused(String.format(
                    "load_end_addr is 0x%x, accepted are 0 and more than load_addr, 0x%x",
                    header.loadEnd(), header.loadAt()));
        }
        image.checkRange("load_end_addr's data", offset, fileBytes);
        long memoryBytes = header.bssEnd() == 0 ? fileBytes : header.bssEnd() - header.loadAt();
        if (memoryBytes < fileBytes) {
            throw image.refused(String.format(
                    "bss_end_addr is 0x%x, accepted are 0 and from 0x%x on",
                    header.bssEnd(), header.loadAt() + fileBytes));
        }
        return new ImagePart("the image", offset, fileBytes, header.loadAt(), memoryBytes);
    }

    @Override
    public BootPlan plan(BootRequest request) {
        FreeMemory free = request.beside(this);
        long info = request.placeLow(free, 1, "boot information");
        long initrd = request.placeInitrd(free, MemoryMap.FOUR_GIB);
        MemoryMap told = request.map().reserving(new MemoryRange(info, info + GuestLayout.PAGE_SIZE));
        byte[] page = MultibootInfo.page(info, initrd, request, told);
        return new BootPlan(
                parts,
                initrd,
                List.of(new BootPlan.Block(info, page)),
                new BootEntry.Flat(entry, BOOTLOADER_MAGIC, info));
    }
}
