package io.godwit.control.balance;

import io.godwit.control.inventory.Inventory;
import io.godwit.control.inventory.Rule;
import io.godwit.control.inventory.Rule.Kind;
import io.godwit.control.inventory.Vm;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What moves as one: a VM, or VMs that a strict rule keeps together and that are together. They are migrated at the same
 * time, so that no step of a plan parts them.
 */
final class Items {
    private Items() {}

    /** Of all VMs, in the inventory's order. */
    static List<List<Vm>> of(Inventory inventory) {
        Map<String, List<Vm>> itemOf = new HashMap<>();
        for (Rule rule : inventory.rules()) {
            if (rule.strict() && rule.kind() == Kind.TOGETHER && areTogether(inventory, rule)) {
                merge(inventory, rule, itemOf);
            }
        }
        Map<Vm, List<Vm>> items = new LinkedHashMap<>();
        Set<String> seen = new HashSet<>();
        for (Vm vm : inventory.vms()) {
            if (seen.add(vm.name())) {
                List<Vm> item = itemOf.getOrDefault(vm.name(), List.of(vm));
                item.forEach(member -> seen.add(member.name()));
                items.put(vm, item);
            }
        }
        return List.copyOf(items.values());
    }

    private static boolean areTogether(Inventory inventory, Rule rule) {
        return members(inventory, rule).stream().map(Vm::host).distinct().count() == 1;
    }

    private static List<Vm> members(Inventory inventory, Rule rule) {
        List<Vm> members = new ArrayList<>();
        for (Vm vm : inventory.vms()) {
            if (rule.vms().contains(vm.name())) {
                members.add(vm);
            }
        }
        return members;
    }

    private static void merge(Inventory inventory, Rule rule, Map<String, List<Vm>> itemOf) {
        Map<String, Vm> merged = new LinkedHashMap<>();
        for (Vm vm : members(inventory, rule)) {
            itemOf.getOrDefault(vm.name(), List.of(vm)).forEach(member -> merged.put(member.name(), member));
        }
        List<Vm> item = List.copyOf(merged.values());
        merged.keySet().forEach(name -> itemOf.put(name, item));
    }
}
