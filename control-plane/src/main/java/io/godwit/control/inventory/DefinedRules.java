package io.godwit.control.inventory;

import io.godwit.config.PlacementRule;
import io.godwit.config.VmSpec;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The rules that VMs were defined with, as rules of an inventory whose VMs have their names. */
public final class DefinedRules {
    private DefinedRules() {}

    /** In the order of the VMs. What a rule says of VMs that are gone is left out. */
    public static List<Rule> of(Collection<VmSpec> vms) {
        Set<String> there = vms.stream().map(VmSpec::name).collect(Collectors.toSet());
        List<Rule> rules = new ArrayList<>();
        for (VmSpec vm : vms) {
            for (int i = 0; i < vm.placement().rules().size(); i++) {
                add(name(vm, i), vm.name(), vm.placement().rules().get(i), there, rules);
            }
        }
        return rules;
    }

    /** What the VM's rule of that number is called. */
    public static String name(VmSpec vm, int index) {
        return vm.name() + ".rules[" + index + "]";
    }

    private static void add(String name, String vm, PlacementRule rule, Set<String> there, List<Rule> rules) {
        Rule.Kind kind = Rule.Kind.valueOf(rule.kind().name());
        TreeSet<String> vms = new TreeSet<>(Set.of(vm));
        if (kind.ofHosts()) {
            rules.add(new Rule(name, kind, rule.strict(), vms, rule.names()));
            return;
        }
        rule.names().stream().filter(there::contains).forEach(vms::add);
        if (vms.size() > 1) {
            rules.add(new Rule(name, kind, rule.strict(), vms, new TreeSet<>()));
        }
    }
}
