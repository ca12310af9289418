package io.godwit.control.balance;

import io.godwit.control.inventory.Load;
import io.godwit.control.ledger.HostIdentity;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * VMs' load from what their hosts counted. A share of a core is known from two samples of the same machine; until then
 * the load is not current, and moves nothing. Not thread-safe.
 */
public final class LoadMeter {
    /** Samples that are closer say little. */
    private static final long LEAST_MS = 1_000;

    private static final double MAX_CORES = 4096;
    private static final long MAX_DIRTY_BYTES_PER_SECOND = 1L << 40;

    /**
     * What a host has counted of one VM.
     *
     * @param cpuTimeNs of all its vCPUs, since its machine was made
     * @param dirtyBytesPerSecond as last measured; less than 0 where it never was
     */
    public record Sample(String vm, long cpuTimeNs, long dirtyBytesPerSecond) {}

    /** @param known whether there was a sample of the same machine before */
    private record Counted(HostIdentity host, long atMs, long cpuTimeNs, boolean known) {}

    private final Map<String, Counted> counted = new HashMap<>();
    private final Map<String, Load> loads = new HashMap<>();

    /** Loads by VM after another round; those of VMs that no host spoke of are what they were, and outdated. */
    public Map<String, Load> after(Map<HostIdentity, List<Sample>> samples, long nowMs) {
        Set<String> before = Set.copyOf(loads.keySet());
        before.forEach(vm -> loads.computeIfPresent(vm, (name, load) -> load.outdated()));
        samples.forEach((host, all) -> all.forEach(sample -> take(host, sample, nowMs)));
        return Map.copyOf(loads);
    }

    private void take(HostIdentity host, Sample sample, long nowMs) {
        Counted last = counted.get(sample.vm());
        boolean same = last != null && last.host().equals(host) && last.cpuTimeNs() <= sample.cpuTimeNs();
        Load before = loads.getOrDefault(sample.vm(), Load.NONE.outdated());
        long dirty = Math.max(0, Math.min(sample.dirtyBytesPerSecond(), MAX_DIRTY_BYTES_PER_SECOND));
        if (last == null || !same) {
            counted.put(sample.vm(), new Counted(host, nowMs, sample.cpuTimeNs(), false));
            loads.put(sample.vm(), new Load(before.cpuCores(), dirty, false));
        } else if (nowMs - last.atMs() < LEAST_MS) {
            loads.put(sample.vm(), new Load(before.cpuCores(), dirty, last.known()));
        } else {
            double cores = (sample.cpuTimeNs() - last.cpuTimeNs()) / 1e6 / (nowMs - last.atMs());
            counted.put(sample.vm(), new Counted(host, nowMs, sample.cpuTimeNs(), true));
            loads.put(sample.vm(), new Load(Math.min(cores, MAX_CORES), dirty, true));
        }
    }

    /** Forgets all but these VMs. */
    public void retain(Set<String> vms) {
        counted.keySet().retainAll(vms);
        loads.keySet().retainAll(vms);
    }
}
