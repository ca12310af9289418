package io.godwit.vmm.admission;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.vmm.Backend;
import io.godwit.vmm.MachineProfile;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeSet;

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

    public ProfileCheck refuse(String reason) {
        reasons.add(reason);
        return this;
    }

    public List<String> reasons() {
        return List.copyOf(reasons);
    }
}
