package io.godwit.vmm.boot;

import java.util.List;

/**
 * What the machine itself has put into guest memory and the kernel has to find and to leave alone.
 *
 * @param areas reserved in the memory map; no part of a kernel is loaded over them
 * @param rsdpAddress guest-physical address of ACPI's RSDP, 0 without ACPI
 */
public record PlacedTables(List<MemoryRange> areas, long rsdpAddress) {
    public static final PlacedTables NONE = new PlacedTables(List.of(), 0);

    public PlacedTables {
        areas = List.copyOf(areas);
    }
}
