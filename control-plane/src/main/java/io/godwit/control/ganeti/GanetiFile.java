package io.godwit.control.ganeti;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A cluster in the text format: five sections of lines, separated by empty lines, with columns separated by {@code |}.
 * Sizes are in MiB.
 *
 * @param tags of the cluster
 * @param policies as they are
 */
public record GanetiFile(
        List<Group> groups, List<Node> nodes, List<Instance> instances, List<String> tags, List<String> policies) {
    public record Group(String name, String uuid, String allocation, String tags) {}

    /**
     * @param usedMiB by the node itself
     * @param freeMiB as the node reports it
     * @param role {@code Y} offline, {@code N} online, {@code M} master
     * @param cpuSpeed against a standard node's
     */
    public record Node(
            String name,
            long totalMiB,
            long usedMiB,
            long freeMiB,
            long diskMiB,
            long freeDiskMiB,
            int cpus,
            String role,
            String group,
            double cpuSpeed) {
        public boolean isOffline() {
            return role.equals("Y");
        }
    }

    /**
     * @param secondary of DRBD; else empty
     * @param template of its disks: {@code ext}, {@code rbd}, {@code plain} ...
     */
    public record Instance(
            String name,
            long memoryMiB,
            long diskMiB,
            int vcpus,
            String status,
            String primary,
            String secondary,
            String template,
            List<String> tags) {
        /** On another node; DRBD's two exchange their roles. */
        Instance at(String node) {
            String other = secondary.equals(node) ? primary : secondary;
            return new Instance(name, memoryMiB, diskMiB, vcpus, status, node, other, template, tags);
        }
    }

    public GanetiFile {
        groups = List.copyOf(groups);
        nodes = List.copyOf(nodes);
        instances = List.copyOf(instances);
        tags = List.copyOf(tags);
        policies = List.copyOf(policies);
    }

    /** The same cluster with instances elsewhere; those not named stay. */
    public GanetiFile with(Map<String, String> nodeByInstance) {
        List<Instance> moved = instances.stream()
                .map(instance -> {
                    String node = nodeByInstance.getOrDefault(instance.name(), instance.primary());
                    return node.equals(instance.primary()) ? instance : instance.at(node);
                })
                .toList();
        return new GanetiFile(groups, nodes, moved, tags, policies);
    }

    /** In the format. */
    public String text() {
        StringBuilder text = new StringBuilder();
        groups.forEach(
                group -> text.append(String.join("|", group.name(), group.uuid(), group.allocation(), group.tags()))
                        .append("|\n"));
        text.append('\n');
        nodes.forEach(node -> text.append(line(node)).append('\n'));
        text.append('\n');
        instances.forEach(instance -> text.append(line(instance)).append('\n'));
        text.append('\n');
        tags.forEach(tag -> text.append(tag).append('\n'));
        text.append('\n');
        policies.forEach(policy -> text.append(policy).append('\n'));
        return text.toString();
    }

    private static String line(Node node) {
        return String.format(
                Locale.ROOT,
                "%s|%d|%d|%d|%d|%d|%d|%s|%s|1||N|0|0|%s",
                node.name(),
                node.totalMiB(),
                node.usedMiB(),
                node.freeMiB(),
                node.diskMiB(),
                node.freeDiskMiB(),
                node.cpus(),
                node.role(),
                node.group(),
                node.cpuSpeed());
    }

    private static String line(Instance instance) {
        return String.format(
                Locale.ROOT,
                "%s|%d|%d|%d|%s|Y|%s|%s|%s|%s|1|-",
                instance.name(),
                instance.memoryMiB(),
                instance.diskMiB(),
                instance.vcpus(),
                instance.status(),
                instance.primary(),
                instance.secondary(),
                instance.template(),
                String.join(",", instance.tags()));
    }
}
