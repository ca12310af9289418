package io.godwit.control.inventory;

import io.godwit.control.inventory.Rule.Kind;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which rules can hold together. A strict rule that contradicts those before it is left out, with the reason: obeying
 * half of a contradiction would surprise more than saying so.
 *
 * @param kept in their order
 * @param leftOut why, by the name of each that is not kept, in their order
 */
public record RuleCheck(List<Rule> kept, Map<String, String> leftOut) {
    public RuleCheck {
        kept = List.copyOf(kept);
        leftOut = Collections.unmodifiableMap(new LinkedHashMap<>(leftOut));
    }

    public static RuleCheck of(Inventory inventory) {
        List<Rule> kept = new ArrayList<>();
        Map<String, String> leftOut = new LinkedHashMap<>();
        for (Rule rule : inventory.rules()) {
            String conflict = contradiction(inventory, kept, rule);
            if (conflict.isEmpty()) {
                kept.add(rule);
            } else {
                leftOut.put(rule.name(), conflict);
            }
        }
        return new RuleCheck(kept, leftOut);
    }

    /** One sentence for each rule left out. */
    public List<String> conflicts() {
        return leftOut.entrySet().stream()
                .map(rule -> "rule " + rule.getKey() + " is left out: " + rule.getValue())
                .toList();
    }

    private static String contradiction(Inventory inventory, List<Rule> kept, Rule rule) {
        List<Rule> tried = new ArrayList<>(kept.stream().filter(Rule::strict).toList());
        tried.add(rule);
        return rule.strict() ? conflict(inventory, tried) : "";
    }

    private static String conflict(Inventory inventory, List<Rule> strict) {
        Map<String, String> group = groups(strict);
        String apart = apartConflict(strict, group);
        return apart.isEmpty() ? hostConflict(inventory, strict, group) : apart;
    }

    /** For each VM that must be with others, the name of one of them, the same for all. */
    private static Map<String, String> groups(List<Rule> strict) {
        Map<String, String> group = new HashMap<>();
        for (Rule rule : strict) {
            if (rule.kind() == Kind.TOGETHER) {
                String leader = leader(group, rule.vms().first());
                rule.vms().forEach(vm -> group.put(leader(group, vm), leader));
                group.put(leader, leader);
            }
        }
        Map<String, String> resolved = new HashMap<>();
        group.keySet().forEach(vm -> resolved.put(vm, leader(group, vm)));
        return resolved;
    }

    private static String leader(Map<String, String> group, String vm) {
        String at = vm;
        String next = group.getOrDefault(at, at);
        while (!next.equals(at)) {
            at = next;
            next = group.getOrDefault(at, at);
        }
        return at;
    }

    private static String apartConflict(List<Rule> strict, Map<String, String> group) {
        for (Rule rule : strict) {
            if (rule.kind() == Kind.APART) {
                Map<String, String> seen = new HashMap<>();
                for (String vm : rule.vms()) {
                    String other = seen.put(group.getOrDefault(vm, vm), vm);
                    if (other != null) {
                        return "VMs " + other + " and " + vm + " are to be together and, by " + rule.name() + ", apart";
                    }
                }
            }
        }
        return "";
    }

    private static String hostConflict(Inventory inventory, List<Rule> strict, Map<String, String> group) {
        Map<String, Set<String>> allowed = new HashMap<>();
        for (Rule rule : strict) {
            if (rule.kind().ofHosts()) {
                for (String vm : rule.vms()) {
                    Set<String> left = allowed.computeIfAbsent(group.getOrDefault(vm, vm), any -> all(inventory));
                    left.removeIf(host -> !rule.allows(host));
                    if (left.isEmpty()) {
                        return "it leaves VM " + vm + " no host";
                    }
                }
            }
        }
        for (Rule rule : strict) {
            if (rule.kind() == Kind.APART) {
                int hosts = hostsFor(inventory, rule, group, allowed);
                if (hosts < rule.vms().size()) {
                    return rule.vms().size() + " VMs are to be apart by " + rule.name() + " and may be on " + hosts
                            + " hosts";
                }
            }
        }
        return "";
    }

    /** How many hosts one or the other of a rule's VMs may be on. */
    private static int hostsFor(
            Inventory inventory, Rule rule, Map<String, String> group, Map<String, Set<String>> allowed) {
        Set<String> union = new HashSet<>();
        for (String vm : rule.vms()) {
            Set<String> own = allowed.get(group.getOrDefault(vm, vm));
            if (own == null) {
                return inventory.hosts().size();
            }
            union.addAll(own);
        }
        return union.size();
    }

    private static Set<String> all(Inventory inventory) {
        Set<String> names = new HashSet<>();
        inventory.hosts().forEach(host -> names.add(host.name()));
        return names;
    }
}
