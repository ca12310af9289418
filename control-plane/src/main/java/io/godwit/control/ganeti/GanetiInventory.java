package io.godwit.control.ganeti;

import io.godwit.control.ganeti.GanetiFile.Instance;
import io.godwit.control.ganeti.GanetiFile.Node;
import io.godwit.control.inventory.Host;
import io.godwit.control.inventory.HostState;
import io.godwit.control.inventory.Inventory;
import io.godwit.control.inventory.Load;
import io.godwit.control.inventory.Rule;
import io.godwit.control.inventory.Rule.Kind;
import io.godwit.control.inventory.Vm;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A Ganeti cluster as the scheduler sees it. Groups are zones that instances do not leave. Offline nodes are in
 * maintenance: their instances are to leave, as {@code hbal} has it. Disks on one node bind an instance to it, DRBD's to
 * its two nodes. Exclusion tags ({@code htools:iextags:}) become strict rules.
 */
public final class GanetiInventory {
    private static final int MIB_SHIFT = 20;
    private static final Set<String> LOCAL = Set.of("plain", "file");
    private static final String EXCLUSION = "htools:iextags:";
    /** Where nobody measured: a quarter of each vCPU is busy. */
    private static final double ASSUMED_CPU_SHARE = 0.25;

    private GanetiInventory() {}

    public static Inventory of(GanetiFile file) {
        Map<String, Set<String>> pools = new HashMap<>();
        Map<String, String> groupOf = new HashMap<>();
        for (Node node : file.nodes()) {
            pools.put(node.name(), new HashSet<>(Set.of("local:" + node.name())));
            groupOf.put(node.name(), node.group());
        }
        List<Vm> vms = new ArrayList<>();
        for (Instance instance : file.instances()) {
            Set<String> of = disks(instance);
            if (instance.template().equals("drbd")) {
                for (String node : List.of(instance.primary(), instance.secondary())) {
                    pools.computeIfPresent(node, (name, at) -> with(at, of));
                }
            }
            vms.add(new Vm(
                    instance.name(),
                    instance.primary(),
                    instance.memoryMiB() << MIB_SHIFT,
                    instance.vcpus(),
                    new Load(instance.vcpus() * ASSUMED_CPU_SHARE, 0, true),
                    of,
                    Set.of(),
                    Set.of(),
                    "",
                    Set.of(groupOf.getOrDefault(instance.primary(), "")),
                    ""));
        }
        List<Host> hosts = new ArrayList<>();
        file.nodes().forEach(node -> hosts.add(host(node, pools.getOrDefault(node.name(), Set.of()))));
        return Inventory.of(hosts, vms, exclusions(file));
    }

    private static Set<String> with(Set<String> pools, Set<String> more) {
        pools.addAll(more);
        return pools;
    }

    private static Set<String> disks(Instance instance) {
        if (LOCAL.contains(instance.template())) {
            return Set.of("local:" + instance.primary());
        }
        return instance.template().equals("drbd") ? Set.of("drbd:" + instance.name()) : Set.of();
    }

    private static Host host(Node node, Set<String> pools) {
        return new Host(
                node.name(),
                node.isOffline() ? HostState.MAINTENANCE : HostState.UP,
                node.group(),
                (node.totalMiB() - node.usedMiB()) << MIB_SHIFT,
                node.cpus(),
                node.cpuSpeed(),
                pools,
                Set.of(),
                Set.of(),
                "",
                Host.DEFAULT_MIGRATION_BYTES_PER_SECOND,
                "");
    }

    private static List<Rule> exclusions(GanetiFile file) {
        List<String> prefixes = file.tags().stream()
                .filter(tag -> tag.startsWith(EXCLUSION))
                .map(tag -> tag.substring(EXCLUSION.length()) + ":")
                .toList();
        Map<String, TreeSet<String>> byTag = new TreeMap<>();
        for (Instance instance : file.instances()) {
            for (String tag : instance.tags()) {
                if (prefixes.stream().anyMatch(tag::startsWith)) {
                    byTag.computeIfAbsent(tag, any -> new TreeSet<>()).add(instance.name());
                }
            }
        }
        List<Rule> rules = new ArrayList<>();
        byTag.forEach((tag, vms) -> {
            if (vms.size() > 1) {
                rules.add(new Rule("tag:" + tag, Kind.APART, true, vms, new TreeSet<>()));
            }
        });
        return rules;
    }
}
