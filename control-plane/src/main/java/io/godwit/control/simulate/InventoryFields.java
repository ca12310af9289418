package io.godwit.control.simulate;

import io.godwit.config.Units;
import io.godwit.control.inventory.Host;
import io.godwit.control.inventory.HostState;
import io.godwit.control.inventory.Inventory;
import io.godwit.control.inventory.Load;
import io.godwit.control.inventory.Rule;
import io.godwit.control.inventory.Vm;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Hosts, VMs and rules as a scenario has them. */
final class InventoryFields {
    /** How far a host's word about its free memory may be off what its VMs leave. */
    private static final double TRUSTED_SHARE = 0.05;

    private final Fields fields;
    private final List<String> notes;
    private final Map<String, Long> reportedFreeBytes = new HashMap<>();

    InventoryFields(Fields fields, List<String> notes) {
        this.fields = fields;
        this.notes = notes;
    }

    List<Host> hosts() {
        List<Host> hosts = new ArrayList<>();
        for (Fields host : fields.objects("hosts")) {
            Host read = host.build(() -> new Host(
                    host.required("name"),
                    host.oneOf("state", HostState.class, HostState.UP),
                    host.text("zone", ""),
                    host.size("memory", 0),
                    host.count("cpus", 1),
                    host.number("cpu-speed", 1),
                    host.names("pools"),
                    host.names("networks"),
                    host.names("cpu-features"),
                    host.text("kernel", ""),
                    host.rate("bandwidth", Host.DEFAULT_MIGRATION_BYTES_PER_SECOND),
                    ""));
            long freeBytes = host.size("free-memory", -1);
            host.refuseOthers();
            if (read != null) {
                hosts.add(read);
                if (freeBytes >= 0) {
                    reportedFreeBytes.put(read.name(), freeBytes);
                }
            }
        }
        return hosts;
    }

    /** Adds VMs and rules to hosts, and takes the word of no host that contradicts what it holds. */
    Inventory complete(Inventory hosts) {
        List<Vm> vms = new ArrayList<>(hosts.vms());
        for (Fields vm : fields.objects("vms")) {
            Vm read = vm.build(() -> vm(vm, hosts));
            vm.refuseOthers();
            if (read != null) {
                vms.add(read);
            }
        }
        List<Rule> rules = new ArrayList<>(hosts.rules());
        for (Fields rule : fields.objects("rules")) {
            Rule read = rule.build(() -> new Rule(
                    rule.required("name"),
                    rule.oneOf("kind", Rule.Kind.class, Rule.Kind.APART),
                    rule.truth("strict", true),
                    rule.names("vms"),
                    rule.names("hosts")));
            rule.refuseOthers();
            if (read != null) {
                rules.add(read);
            }
        }
        return doubted(Inventory.of(hosts.hosts(), vms, rules));
    }

    private static Vm vm(Fields vm, Inventory hosts) {
        String host = vm.has("host") ? vm.text("host", "") : null;
        Host at = host == null ? null : hosts.host(host);
        return new Vm(
                vm.required("name"),
                host,
                vm.size("memory", 0),
                vm.count("vcpus", 1),
                new Load(vm.number("cpu", 0), vm.rate("dirty", 0), true),
                vm.names("pools"),
                vm.names("networks"),
                vm.names("cpu-features"),
                vm.text("kernel", at == null ? "" : at.kernel()),
                vm.names("zones"),
                vm.text("pinned", ""));
    }

    private Inventory doubted(Inventory inventory) {
        List<Host> doubted = new ArrayList<>();
        inventory.byHost().forEach((name, vms) -> {
            Host host = inventory.host(name);
            long usedBytes = vms.stream().mapToLong(Vm::memoryBytes).sum();
            String why = host == null ? "" : doubt(host, usedBytes, reportedFreeBytes.get(name));
            if (host != null && !why.isEmpty()) {
                doubted.add(host.distrusted(why));
                notes.add("host " + name + " takes no VMs, its capacity is not believed: " + why);
            }
        });
        return inventory.withHosts(doubted);
    }

    private static String doubt(Host host, long usedBytes, @Nullable Long freeBytes) {
        if (usedBytes > host.memoryBytes()) {
            return "it says " + Units.formatApproximateSize(host.memoryBytes()) + " of memory and its VMs have "
                    + Units.formatApproximateSize(usedBytes);
        }
        if (freeBytes == null) {
            return "";
        }
        long off = Math.abs(host.memoryBytes() - usedBytes - freeBytes);
        return off > host.memoryBytes() * TRUSTED_SHARE
                ? "it says " + Units.formatApproximateSize(freeBytes) + " are free, its VMs leave "
                        + Units.formatApproximateSize(host.memoryBytes() - usedBytes)
                : "";
    }
}
