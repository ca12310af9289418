package io.godwit.actors.placement;

import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.ProblemException;
import io.godwit.config.PlacementRule;
import io.godwit.config.VmSpec;
import io.godwit.control.inventory.DefinedRules;
import io.godwit.control.inventory.Inventory;
import io.godwit.control.inventory.Rule;
import io.godwit.control.inventory.RuleCheck;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

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
        List<String> conflicts = conflicts(spec, known.with(spec).inventory());
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

    /** Each rule is held against those of the other VMs and its own before it. */
    private static List<String> conflicts(VmSpec spec, Inventory inventory) {
        List<String> conflicts = new ArrayList<>();
        List<Rule> before = new ArrayList<>();
        Set<String> own = IntStream.range(0, spec.placement().rules().size())
                .mapToObj(index -> DefinedRules.name(spec, index))
                .collect(Collectors.toSet());
        for (Rule rule : inventory.rules()) {
            if (own.contains(rule.name())) {
                String why = RuleCheck.contradiction(inventory.withRules(before), rule);
                if (!why.isEmpty()) {
                    conflicts.add("rule " + rule.name() + ": " + why);
                }
            }
            before.add(rule);
        }
        return conflicts;
    }
}
