package io.godwit.actors.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Lost voters that come back at any time, in any order, some with the survivor out of reach. */
class GenerationSimulationTest {
    private static final int SEEDS = 3_000;
    private static final int STEPS = 60;
    private static final GenerationModel.Rules AS_BUILT = new GenerationModel.Rules(true);

    @Test
    void shouldNeverAgreeInTheOldGenerationAgainWhereWhoComesBackReachesTheFounder() {
        int recoveries = 0;
        for (long seed = 0; seed < SEEDS; seed++) {
            recoveries += honest(AS_BUILT, seed).isEmpty() ? 0 : 1;
        }
        assertThat(recoveries).as("runs in which the ledger was made anew").isGreaterThan(SEEDS / 10);
    }

    @Test
    void shouldFindTheOldMajorityAtWorkWhereVotersDoNotAskFirst() {
        int found = 0;
        for (long seed = 0; seed < SEEDS; seed++) {
            try {
                honest(new GenerationModel.Rules(false), seed);
            } catch (AssertionError broken) {
                found++;
            }
        }
        assertThat(found).as("runs in which the rule was missed").isPositive();
    }

    @Test
    void shouldLoseNothingThatTheFounderWasPartOf() {
        for (long seed = 0; seed < SEEDS; seed++) {
            String run = "seed " + seed;
            GenerationModel model = model(AS_BUILT, seed);
            for (Recovered made : run(model, new SplittableRandom(seed), true)) {
                Set<Integer> kept = new HashSet<>(
                        model.hosts.get(made.from()).logs.get(made.next().generation()));
                assertThat(kept).as(run).containsAll(made.owed());
            }
        }
    }

    @Test
    void shouldComeToOneLedgerWhenAllReachEachOther() {
        for (long seed = 0; seed < SEEDS; seed++) {
            String run = "seed " + seed;
            GenerationModel model = model(AS_BUILT, seed);
            run(model, new SplittableRandom(seed), false);
            model.cuts.clear();
            model.hosts.keySet().forEach(model::start);
            for (int round = 0; round < 3; round++) {
                model.hosts.keySet().forEach(one -> model.hosts.keySet().forEach(other -> model.contact(one, other)));
            }

            Set<Integer> numbers = model.hosts.values().stream()
                    .map(host -> host.known.generation().number())
                    .collect(Collectors.toSet());
            assertThat(numbers).as(run).hasSize(1);
            Set<Generation> generations = model.hosts.values().stream()
                    .map(host -> host.known.generation())
                    .collect(Collectors.toSet());
            if (generations.size() > 1) {
                // Two operators made it anew on two sides of a cut. It is seen, and one of them makes an end of it.
                List<Generation> two = List.copyOf(generations);
                assertThat(two.get(0).contradicts(two.get(1))).as(run).isTrue();
            }
        }
    }

    private record Recovered(String from, VoterSet next, Set<Integer> owed) {}

    private static GenerationModel model(GenerationModel.Rules rules, long seed) {
        SplittableRandom random = new SplittableRandom(~seed);
        return new GenerationModel(rules, random.nextBoolean() ? 3 : 5, random);
    }

    /** A host that is down comes back only where it reaches all that are up: none is said to be lost that lives. */
    private static List<Recovered> honest(GenerationModel.Rules rules, long seed) {
        GenerationModel model = model(rules, seed);
        List<Recovered> made = run(model, new SplittableRandom(seed), true);
        int last = 0;
        for (GenerationModel.Agreed agreed : model.agreed) {
            assertThat(agreed.generation().number())
                    .as("seed %d: entry %d, agreed on by %s", seed, agreed.entry(), agreed.by())
                    .isGreaterThanOrEqualTo(last);
            last = agreed.generation().number();
        }
        return made;
    }

    private static List<Recovered> run(GenerationModel model, SplittableRandom random, boolean honest) {
        List<String> ids = List.copyOf(model.hosts.keySet());
        List<Recovered> made = new ArrayList<>();
        for (int step = 0; step < STEPS; step++) {
            String id = ids.get(random.nextInt(ids.size()));
            String other = ids.get(random.nextInt(ids.size()));
            switch (random.nextInt(honest ? 6 : 8)) {
                case 0 -> model.stop(id);
                case 1 -> comeBack(model, id, honest);
                case 2 -> model.contact(id, other);
                case 3, 4 -> model.agree(id);
                case 5 -> recover(model, id).ifPresent(made::add);
                case 6 -> {
                    if (!id.equals(other)) {
                        model.cuts.add(Set.of(id, other));
                    }
                }
                default -> model.cuts.clear();
            }
        }
        return made;
    }

    /** Where the operator was honest, the founder of the last generation is there when the others come back. */
    private static void comeBack(GenerationModel model, String id, boolean honest) {
        int latest = model.hosts.values().stream()
                .mapToInt(host -> host.known.generation().number())
                .max()
                .orElseThrow();
        boolean told = model.hosts.entrySet().stream()
                .anyMatch(host -> host.getValue().up
                        && host.getValue().known.generation().number() == latest
                        && model.hosts.get(id).known.voter(host.getKey()).isPresent());
        boolean knows = model.hosts.get(id).known.generation().number() == latest;
        if (!honest || told || knows) {
            model.start(id);
        }
    }

    private static Optional<Recovered> recover(GenerationModel model, String from) {
        if (!model.hosts.get(from).up) {
            return Optional.empty();
        }
        Generation before = model.hosts.get(from).known.generation();
        Set<Integer> owed = model.agreed.stream()
                .filter(agreed ->
                        agreed.generation().equals(before) && agreed.by().contains(from))
                .map(GenerationModel.Agreed::entry)
                .collect(Collectors.toSet());
        return model.recover(from, new TreeSet<>(model.look(from).silent()))
                ? Optional.of(new Recovered(from, model.hosts.get(from).known, owed))
                : Optional.empty();
    }
}
