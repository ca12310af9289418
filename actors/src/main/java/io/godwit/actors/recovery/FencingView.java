package io.godwit.actors.recovery;

import io.godwit.actors.storage.Storage.HostPool;
import io.godwit.config.NodeConfig.PoolFencing;
import io.godwit.config.NodeConfig.PoolKind;
import io.godwit.config.ValueType;
import io.godwit.config.device.DiskSpec;
import io.godwit.control.ledger.VmRecord;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What stands between a host that is down and a second writer of its VMs' disks, as the hosts' files have it.
 *
 * @param pools shared ones, by name
 * @param hosts those that own VMs with writable disks in a shared pool, by name
 * @param withoutFence voters that say that no fence is configured on them, while a pool wants one: while one of them
 *     leads the ledger, VMs of such a pool wait for an operator
 */
public record FencingView(List<SharedPool> pools, List<Writer> hosts, List<String> withoutFence) {
    public FencingView {
        pools = List.copyOf(pools);
        hosts = List.copyOf(hosts);
        withoutFence = List.copyOf(withoutFence);
    }

    /**
     * A shared pool.
     *
     * @param fencing the level that counts: the strictest of those that hosts have
     * @param levels those that hosts have, the strictest first
     * @param conflict in which way hosts differ; empty where they agree
     */
    public record SharedPool(String name, String fencing, List<Level> levels, String conflict) {
        public SharedPool {
            levels = List.copyOf(levels);
        }
    }

    /** @param hosts whose files say {@code fencing} of the pool */
    public record Level(String fencing, List<String> hosts) {
        public Level {
            hosts = List.copyOf(hosts);
        }
    }

    /**
     * A host whose VMs write shared disks.
     *
     * @param fence {@code configured}, {@code none}, or {@code unknown} where the host does not say
     * @param pools that its VMs write
     * @param vms their names
     */
    public record Writer(String host, String fence, List<String> pools, List<String> vms) {
        public Writer {
            pools = List.copyOf(pools);
            vms = List.copyOf(vms);
        }
    }

    /**
     * @param pools of all hosts that answer
     * @param fences whether a fence is configured on a host; of those that do not answer nothing
     * @param voters names of the hosts that keep the ledger: the fence is run on the one that leads
     */
    public static FencingView of(
            List<VmRecord> vms, List<HostPool> pools, Map<String, Boolean> fences, List<String> voters) {
        Map<String, List<HostPool>> byName =
                new TreeMap<>(pools.stream().collect(Collectors.groupingBy(HostPool::name)));
        byName.values().removeIf(known -> known.stream().noneMatch(FencingView::isShared));
        List<SharedPool> shared = byName.entrySet().stream()
                .map(entry -> shared(entry.getKey(), entry.getValue()))
                .toList();
        boolean wanted = pools.stream().anyMatch(pool -> isShared(pool) && pool.fencing() == PoolFencing.COMMAND);
        List<String> without = voters.stream()
                .filter(voter -> wanted && Boolean.FALSE.equals(fences.get(voter)))
                .sorted()
                .toList();
        return new FencingView(shared, writers(vms, byName.keySet(), fences), without);
    }

    private static boolean isShared(HostPool pool) {
        return pool.kind() == PoolKind.SHARED;
    }

    private static SharedPool shared(String name, List<HostPool> known) {
        Map<PoolFencing, List<String>> hosts =
                new TreeMap<>(Comparator.comparing(Recoverables::fencing, Recoverables.STRICTEST_FIRST));
        known.stream()
                .filter(FencingView::isShared)
                .forEach(pool -> hosts.computeIfAbsent(pool.fencing(), fresh -> new ArrayList<>())
                        .add(pool.host()));
        List<Level> levels = hosts.entrySet().stream()
                .map(entry -> new Level(ValueType.nameOf(entry.getKey()), entry.getValue()))
                .toList();
        return new SharedPool(name, levels.get(0).fencing(), levels, conflict(name, levels, known));
    }

    private static String conflict(String name, List<Level> levels, List<HostPool> known) {
        List<String> said = levels.stream()
                .map(level -> level.fencing() + " on " + String.join(", ", level.hosts()))
                .collect(Collectors.toCollection(ArrayList::new));
        List<String> local = known.stream()
                .filter(pool -> !isShared(pool))
                .map(HostPool::host)
                .toList();
        if (!local.isEmpty()) {
            said.add("a local pool on " + String.join(", ", local));
        }
        return said.size() == 1 ? "" : "pool " + name + " is " + String.join(", but ", said);
    }

    private static List<Writer> writers(List<VmRecord> vms, Set<String> shared, Map<String, Boolean> fences) {
        Map<String, List<VmRecord>> byHost = new TreeMap<>(vms.stream()
                .filter(vm -> !written(vm, shared).isEmpty())
                .collect(Collectors.groupingBy(vm -> vm.owner().hostId())));
        return byHost.entrySet().stream()
                .map(entry -> new Writer(
                        entry.getKey(),
                        !fences.containsKey(entry.getKey())
                                ? "unknown"
                                : fences.get(entry.getKey()) ? "configured" : "none",
                        entry.getValue().stream()
                                .flatMap(vm -> written(vm, shared).stream())
                                .distinct()
                                .sorted()
                                .toList(),
                        entry.getValue().stream()
                                .map(vm -> vm.spec().name())
                                .sorted()
                                .toList()))
                .toList();
    }

    private static Set<String> written(VmRecord vm, Set<String> shared) {
        return vm.spec().disks().stream()
                .filter(disk -> !disk.readOnly())
                .map((DiskSpec disk) -> disk.volume().pool())
                .filter(shared::contains)
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
