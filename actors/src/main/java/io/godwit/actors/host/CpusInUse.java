package io.godwit.actors.host;

import io.godwit.actors.cluster.NodeServices;
import io.godwit.actors.serialization.Wire;
import io.godwit.actors.vault.VaultedMachine;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What guests of a host were given of a CPU, where it is not just what the host gives to a VM so defined: they came from
 * another host. A guest keeps what it was given for as long as it runs.
 *
 * @param cpus each another one, at most {@value #MAX_CPUS}; guests of more are left out
 */
public record CpusInUse(List<Cpu> cpus) implements Wire {
    /** Of hosts of how many kinds guests may have come: the answer fits into one frame. */
    static final int MAX_CPUS = 32;

    public static final CpusInUse NONE = new CpusInUse(List.of());

    /** @param vms ids of those that have it */
    public record Cpu(SortedSet<String> features, SortedSet<String> vms) {
        public Cpu {
            features = Collections.unmodifiableSortedSet(new TreeSet<>(features));
            vms = Collections.unmodifiableSortedSet(new TreeSet<>(vms));
        }
    }

    public CpusInUse {
        cpus = List.copyOf(cpus);
    }

    static CpusInUse of(NodeServices node) {
        Set<String> offered = node.resources().cpuFeatures();
        if (offered.isEmpty()) {
            return NONE;
        }
        Map<Set<String>, TreeSet<String>> vms = new HashMap<>();
        for (VaultedMachine vaulted : node.vault().machines()) {
            Set<String> usual = new TreeSet<>(offered);
            usual.removeAll(vaulted.machine().spec().hiddenCpuFeatures());
            Set<String> given = vaulted.machine().cpuFeatures();
            if (!given.equals(usual) && (vms.size() < MAX_CPUS || vms.containsKey(given))) {
                vms.computeIfAbsent(given, another -> new TreeSet<>()).add(vaulted.vmId());
            }
        }
        List<Cpu> cpus = new ArrayList<>();
        vms.forEach((features, ids) -> cpus.add(new Cpu(new TreeSet<>(features), ids)));
        return new CpusInUse(cpus);
    }

    /** Features by the id of the VM. */
    public Map<String, Set<String>> byVm() {
        Map<String, Set<String>> byVm = new HashMap<>();
        cpus.forEach(cpu -> cpu.vms().forEach(vm -> byVm.put(vm, cpu.features())));
        return byVm;
    }
}
