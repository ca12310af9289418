package io.godwit.control.simulate;

import io.godwit.control.balance.BalanceSettings;
import io.godwit.control.balance.BalanceSettings.Policy;
import io.godwit.control.balance.Decision;
import io.godwit.control.balance.Measure;
import io.godwit.control.balance.Move;
import io.godwit.control.inventory.Host;
import io.godwit.control.inventory.HostState;
import io.godwit.control.inventory.Inventory;
import io.godwit.control.inventory.Rule;
import io.godwit.control.inventory.Rule.Kind;
import io.godwit.control.inventory.Vm;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What must hold after each step, computed from the truth and from nothing that planned it. */
final class Invariants {
    private final Truth truth;
    private final List<Rule> strict;
    private final Map<String, Long> overMemoryBytes = new HashMap<>();
    private final Map<String, Long> movedAtMs = new HashMap<>();
    private Set<String> broken;

    Invariants(Truth truth, List<Rule> rules) {
        this.truth = truth;
        this.strict = rules.stream().filter(Rule::strict).toList();
        this.broken = brokenRules();
        truth.inventory().hosts().forEach(host -> overMemoryBytes.put(host.name(), Math.max(0, over(host))));
    }

    /**
     * After anything that planned moves did.
     *
     * @return what is violated, in sentences
     */
    List<String> check() {
        List<String> violations = new ArrayList<>();
        checkPlaces(violations);
        for (Host host : truth.inventory().hosts()) {
            long over = over(host);
            if (over > overMemoryBytes.getOrDefault(host.name(), 0L)) {
                violations.add("host " + host.name() + " is over its memory by " + over + " bytes");
            }
            overMemoryBytes.put(host.name(), Math.max(0, over));
        }
        Set<String> now = brokenRules();
        for (String rule : now) {
            if (!broken.contains(rule)) {
                violations.add(rule);
            }
        }
        broken = now;
        return violations;
    }

    /** After something that nobody planned: what it broke is no move's fault. */
    void excuse() {
        broken = brokenRules();
    }

    private void checkPlaces(List<String> violations) {
        Map<String, String> seen = new HashMap<>();
        truth.executing()
                .forEach((host, vms) -> vms.forEach(vm -> {
                    String other = seen.put(vm, host);
                    if (other != null) {
                        violations.add("VM " + vm + " runs on hosts " + other + " and " + host);
                    }
                }));
        truth.inventory().vms().stream()
                .filter(vm -> seen.containsKey(vm.name()) == truth.waiting().contains(vm.name()))
                .forEach(vm -> violations.add("VM " + vm.name() + " is lost"));
    }

    private long over(Host host) {
        long usedBytes = -host.memoryBytes();
        for (String vm : truth.at(host.name())) {
            usedBytes += memoryBytes(vm);
        }
        for (Flight flight : truth.flights()) {
            if (flight.to().equals(host.name())) {
                usedBytes += memoryBytes(flight.vm());
            }
        }
        return usedBytes;
    }

    private long memoryBytes(String name) {
        Vm vm = truth.inventory().vm(name);
        return vm == null ? 0 : vm.memoryBytes();
    }

    /** A VM under way counts at both ends for company it must not have, and where it goes for company it must. */
    private Set<String> brokenRules() {
        Map<String, Set<String>> ends = new HashMap<>();
        Map<String, String> going = new HashMap<>();
        truth.executing()
                .forEach((host, vms) -> vms.forEach(vm -> {
                    ends.computeIfAbsent(vm, any -> new HashSet<>()).add(host);
                    going.put(vm, host);
                }));
        for (Flight flight : truth.flights()) {
            ends.computeIfAbsent(flight.vm(), any -> new HashSet<>()).add(flight.to());
            going.put(flight.vm(), flight.to());
        }
        Set<String> found = new TreeSet<>();
        for (Rule rule : strict) {
            Set<String> hosts = new HashSet<>();
            for (String vm : rule.vms()) {
                for (String host : ends.getOrDefault(vm, Set.of())) {
                    if (!rule.allows(host) || (rule.kind() == Kind.APART && !hosts.add(host))) {
                        found.add("rule " + rule.name() + " is broken by VM " + vm + " on host " + host);
                    }
                }
            }
            Set<String> places = new TreeSet<>();
            rule.vms().stream().filter(going::containsKey).map(going::get).forEach(places::add);
            if (rule.kind() == Kind.TOGETHER && places.size() > 1) {
                found.add("rule " + rule.name() + " is broken: its VMs are on hosts " + places);
            }
        }
        return found;
    }

    /** No motion without reason, none against the brakes. To be asked before the moves begin. */
    List<String> check(long nowMs, Decision decision, BalanceSettings settings, Inventory now) {
        List<String> violations = new ArrayList<>();
        Map<String, Integer> perHost = new HashMap<>();
        truth.flights().forEach(flight -> count(perHost, flight.from(), flight.to()));
        int underWay = truth.flights().size();
        for (Move move : decision.started()) {
            Host to = truth.inventory().host(move.to());
            if (to == null || truth.state(move.to()) != HostState.UP) {
                violations.add(move + " goes to a host that is not up");
            }
            if (move.reason().isBlank() || (!move.required() && !settings.armed())) {
                violations.add(move + " has no reason");
            }
            if (!move.required() && settings.policy() == Policy.BALANCE && move.gain() <= 0) {
                violations.add(move + " gains nothing");
            }
            for (String vm : move.vms()) {
                Long before = movedAtMs.put(vm, nowMs);
                if (!move.required() && before != null && nowMs - before < settings.cooldownMs()) {
                    violations.add(move + " comes " + (nowMs - before) + " ms after the last, within the cooldown");
                }
                underWay++;
                count(perHost, move.from(), move.to());
            }
        }
        boolean single = decision.started().size() == 1 && truth.flights().isEmpty();
        if (!decision.started().isEmpty() && !single && underWay > settings.maxMigrations()) {
            violations.add(underWay + " migrations are under way, " + settings.maxMigrations() + " allowed");
        }
        perHost.forEach((host, count) -> {
            boolean touched =
                    decision.started().stream().anyMatch(move -> host.equals(move.from()) || host.equals(move.to()));
            if (touched && !single && count > settings.maxMigrationsPerHost()) {
                violations.add(
                        count + " migrations of host " + host + ", " + settings.maxMigrationsPerHost() + " allowed");
            }
        });
        checkMargin(decision, settings, now, violations);
        return violations;
    }

    private void checkMargin(Decision decision, BalanceSettings settings, Inventory now, List<String> violations) {
        boolean balances = decision.started().stream().anyMatch(move -> !move.required());
        boolean onlyThat = decision.plan().moves().stream().noneMatch(Move::required);
        if (!balances || !onlyThat || settings.policy() != Policy.BALANCE) {
            return;
        }
        Map<String, String> places = new HashMap<>();
        now.vms().stream().filter(vm -> vm.host() != null).forEach(vm -> places.put(vm.name(), vm.host()));
        truth.flights().forEach(flight -> places.put(flight.vm(), flight.to()));
        double before = imbalance(now, places);
        decision.plan().moves().forEach(move -> move.vms().forEach(vm -> places.put(vm, move.to())));
        double after = imbalance(now, places);
        if (before - after < settings.margin() * before - 1e-6 || before <= settings.threshold() - 1e-6) {
            violations.add(String.format(
                    Locale.ROOT,
                    "moves begin for a plan that brings imbalance %.4f to %.4f, threshold %.2f, margin %.2f",
                    before,
                    after,
                    settings.threshold(),
                    settings.margin()));
        }
    }

    private static void count(Map<String, Integer> perHost, @Nullable String from, String to) {
        if (from != null) {
            perHost.merge(from, 1, Integer::sum);
        }
        perHost.merge(to, 1, Integer::sum);
    }

    /** {@link Measure#LOAD} from its definition, without any sum kept. */
    static double imbalance(Inventory inventory, Map<String, String> places) {
        double imbalance = 0;
        for (Measure.Quantity quantity : Measure.LOAD.quantities()) {
            Map<String, Double> use = new HashMap<>();
            for (Vm vm : inventory.vms()) {
                String place = places.get(vm.name());
                if (place != null) {
                    use.merge(place, quantity.demand().applyAsDouble(vm), Double::sum);
                }
            }
            double[] shares = inventory.hosts().stream()
                    .filter(host -> host.state() == HostState.UP)
                    .mapToDouble(host -> use.getOrDefault(host.name(), 0.0)
                            / quantity.capacity().applyAsDouble(host))
                    .toArray();
            double mean = Arrays.stream(shares).average().orElse(0);
            double variance = Arrays.stream(shares)
                    .map(share -> (share - mean) * (share - mean))
                    .average()
                    .orElse(0);
            imbalance += quantity.weight() * Math.sqrt(variance) / Math.max(mean, Measure.LOAD.floor());
        }
        return imbalance;
    }
}
