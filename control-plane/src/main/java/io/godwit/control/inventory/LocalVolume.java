package io.godwit.control.inventory;

import java.util.Set;
import java.util.TreeSet;

/**
 * A disk's volume in a pool that is another one on each host.
 *
 * @param hosts that have it, one or more
 */
public record LocalVolume(String pool, String name, Set<String> hosts) {
    public LocalVolume {
        hosts = Set.copyOf(hosts);
    }

    /** Why a VM with this disk cannot be on a host that has it not. */
    public String whereabouts() {
        return "volume " + name + " is in pool " + pool + " of host "
                + String.join(" and of host ", new TreeSet<>(hosts));
    }
}
