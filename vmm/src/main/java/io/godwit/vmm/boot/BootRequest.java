package io.godwit.vmm.boot;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.vmm.MachineException;

/**
 * What a kernel is to be started with, whatever its format.
 *
 * @param rsdpAddress guest-physical address of ACPI's RSDP, 0 without ACPI
 * @param cmdline at most 2047 bytes of UTF-8
 * @param initrdBytes 0 without initrd
 */
record BootRequest(MemoryMap map, long rsdpAddress, String cmdline, long initrdBytes) {
    private static final MemoryRange LOW = new MemoryRange(GuestLayout.PAGE_SIZE, MemoryMap.LOW_END);

    /** Free RAM beside a kernel's parts. */
    FreeMemory beside(Kernel kernel) {
        FreeMemory free = new FreeMemory(map);
        kernel.parts().forEach(part -> free.take(part.range()));
        return free;
    }

    /** Pages below 640 KiB, as high as they are free. */
    long placeLow(FreeMemory free, int pages, String what) {
        return free.takeHighest((long) pages * GuestLayout.PAGE_SIZE, LOW)
                .orElseThrow(() -> new MachineException("the kernel leaves no " + pages
                        + " pages in a row below 640 KiB; that many are needed for its " + what));
    }

    /**
     * Page-aligned, as high as it fits.
     *
     * @param end the first address behind the RAM it may lie in
     * @return 0 without initrd
     */
    long placeInitrd(FreeMemory free, long end) {
        if (initrdBytes == 0) {
            return 0;
        }
        if (end > MemoryMap.HIGH_START) {
            var place = free.takeHighest(initrdBytes, new MemoryRange(MemoryMap.HIGH_START, end));
            if (place.isPresent()) {
                return place.getAsLong();
            }
        }
        throw new MachineException("an initrd of " + initrdBytes + " bytes does not fit beside the kernel in "
                + (map.sizeBytes() >> 20) + " MiB of RAM");
    }
}
