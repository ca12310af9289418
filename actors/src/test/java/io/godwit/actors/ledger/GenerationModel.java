package io.godwit.actors.ledger;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Voters that come, go, are cut off from each other and have their ledger made anew, by the rules of {@link VoterSet},
 * {@link Generation} and {@link RecoveryCase}. Agreement is one step: an entry is on the disks of a majority, or it is not.
 */
final class GenerationModel {
    /** @param asksFirst whether a voter asks the others before it serves */
    record Rules(boolean asksFirst) {}

    static final class Host {
        VoterSet known;
        boolean up = true;
        final Map<Generation, List<Integer>> logs = new LinkedHashMap<>();

        Optional<Generation> serves(String id) {
            return up && known.voter(id).isPresent() ? Optional.of(known.generation()) : Optional.empty();
        }
    }

    final Map<String, Host> hosts = new TreeMap<>();
    final Set<Set<String>> cuts = new LinkedHashSet<>();
    /** What was agreed on, in its order: by which generation, and by whom. */
    final List<Agreed> agreed = new ArrayList<>();

    private final Rules rules;
    private final SplittableRandom random;
    private int entries;

    record Agreed(Generation generation, int entry, Set<String> by) {}

    GenerationModel(Rules rules, int voters, SplittableRandom random) {
        this.rules = rules;
        this.random = random;
        List<LedgerSettings.Voter> all = new ArrayList<>();
        for (int i = 0; i < voters; i++) {
            all.add(new LedgerSettings.Voter("host" + i, "10.0.0." + i, 7_402));
        }
        for (LedgerSettings.Voter voter : all) {
            Host host = new Host();
            host.known = new VoterSet(VoterSet.BOOTSTRAP, all);
            hosts.put(voter.id(), host);
        }
    }

    boolean reach(String one, String other) {
        return hosts.get(one).up && hosts.get(other).up && !cuts.contains(Set.of(one, other));
    }

    void stop(String id) {
        hosts.get(id).up = false;
    }

    void start(String id) {
        Host host = hosts.get(id);
        host.up = true;
        if (rules.asksFirst()) {
            host.known.voters().forEach(voter -> contact(id, voter.id()));
        }
    }

    /** Either learns what the other knows: by what it is told, or by asking one that is not in its group. */
    void contact(String one, String other) {
        if (!one.equals(other) && reach(one, other)) {
            Host first = hosts.get(one);
            Host second = hosts.get(other);
            if (second.known.isLaterThan(first.known)) {
                first.known = second.known;
            } else if (first.known.isLaterThan(second.known)) {
                second.known = first.known;
            }
        }
    }

    /** Those that a voter could be elected by and agree with just now. */
    private Set<String> group(String leader) {
        Set<String> group = new TreeSet<>(Set.of(leader));
        Host leads = hosts.get(leader);
        leads.known.voters().stream()
                .map(LedgerSettings.Voter::id)
                .filter(id -> !id.equals(leader) && reach(leader, id))
                .filter(id -> hosts.get(id).serves(id).equals(leads.serves(leader)))
                .forEach(group::add);
        return group;
    }

    boolean hasQuorum(String leader) {
        Host leads = hosts.get(leader);
        return leads.serves(leader).isPresent()
                && 2 * group(leader).size() > leads.known.voters().size();
    }

    /** An entry that a majority of the voter's generation agrees on, if there is one. */
    void agree(String leader) {
        if (!hasQuorum(leader)) {
            return;
        }
        Generation generation = hosts.get(leader).known.generation();
        List<Integer> longest = List.of();
        for (String id : group(leader)) {
            List<Integer> log = hosts.get(id).logs.getOrDefault(generation, List.of());
            longest = log.size() > longest.size() ? log : longest;
        }
        List<Integer> after = new ArrayList<>(longest);
        after.add(++entries);
        Set<String> by = new TreeSet<>(group(leader));
        while (2 * (by.size() - 1) > hosts.get(leader).known.voters().size() && random.nextBoolean()) {
            by.remove(by.stream().filter(id -> !id.equals(leader)).findFirst().orElseThrow());
        }
        by.forEach(id -> hosts.get(id).logs.put(generation, List.copyOf(after)));
        agreed.add(new Agreed(generation, entries, by));
    }

    RecoveryCase look(String from) {
        Host host = hosts.get(from);
        Map<String, Optional<VoterCopy>> others = new TreeMap<>();
        host.known.voters().stream()
                .map(LedgerSettings.Voter::id)
                .filter(id -> !id.equals(from))
                .forEach(id -> others.put(
                        id,
                        reach(from, id)
                                ? Optional.of(copy(hosts.get(id), host.known.generation()))
                                : Optional.empty()));
        boolean quorum = hasQuorum(from) || others.keySet().stream().anyMatch(id -> reach(from, id) && hasQuorum(id));
        return new RecoveryCase(
                from,
                host.known,
                quorum,
                copy(host, host.known.generation()),
                -1,
                Optional.empty(),
                List.of(),
                0,
                others,
                Set.of());
    }

    private static VoterCopy copy(Host host, Generation generation) {
        return new VoterCopy(1, host.logs.getOrDefault(generation, List.of()).size() - 1);
    }

    /** Where nothing stands against it. */
    boolean recover(String from, Set<String> lost) {
        Host host = hosts.get(from);
        if (host.serves(from).isEmpty() || !look(from).objections(lost).isEmpty()) {
            return false;
        }
        Generation before = host.known.generation();
        Generation next = before.next(random);
        host.logs.put(next, host.logs.getOrDefault(before, List.of()));
        host.known = new VoterSet(
                next, VoterSet.BOOTSTRAP, List.of(host.known.voter(from).orElseThrow()));
        return true;
    }
}
