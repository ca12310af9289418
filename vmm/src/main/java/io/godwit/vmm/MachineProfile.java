package io.godwit.vmm;

import io.godwit.config.CpuFeatureName;
import io.godwit.config.VmSpec;
import io.godwit.kvm.memory.GuestLayout;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a host that receives a machine has to match: part of a migration's manifest.
 *
 * @param componentVersions component id to the version of its saved state
 * @param cpuFeatures names of the CPUID features the guest was given
 * @param tscKhz frequency of the guest's TSC; 0 where it has none
 * @param diskBytes size of each disk's image, by component id
 * @param unmovable components that cannot be migrated, by id, each with its reason; empty in all but few machines
 */
public record MachineProfile(
        VmSpec spec,
        Backend backend,
        GuestLayout layout,
        SortedMap<String, Integer> componentVersions,
        SortedSet<String> cpuFeatures,
        long tscKhz,
        SortedMap<String, Long> diskBytes,
        SortedMap<String, String> unmovable) {
    /** A machine without disks, all of whose components can be migrated. */
    public MachineProfile(
            VmSpec spec,
            Backend backend,
            GuestLayout layout,
            SortedMap<String, Integer> componentVersions,
            SortedSet<String> cpuFeatures,
            long tscKhz) {
        this(
                spec,
                backend,
                layout,
                componentVersions,
                cpuFeatures,
                tscKhz,
                Collections.emptySortedMap(),
                Collections.emptySortedMap());
    }

    /** The same where an operator has the check of CPU features skipped: of them only the vendor has to match. */
    public MachineProfile ofAnyCpu() {
        SortedSet<String> vendor = new TreeSet<>(cpuFeatures);
        vendor.removeIf(name -> !CpuFeatureName.isVendor(name));
        return new MachineProfile(spec, backend, layout, componentVersions, vendor, tscKhz, diskBytes, unmovable);
    }

    /** Sizes of the images behind those of the devices that are disks, as {@link #diskBytes()} has them. */
    public static SortedMap<String, Long> diskBytes(List<? extends Device> devices) {
        SortedMap<String, Long> sizes = new TreeMap<>();
        devices.forEach(device -> device.imageBytes().ifPresent(bytes -> sizes.put(device.id(), bytes)));
        return sizes;
    }

    /** Those of the devices that cannot be migrated, as {@link #unmovable()} has them. */
    public static SortedMap<String, String> unmovable(List<? extends Device> devices) {
        SortedMap<String, String> reasons = new TreeMap<>();
        devices.forEach(device -> device.notMigratable().ifPresent(reason -> reasons.put(device.id(), reason)));
        return reasons;
    }
}
