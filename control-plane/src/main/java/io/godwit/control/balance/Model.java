package io.godwit.control.balance;

import io.godwit.control.balance.Measure.Quantity;
import io.godwit.control.inventory.Host;
import io.godwit.control.inventory.HostState;
import io.godwit.control.inventory.Inventory;
import io.godwit.control.inventory.Rule;
import io.godwit.control.inventory.Vm;
import io.godwit.control.placement.Filter;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A cluster in arrays, with sums kept so that what a move would change costs the same whatever the cluster's size: one
 * step for each quantity of the measure and each rule about the VM. Not thread-safe.
 *
 * <p>What is lowered is the score: {@link Measure the imbalance}, {@link #BROKEN} for each item that has to leave its
 * host and each strict rule that is broken, {@link #UNMET} for each preference.
 */
final class Model {
    static final int NOWHERE = -1;
    /** More than any imbalance: rules come first. */
    static final double BROKEN = 100;
    /** What a preference is worth: two hundredths of imbalance. */
    static final double UNMET = 0.02;

    private final Measure measure;
    private final List<Host> hosts;
    private final List<List<Vm>> items;
    private final int dims;
    private final boolean[] counted;
    private final int countedHosts;
    private final double[] demand;
    private final double[] capacity;
    private final double[] use;
    private final double[] sum;
    private final double[] squares;
    private final double[] spread;
    private final long[] itemMemoryBytes;
    private final long[] freeMemoryBytes;
    private final int[] home;
    private final int[] place;
    private final BitSet[] allowed;
    private final boolean[] misplaced;
    private final boolean[] free;
    private final List<List<Rule>> preferences = new ArrayList<>();
    private final Groups groups;

    private final double[] leftSum;
    private final double[] leftSquares;

    Model(Inventory inventory, Measure measure, Set<Filter> skipped) {
        this.measure = measure;
        hosts = List.copyOf(inventory.hosts());
        items = Items.of(inventory);
        dims = measure.quantities().size();
        counted = new boolean[hosts.size()];
        demand = new double[items.size() * dims];
        capacity = new double[hosts.size() * dims];
        use = new double[hosts.size() * dims];
        sum = new double[dims];
        squares = new double[dims];
        spread = new double[dims];
        leftSum = new double[dims];
        leftSquares = new double[dims];
        itemMemoryBytes = new long[items.size()];
        freeMemoryBytes = new long[hosts.size()];
        home = new int[items.size()];
        place = new int[items.size()];
        allowed = new BitSet[items.size()];
        misplaced = new boolean[items.size()];
        free = new boolean[items.size()];
        groups = new Groups(inventory, items, hosts.size());
        countedHosts = fillHosts();
        fillItems(inventory, new Places(inventory, skipped));
    }

    private int fillHosts() {
        int up = 0;
        for (int host = 0; host < hosts.size(); host++) {
            Host at = hosts.get(host);
            counted[host] = at.state() == HostState.UP;
            up += counted[host] ? 1 : 0;
            freeMemoryBytes[host] = at.memoryBytes();
            for (int d = 0; d < dims; d++) {
                capacity[host * dims + d] = quantity(d).capacity().applyAsDouble(at);
            }
        }
        return up;
    }

    private void fillItems(Inventory inventory, Places places) {
        Map<String, Integer> hostIndex = new HashMap<>();
        hosts.forEach(host -> hostIndex.put(host.name(), hostIndex.size()));
        Map<String, List<Rule>> preferred = preferred(inventory);
        for (int item = 0; item < items.size(); item++) {
            List<Vm> vms = items.get(item);
            for (Vm vm : vms) {
                itemMemoryBytes[item] += vm.memoryBytes();
                for (int d = 0; d < dims; d++) {
                    demand[item * dims + d] += quantity(d).demand().applyAsDouble(vm);
                }
            }
            preferences.add(vms.stream()
                    .flatMap(vm -> preferred.getOrDefault(vm.name(), List.of()).stream())
                    .toList());
            allowed[item] = places.allowed(vms);
            String name = vms.get(0).host();
            int host = name == null ? NOWHERE : hostIndex.getOrDefault(name, NOWHERE);
            home[item] = host;
            place[item] = NOWHERE;
            misplaced[item] = host == NOWHERE || vms.stream().anyMatch(vm -> places.mustLeave(vm, hosts.get(host)));
            boolean reachable = host == NOWHERE || hosts.get(host).state() != HostState.UNREACHABLE;
            free[item] = reachable
                    && (misplaced[item]
                            || vms.stream()
                                    .allMatch(vm ->
                                            vm.pinned().isEmpty() && vm.load().current()));
            if (host != NOWHERE) {
                move(item, host);
            }
        }
    }

    private static Map<String, List<Rule>> preferred(Inventory inventory) {
        Map<String, List<Rule>> preferred = new HashMap<>();
        inventory.rules().stream()
                .filter(rule -> !rule.strict() && rule.kind().ofHosts())
                .forEach(rule -> rule.vms()
                        .forEach(vm -> preferred
                                .computeIfAbsent(vm, any -> new ArrayList<>())
                                .add(rule)));
        return preferred;
    }

    private Quantity quantity(int dim) {
        return measure.quantities().get(dim);
    }

    int hosts() {
        return hosts.size();
    }

    int items() {
        return items.size();
    }

    Host host(int host) {
        return hosts.get(host);
    }

    List<Vm> vms(int item) {
        return items.get(item);
    }

    int home(int item) {
        return home[item];
    }

    int place(int item) {
        return place[item];
    }

    boolean isDisplaced(int item) {
        return place[item] != home[item];
    }

    /** Whether it may be moved: nobody asked that it stays, and its host answers. */
    boolean isFree(int item) {
        return free[item];
    }

    /** Whether it had to leave where the inventory has it. */
    boolean isMisplaced(int item) {
        return misplaced[item];
    }

    boolean isCounted(int host) {
        return counted[host];
    }

    boolean hasCompany(int item) {
        return groups.concern(item);
    }

    boolean prefers(int item) {
        return !preferences.get(item).isEmpty();
    }

    long memoryBytes(int item) {
        return itemMemoryBytes[item];
    }

    long freeMemoryBytes(int host) {
        return freeMemoryBytes[host];
    }

    /** Puts an item on a host as a migration does that has not ended: it takes room at both, and rules see it at both. */
    void depart(int item, int to) {
        int from = place[item];
        move(item, to);
        if (from != NOWHERE) {
            lingers(item, from, itemMemoryBytes[item]);
        }
    }

    /** Of an item that is on its way: so much still takes room where it comes from. */
    void lingers(int item, int from, long bytes) {
        freeMemoryBytes[from] -= bytes;
        groups.add(item, from, 1);
    }

    /** Whether a host that it is not on may have it, but for memory. */
    boolean suits(int item, int host) {
        return (host == home[item] ? !misplaced[item] : allowed[item].get(host)) && !groups.forbid(item, host);
    }

    boolean admits(int item, int host) {
        return itemMemoryBytes[item] <= freeMemoryBytes[host] && suits(item, host);
    }

    /** The imbalance as the measure has it, without rules. */
    double imbalance() {
        double imbalance = 0;
        for (int d = 0; d < dims; d++) {
            imbalance += spread[d];
        }
        return imbalance;
    }

    private double spread(int dim, double total, double ofSquares) {
        if (countedHosts == 0) {
            return 0;
        }
        double mean = total / countedHosts;
        double deviation = Math.sqrt(Math.max(ofSquares / countedHosts - mean * mean, 0));
        double weighted = quantity(dim).weight() * deviation;
        return measure.floor() > 0 ? weighted / Math.max(mean, measure.floor()) : weighted;
    }

    /** To be called before {@link #gainAt} for an item. */
    void consider(int item) {
        int from = place[item];
        boolean counts = from != NOWHERE && counted[from];
        for (int d = 0; d < dims; d++) {
            leftSum[d] = sum[d];
            leftSquares[d] = squares[d];
            if (counts) {
                double before = use[from * dims + d];
                double after = before - demand[item * dims + d] / capacity[from * dims + d];
                leftSum[d] += after - before;
                leftSquares[d] += after * after - before * before;
            }
        }
    }

    /** By how much the score falls if the item considered goes to another host. */
    double gainAt(int item, int to) {
        double gain = 0;
        for (int d = 0; d < dims; d++) {
            double total = leftSum[d];
            double ofSquares = leftSquares[d];
            if (counted[to]) {
                double before = use[to * dims + d];
                double after = before + demand[item * dims + d] / capacity[to * dims + d];
                total += after - before;
                ofSquares += after * after - before * before;
            }
            gain += spread[d] - spread(d, total, ofSquares);
        }
        return gain + rulesGainAt(item, to);
    }

    /** What of that is rules and preferences. */
    double rulesGainAt(int item, int to) {
        return misfit(item, place[item]) - misfit(item, to) + groups.gain(item, place[item], to, BROKEN, UNMET);
    }

    /** By how much the score falls if two items without company exchange their hosts. */
    double swapGain(int one, int other) {
        int a = place[one];
        int b = place[other];
        double gain = misfit(one, a) - misfit(one, b) + misfit(other, b) - misfit(other, a);
        for (int d = 0; d < dims; d++) {
            double change = demand[other * dims + d] - demand[one * dims + d];
            double total = sum[d];
            double ofSquares = squares[d];
            if (counted[a]) {
                double step = change / capacity[a * dims + d];
                total += step;
                ofSquares += step * (2 * use[a * dims + d] + step);
            }
            if (counted[b]) {
                double step = -change / capacity[b * dims + d];
                total += step;
                ofSquares += step * (2 * use[b * dims + d] + step);
            }
            gain += spread[d] - spread(d, total, ofSquares);
        }
        return gain;
    }

    private double misfit(int item, int host) {
        if (host == NOWHERE) {
            return BROKEN;
        }
        double misfit = host == home[item] && misplaced[item] ? BROKEN : 0;
        for (Rule rule : preferences.get(item)) {
            misfit += rule.allows(hosts.get(host).name()) ? 0 : UNMET;
        }
        return misfit;
    }

    /**
     * How much a host has of what it should have less of, by the direction in which the score falls fastest: sum over
     * quantities of its distance from the mean in units of the spread.
     */
    double pressure(int host) {
        double pressure = 0;
        for (int d = 0; d < dims; d++) {
            double mean = sum[d] / countedHosts;
            double deviation = Math.sqrt(Math.max(squares[d] / countedHosts - mean * mean, 1e-18));
            pressure += quantity(d).weight() * (use[host * dims + d] - mean) / deviation;
        }
        return pressure;
    }

    /** How full a host is: the fullest of the measure's quantities, 1 at its capacity. */
    double fullness(int host) {
        double fullness = 0;
        for (int d = 0; d < dims; d++) {
            fullness = Math.max(fullness, use[host * dims + d]);
        }
        return fullness;
    }

    /** The same with an item that is not there. */
    double fullnessWith(int item, int host) {
        double fullness = 0;
        for (int d = 0; d < dims; d++) {
            double with = use[host * dims + d] + demand[item * dims + d] / capacity[host * dims + d];
            fullness = Math.max(fullness, with);
        }
        return fullness;
    }

    /** Puts an item on a host, whether it may be there or not. */
    void move(int item, int to) {
        int from = place[item];
        if (from != NOWHERE) {
            shift(item, from, -1);
        }
        place[item] = to;
        if (to != NOWHERE) {
            shift(item, to, 1);
        }
        for (int d = 0; d < dims; d++) {
            spread[d] = spread(d, sum[d], squares[d]);
        }
    }

    private void shift(int item, int host, int sign) {
        freeMemoryBytes[host] -= sign * itemMemoryBytes[item];
        groups.add(item, host, sign);
        for (int d = 0; d < dims; d++) {
            int at = host * dims + d;
            double before = use[at];
            use[at] = before + sign * demand[item * dims + d] / capacity[at];
            if (counted[host]) {
                sum[d] += use[at] - before;
                squares[d] += use[at] * use[at] - before * before;
            }
        }
    }
}
