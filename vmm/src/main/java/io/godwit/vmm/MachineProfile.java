package io.godwit.vmm;

import io.godwit.config.VmSpec;
import io.godwit.kvm.memory.GuestLayout;
import java.util.SortedMap;
import java.util.SortedSet;

/**
 * What a host that receives a machine has to match: part of a migration's manifest.
 *
 * @param componentVersions component id to the version of its saved state
 * @param cpuFeatures names of the CPUID features the guest was given
 */
public record MachineProfile(
        VmSpec spec,
        Backend backend,
        GuestLayout layout,
        SortedMap<String, Integer> componentVersions,
        SortedSet<String> cpuFeatures,
        long tscKhz) {}
