package io.godwit.control.ganeti;

import io.godwit.control.ganeti.GanetiFile.Instance;
import io.godwit.control.ganeti.GanetiFile.Node;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * The cluster score that {@code hbal} lowers, computed from a file and nothing else: what one evaluator says of two ends
 * can be compared. Of instances without secondaries on nodes that are online, all that {@code hbal(1)}, "CLUSTER
 * SCORING", lists and {@code hbal -vvv} prints with a value that moves can change: half the spread of free memory and of
 * the vCPU ratio, both twice (with and without instances to come), and the spreads of four dynamic loads of 1 each.
 */
public final class GanetiScore {
    private static final double HALVES = 2 * 0.5;
    private static final int DYNAMIC_LOADS = 4;

    private GanetiScore() {}

    public static double of(GanetiFile file) {
        Map<String, Long> memoryMiB = new HashMap<>();
        Map<String, Long> vcpus = new HashMap<>();
        Map<String, Long> count = new HashMap<>();
        for (Instance instance : file.instances()) {
            memoryMiB.merge(instance.primary(), instance.memoryMiB(), Long::sum);
            vcpus.merge(instance.primary(), (long) instance.vcpus(), Long::sum);
            count.merge(instance.primary(), 1L, Long::sum);
        }
        List<Node> online =
                file.nodes().stream().filter(node -> !node.isOffline()).toList();
        double freeMemory = deviation(
                online,
                node -> (double) (node.totalMiB() - node.usedMiB() - memoryMiB.getOrDefault(node.name(), 0L))
                        / node.totalMiB());
        double cpuRatio =
                deviation(online, node -> vcpus.getOrDefault(node.name(), 0L) / (node.cpus() * node.cpuSpeed()));
        double load = deviation(online, node -> count.getOrDefault(node.name(), 0L));
        return HALVES * (freeMemory + cpuRatio) + DYNAMIC_LOADS * load;
    }

    private static double deviation(List<Node> nodes, ToDoubleFunction<Node> value) {
        double mean = nodes.stream().mapToDouble(value).average().orElse(0);
        double squares = nodes.stream()
                .mapToDouble(value)
                .map(of -> (of - mean) * (of - mean))
                .average()
                .orElse(0);
        return Math.sqrt(squares);
    }
}
