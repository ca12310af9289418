package io.godwit.actors.placement;

import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.ProblemException;
import io.godwit.config.PlacementRule;
import io.godwit.config.VmSpec;
import io.godwit.control.inventory.Inventory;
import io.godwit.control.inventory.RuleCheck;
import java.util.List;
import java.util.Set;

/** Whether what a new VM says of its place can be meant: what it names is there, and its rules do not contradict. */
final class NewVmCheck {
    private NewVmCheck() {}

    /** @throws ProblemException naming the field at fault, or every rule that cannot be kept and why */
    static void check(VmSpec spec, ClusterPicture known) {
        known.idOf(spec.name()).ifPresent(id -> {
            throw new ProblemException(
                    Problem.of(Problem.Kind.CONFLICT, "name \"" + spec.name() + "\" is taken by VM " + id));
        });
        String preferred = spec.placement().preferHost();
        if (preferred != null) {
            checkHost("preferHost", preferred, known);
        }
        List<PlacementRule> rules = spec.placement().rules();
        for (int i = 0; i < rules.size(); i++) {
            PlacementRule rule = rules.get(i);
            for (String name : rule.names()) {
                if (rule.kind().ofHosts()) {
                    checkHost("rules[" + i + "].hosts", name, known);
                } else if (known.idOf(name).isEmpty()) {
                    throw unknown("rules[" + i + "].vms", name, "names of VMs that are defined", "VM");
                }
            }
        }
        List<String> conflicts = conflicts(known.inventory(), known.with(spec).inventory());
        if (!conflicts.isEmpty()) {
            throw new ProblemException(Problem.refused("VM " + spec.name() + " has rules that cannot hold", conflicts));
        }
    }

    static void checkHost(String field, String host, ClusterPicture known) {
        if (!known.members().contains(host)) {
            throw unknown(field, host, "one of " + String.join(", ", known.members()), "host");
        }
    }

    private static ProblemException unknown(String field, String name, String accepted, String what) {
        return new ProblemException(Problem.of(
                Problem.Kind.INVALID,
                field,
                name,
                accepted,
                field + ": there is no " + what + " \"" + name + "\"; expected " + accepted));
    }

    /**
     * What cannot hold beside the rules before it once the VM is there: its own rules, which come last, and what rules of
     * others say of its name. What cannot hold without it either is not its fault.
     */
    private static List<String> conflicts(Inventory without, Inventory with) {
        Set<String> already = RuleCheck.of(without).leftOut().keySet();
        return RuleCheck.of(with).leftOut().entrySet().stream()
                .filter(conflict -> !already.contains(conflict.getKey()))
                .map(conflict -> "rule " + conflict.getKey() + ": " + conflict.getValue())
                .toList();
    }
}
