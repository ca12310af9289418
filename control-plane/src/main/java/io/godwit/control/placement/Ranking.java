package io.godwit.control.placement;

import io.godwit.config.InvalidValueException;
import io.godwit.control.inventory.Host;
import io.godwit.control.inventory.Vm;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Where a VM may go, the best first, and why not elsewhere.
 *
 * <p>The order: the host that was asked for; preferences met; the load that the fuller of its memory and CPUs would
 * have with the VM; the name.
 *
 * @param hosts that may take it
 * @param refusals of all others
 */
public record Ranking(List<String> hosts, List<Refusal> refusals) {
    /** @param reason of the first filter that says no, as {@code filter} is named */
    public record Refusal(String host, Filter filter, String reason) {
        @Override
        public String toString() {
            return "host " + host + ": " + reason;
        }
    }

    /**
     * What an operator asks for.
     *
     * @param preferHost taken where it may be; a host that refuses is no error
     * @param skipped filters to go without
     */
    public record Wishes(Optional<String> preferHost, Set<Filter> skipped) {
        public static final Wishes NONE = new Wishes(Optional.empty(), Set.of());

        public Wishes {
            for (Filter filter : skipped) {
                if (!filter.skippable()) {
                    throw new InvalidValueException("skip", filter.label(), "cpu-features or kernel");
                }
            }
            skipped = Set.copyOf(skipped);
        }
    }

    private record Candidate(String host, boolean asked, int preference, double load) {}

    private static final Comparator<Candidate> BEST_FIRST = Comparator.comparing(Candidate::asked)
            .thenComparing(Candidate::preference)
            .reversed()
            .thenComparing(Candidate::load)
            .thenComparing(Candidate::host);

    public Ranking {
        hosts = List.copyOf(hosts);
        refusals = List.copyOf(refusals);
    }

    /** All hosts but the one it is on. */
    public static Ranking of(Vm vm, Occupancy occupancy, Wishes wishes) {
        Set<Filter> filters = EnumSet.allOf(Filter.class);
        filters.removeAll(wishes.skipped());
        List<Candidate> candidates = new ArrayList<>();
        List<Refusal> refusals = new ArrayList<>();
        for (Host host : occupancy.inventory().hosts()) {
            if (host.name().equals(occupancy.place(vm.name()))) {
                continue;
            }
            Optional<Refusal> refusal = refusal(vm, host, occupancy, filters);
            if (refusal.isPresent()) {
                refusals.add(refusal.get());
            } else {
                candidates.add(new Candidate(
                        host.name(),
                        wishes.preferHost().equals(Optional.of(host.name())),
                        occupancy.preference(vm, host.name()),
                        load(vm, host, occupancy)));
            }
        }
        candidates.sort(BEST_FIRST);
        return new Ranking(candidates.stream().map(Candidate::host).toList(), refusals);
    }

    public static Optional<Refusal> refusal(Vm vm, Host host, Occupancy occupancy, Set<Filter> filters) {
        for (Filter filter : filters) {
            String reason = filter.refusal(vm, host, occupancy);
            if (!reason.isEmpty()) {
                return Optional.of(new Refusal(host.name(), filter, reason));
            }
        }
        return Optional.empty();
    }

    /** Of each of the filters that says no. */
    static List<Refusal> refusals(Vm vm, Host host, Occupancy occupancy, Set<Filter> filters) {
        return filters.stream()
                .flatMap(filter -> refusal(vm, host, occupancy, EnumSet.of(filter)).stream())
                .toList();
    }

    private static double load(Vm vm, Host host, Occupancy occupancy) {
        long leftBytes =
                occupancy.freeMemoryBytes(host.name()) - occupancy.promisedBytes(host.name()) - vm.memoryBytes();
        double memory = 1 - (double) leftBytes / Math.max(host.memoryBytes(), 1);
        double cpu = (occupancy.busyCores(host.name()) + vm.load().cpuCores()) / (host.cpus() * host.cpuSpeed());
        return Math.max(memory, cpu);
    }

    public Optional<String> best() {
        return hosts.stream().findFirst();
    }

    /** One sentence for each host that refuses. */
    public List<String> reasons() {
        return refusals.stream().map(Refusal::toString).toList();
    }
}
