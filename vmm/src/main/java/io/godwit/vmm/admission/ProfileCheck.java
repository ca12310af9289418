package io.godwit.vmm.admission;

import io.godwit.config.CpuFeatureName;
import io.godwit.kvm.memory.GuestLayout;
import io.godwit.vmm.Backend;
import io.godwit.vmm.MachineProfile;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** What every backend checks of a machine that is to be received. Collects all reasons against it. */
public final class ProfileCheck {
    private final MachineProfile profile;
    private final List<String> reasons = new ArrayList<>();

    public ProfileCheck(MachineProfile profile) {
        this.profile = profile;
    }

    public ProfileCheck backend(Backend accepted) {
        if (profile.backend() != accepted) {
            reasons.add("backend is " + profile.backend() + ", this host runs " + accepted);
        }
        return this;
    }

    public ProfileCheck layout() {
        GuestLayout accepted = GuestLayout.ofSize(profile.spec().memoryBytes());
        if (!profile.layout().equals(accepted)) {
            reasons.add("memory layout is " + profile.layout().regions() + ", accepted is " + accepted.regions());
        }
        return this;
    }

    public ProfileCheck memory(HostMemory host) {
        long wanted = profile.spec().memoryBytes();
        if (wanted > host.availableBytes()) {
            reasons.add("memory is " + (wanted >> 20) + " MiB, " + (host.availableBytes() >> 20) + " are available");
        }
        return this;
    }

    public ProfileCheck components(SortedMap<String, Integer> known) {
        profile.componentVersions().forEach((id, version) -> {
            Integer accepted = known.get(id);
            if (accepted == null) {
                reasons.add("component " + id + " is unknown, known are " + known.keySet());
            } else if (!accepted.equals(version)) {
                reasons.add("component " + id + " has version " + version + ", accepted is " + accepted);
            }
        });
        TreeSet<String> missing = new TreeSet<>(known.keySet());
        missing.removeAll(profile.componentVersions().keySet());
        if (!missing.isEmpty()) {
            reasons.add("components " + missing + " are missing");
        }
        return this;
    }

    /** Components that cannot be migrated at all, each by its own reason. */
    public ProfileCheck movable() {
        profile.unmovable().forEach((id, reason) -> reasons.add("component " + id + " cannot be migrated: " + reason));
        return this;
    }

    /** @param supported names of this host's CPU features, its vendor among them */
    public ProfileCheck cpu(SortedSet<String> supported) {
        TreeSet<String> missing = new TreeSet<>(profile.cpuFeatures());
        missing.removeAll(supported);
        SortedSet<String> vendors = named(missing, CpuFeatureName.VENDOR_PREFIX);
        missing.removeAll(vendors);
        if (!vendors.isEmpty()) {
            reasons.add("CPU " + String.join(", ", vendors) + ", this host's is "
                    + String.join(", ", named(supported, CpuFeatureName.VENDOR_PREFIX)));
        }
        if (!missing.isEmpty()) {
            reasons.add("CPU features not supported here: " + missing);
        }
        return this;
    }

    private static SortedSet<String> named(SortedSet<String> features, String prefix) {
        return features.stream().filter(name -> name.startsWith(prefix)).collect(Collectors.toCollection(TreeSet::new));
    }

    public ProfileCheck refuse(String reason) {
        reasons.add(reason);
        return this;
    }

    public List<String> reasons() {
        return List.copyOf(reasons);
    }
}
