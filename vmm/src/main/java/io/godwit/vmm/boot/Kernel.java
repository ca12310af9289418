package io.godwit.vmm.boot;

import io.godwit.vmm.MachineException;
import java.util.List;

/** A kernel's file whose format was recognized and whose headers were checked. */
sealed interface Kernel permits PvhKernel, LinuxKernel, MultibootKernel {
    /** What is loaded: in ascending order, in RAM, apart from each other. */
    List<ImagePart> parts();

    /** @throws MachineException naming what does not fit beside the kernel */
    BootPlan plan(BootRequest request);

    /**
     * Recognizes the format by the file's content. An ELF file that can be entered by PVH and by multiboot is entered by
     * PVH, which tells of ACPI.
     *
     * @throws MachineException naming the file and why it cannot be booted
     */
    static Kernel parse(ImageSource image, MemoryMap map) {
        if (LinuxHeader.isAt(image)) {
            return LinuxKernel.parse(image, map);
        }
        boolean elf = ElfHeader.isAt(image);
        if (elf && PvhKernel.hasEntry(image)) {
            return PvhKernel.parse(image, map);
        }
        var multiboot = MultibootHeader.find(image);
        if (multiboot.isPresent()) {
            return MultibootKernel.parse(image, multiboot.get(), map);
        }
        throw image.refused(
                elf
                        ? "an ELF file without PVH note (XEN_ELFNOTE_PHYS32_ENTRY) and without multiboot header"
                        : "not a kernel: accepted are a Linux bzImage, an ELF file with a PVH note and multiboot");
    }
}
