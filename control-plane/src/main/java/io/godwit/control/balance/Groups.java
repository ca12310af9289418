package io.godwit.control.balance;

import io.godwit.control.inventory.Inventory;
import io.godwit.control.inventory.Rule;
import io.godwit.control.inventory.Rule.Kind;
import io.godwit.control.inventory.Vm;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** How many items of each rule about company are on each host, so that a move's effect on rules is known at once. */
final class Groups {
    private static final int[] NONE = {};

    private final List<Rule> rules = new ArrayList<>();
    private final int[][] rulesOf;
    private final int[][] counts;

    Groups(Inventory inventory, List<List<Vm>> items, int hosts) {
        inventory.rules().stream().filter(rule -> !rule.kind().ofHosts()).forEach(rules::add);
        counts = new int[rules.size()][hosts];
        Map<String, List<Integer>> byVm = new HashMap<>();
        for (int rule = 0; rule < rules.size(); rule++) {
            for (String vm : rules.get(rule).vms()) {
                byVm.computeIfAbsent(vm, any -> new ArrayList<>()).add(rule);
            }
        }
        rulesOf = new int[items.size()][];
        for (int item = 0; item < rulesOf.length; item++) {
            rulesOf[item] = items.get(item).stream()
                    .flatMap(vm -> byVm.getOrDefault(vm.name(), List.of()).stream())
                    .mapToInt(Integer::intValue)
                    .distinct()
                    .toArray();
            if (rulesOf[item].length == 0) {
                rulesOf[item] = NONE;
            }
        }
    }

    boolean concern(int item) {
        return rulesOf[item].length > 0;
    }

    void add(int item, int host, int count) {
        for (int rule : rulesOf[item]) {
            counts[rule][host] += count;
        }
    }

    /** Whether a strict rule keeps an item away from a host that it is not on. */
    boolean forbid(int item, int host) {
        for (int rule : rulesOf[item]) {
            if (rules.get(rule).strict() && rules.get(rule).kind() == Kind.APART && counts[rule][host] > 0) {
                return true;
            }
        }
        return false;
    }

    /** What a move makes better about rules, in broken rules; {@code preference} is what one that is not strict counts. */
    double gain(int item, int from, int to, double strict, double preference) {
        double gain = 0;
        for (int rule : rulesOf[item]) {
            int left = from >= 0 && counts[rule][from] == 1 ? 1 : 0;
            int entered = counts[rule][to] == 0 ? 1 : 0;
            int fewerHosts = left - entered;
            double weight = rules.get(rule).strict() ? strict : preference;
            gain += weight * (rules.get(rule).kind() == Kind.TOGETHER ? fewerHosts : -fewerHosts);
        }
        return gain;
    }
}
