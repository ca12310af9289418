package io.godwit.actors.placement;

import io.godwit.actors.host.HostView;
import io.godwit.control.inventory.CpuBaseline;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What hosts say of their CPUs, as what they have in common. */
public final class CpuBaselines {
    private CpuBaselines() {}

    /**
     * @param hosts every member of the cluster; those that do not answer are not considered, and named; witnesses, where no
     *     guest will ever be, are not considered either
     */
    public static CpuBaseline of(Collection<HostView> hosts) {
        Map<String, Set<String>> features = new TreeMap<>();
        Set<String> silent = new TreeSet<>();
        for (HostView host : hosts) {
            if (host.incarnation().isEmpty()) {
                silent.add(host.id());
            } else if (!host.resources().isWitness()) {
                features.put(host.id(), host.resources().cpuFeatures());
            }
        }
        return CpuBaseline.of(features, silent);
    }
}
