package io.godwit.control.simulate;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.control.balance.BalanceSettings;
import io.godwit.control.balance.BalanceSettings.Policy;
import io.godwit.control.balance.Decision;
import io.godwit.control.balance.InFlight;
import io.godwit.control.balance.Move;
import io.godwit.control.balance.Rebalancer;
import io.godwit.control.ganeti.GanetiInventory;
import io.godwit.control.ganeti.GeneratedCluster;
import io.godwit.control.inventory.Host;
import io.godwit.control.inventory.HostState;
import io.godwit.control.inventory.Inventory;
import io.godwit.control.inventory.Load;
import io.godwit.control.inventory.Rule;
import io.godwit.control.inventory.Rule.Kind;
import io.godwit.control.inventory.Vm;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A failing seed is told with its timeline. */
@Timeout(300)
class SimulationTest {
    private static final long HOUR_MS = 3_600_000;

    private static Scenario scenario(
            Inventory inventory, BalanceSettings settings, long seed, LoadTrace trace, Event... events) {
        return new Scenario(
                inventory,
                settings,
                seed,
                24 * HOUR_MS,
                30_000,
                trace,
                Scenario.DEFAULT_TRACE_GAP_MS,
                List.of(events),
                List.of());
    }

    private static String told(long seed, SimulationResult result) {
        return "seed " + seed + "\n" + String.join("\n", result.timeline());
    }

    /** Rules that the places drawn do not break yet. */
    private static Inventory withRules(Inventory inventory, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<Rule> rules = new ArrayList<>();
        inventory.byHost().forEach((host, vms) -> {
            if (vms.size() > 3 && rules.size() < 20) {
                TreeSet<String> pair =
                        new TreeSet<>(Set.of(vms.get(0).name(), vms.get(1).name()));
                rules.add(new Rule("pair-" + host, Kind.TOGETHER, true, pair, new TreeSet<>()));
            }
        });
        List<List<Vm>> byHost = new ArrayList<>(inventory.byHost().values());
        for (int i = 0; i < 10; i++) {
            TreeSet<String> spread = new TreeSet<>();
            for (List<Vm> vms : byHost) {
                if (vms.size() > 2 && spread.size() < 4 && random.nextBoolean()) {
                    spread.add(vms.get(2 + random.nextInt(vms.size() - 2)).name());
                }
            }
            if (spread.size() > 1) {
                rules.add(new Rule("spread-" + i, Kind.APART, true, spread, new TreeSet<>()));
            }
        }
        return Inventory.of(inventory.hosts(), inventory.vms(), rules);
    }

    @Test
    void shouldMoveNoVmTwiceInADayOfConstantLoad() {
        for (long seed = 0; seed < 2; seed++) {
            Inventory inventory = GanetiInventory.of(GeneratedCluster.of(seed, 20, 200));

            SimulationResult result =
                    Simulation.run(scenario(inventory, BalanceSettings.DEFAULT, seed, LoadTrace.NONE));

            assertThat(result.violations()).as(told(seed, result)).isEmpty();
            assertThat(result.moves()).as(told(seed, result)).isNotEmpty();
            assertThat(result.imbalanceAfter()).as(told(seed, result)).isLessThan(BalanceSettings.DEFAULT.threshold());
            String told = told(seed, result);
            Set<String> moved = new HashSet<>();
            result.moves()
                    .forEach(move -> assertThat(moved.add(move.vm()))
                            .as(move.vm() + " twice; " + told)
                            .isTrue());
        }
    }

    @Test
    void shouldEmptyAHostOfFiftyWithoutBreakingARuleOrFillingAHostInAnyStep() {
        for (long seed = 0; seed < 2; seed++) {
            Inventory inventory = withRules(GanetiInventory.of(GeneratedCluster.of(seed, 50, 500)), seed);
            Event drain = new Event(HOUR_MS / 6, Event.Kind.DRAIN, "host0003");
            Scenario scenario = new Scenario(
                    inventory,
                    BalanceSettings.DEFAULT,
                    seed,
                    2 * HOUR_MS,
                    20_000,
                    LoadTrace.NONE,
                    HOUR_MS,
                    List.of(drain),
                    List.of());

            SimulationResult result = Simulation.run(scenario);

            assertThat(result.violations()).as(told(seed, result)).isEmpty();
            assertThat(result.timeline()).as("seed " + seed).anyMatch(line -> line.endsWith("host host0003 is empty"));
            assertThat(result.imbalanceAfter()).as("seed " + seed).isLessThanOrEqualTo(0.31);
        }
    }

    @Test
    void shouldStartTheVmsOfADeadHostElsewhereAndLoseNone() {
        for (long seed = 0; seed < 3; seed++) {
            Inventory inventory = withRules(GanetiInventory.of(GeneratedCluster.of(seed, 10, 80)), seed);

            SimulationResult result = Simulation.run(scenario(
                    inventory,
                    BalanceSettings.DEFAULT,
                    seed,
                    LoadTrace.NONE,
                    new Event(600_000, Event.Kind.FAIL, "host0001"),
                    new Event(900_000, Event.Kind.FAIL, "host0007"),
                    new Event(HOUR_MS, Event.Kind.BACK, "host0001")));

            assertThat(result.violations()).as(told(seed, result)).isEmpty();
            assertThat(result.homeless()).as(told(seed, result)).isEmpty();
        }
    }

    /** It is empty and has room for all, so whatever else chose a host by that would choose it. */
    @Test
    void shouldNeverMoveAVmToAWitnessWhateverDies() {
        for (long seed = 0; seed < 20; seed++) {
            Inventory inventory = withRules(GanetiInventory.of(GeneratedCluster.of(seed, 6, 40)), seed)
                    .withHosts(List.of(Host.of("witness", 1L << 40, 256).in(HostState.WITNESS)));

            SimulationResult result = Simulation.run(scenario(
                    inventory,
                    BalanceSettings.DEFAULT,
                    seed,
                    wild(inventory, seed, 0.6),
                    new Event(600_000, Event.Kind.FAIL, "host0001"),
                    new Event(700_000, Event.Kind.FAIL, "witness"),
                    new Event(800_000, Event.Kind.DRAIN, "host0002"),
                    new Event(900_000, Event.Kind.BACK, "witness"),
                    new Event(HOUR_MS, Event.Kind.BACK, "host0001"),
                    new Event(2 * HOUR_MS, Event.Kind.DRAIN, "witness")));

            String told = told(seed, result);
            assertThat(result.violations()).as(told).isEmpty();
            assertThat(result.moves()).as(told).isNotEmpty().noneMatch(move -> "witness".equals(move.to()));
        }
    }

    @Test
    void shouldGoOnWithLoadsThatChangeGapsAndContradictoryRules() {
        for (long seed = 0; seed < 5; seed++) {
            Inventory drawn = GanetiInventory.of(GeneratedCluster.of(seed, 8, 60));
            TreeSet<String> two = new TreeSet<>(Set.of("vm00000", "vm00001"));
            Inventory inventory = Inventory.of(
                    drawn.hosts(),
                    drawn.vms(),
                    List.of(
                            new Rule("pair", Kind.TOGETHER, true, two, new TreeSet<>()),
                            new Rule("spread", Kind.APART, true, two, new TreeSet<>())));

            SimulationResult result =
                    Simulation.run(scenario(inventory, BalanceSettings.DEFAULT, seed, wild(drawn, seed, 0.6)));

            assertThat(result.violations()).as(told(seed, result)).isEmpty();
            assertThat(result.timeline()).as("seed " + seed).anyMatch(line -> line.contains("rule spread is left out"));
        }
    }

    /** Loads that jump: now one half of the VMs is busy, now the other. */
    private static LoadTrace wild(Inventory inventory, long seed, double everySample) {
        SplittableRandom random = new SplittableRandom(seed);
        Map<String, NavigableMap<Long, Load>> samples = new HashMap<>();
        for (Vm vm : inventory.vms()) {
            TreeMap<Long, Load> own = new TreeMap<>();
            for (long atMs = 0; atMs < 24 * HOUR_MS; atMs += 300_000) {
                if (random.nextDouble() < everySample) {
                    boolean busy = atMs / (2 * HOUR_MS) % 2 == (vm.host().hashCode() & 1);
                    double cores = vm.vcpus() * (busy ? 0.9 : 0.05) * random.nextDouble(0.9, 1);
                    own.put(atMs, new Load(cores, busy ? 50L << 20 : 0, true));
                }
            }
            samples.put(vm.name(), own);
        }
        return new LoadTrace(samples, List.of());
    }

    @Test
    void shouldReplayARunFromItsSeed() {
        Inventory inventory = GanetiInventory.of(GeneratedCluster.of(4, 10, 90));

        assertThat(Simulation.run(Scenario.of(inventory, 4))).isEqualTo(Simulation.run(Scenario.of(inventory, 4)));
        assertThat(Simulation.run(Scenario.of(inventory, 4)).timeline())
                .isNotEqualTo(Simulation.run(Scenario.of(inventory, 5)).timeline());
    }

    @Test
    void shouldRecordWhatWasExpectedOfAMoveAndWhatItWas() {
        Inventory inventory = GanetiInventory.of(GeneratedCluster.of(4, 10, 90));

        SimulationResult result = Simulation.run(Scenario.of(inventory, 4));

        assertThat(result.moves()).isNotEmpty().allSatisfy(move -> {
            assertThat(move.gain()).isPositive();
            assertThat(move.measuredGain()).isPositive();
            assertThat(move.predicted().durationMs()).isPositive();
            assertThat(move.measuredMs())
                    .isBetween(
                            move.predicted().durationMs() * 9 / 10 - 1,
                            move.predicted().durationMs() * 13 / 10 + 1);
            assertThat(move.reason()).isEqualTo("balance");
        });
    }

    @Test
    void shouldMoveNothingUnaskedWhileDisarmed() {
        Inventory inventory = GanetiInventory.of(GeneratedCluster.of(4, 10, 90));

        SimulationResult result = Simulation.run(
                scenario(inventory, BalanceSettings.DEFAULT, 4, LoadTrace.NONE, new Event(0, Event.Kind.DISARM, "")));

        assertThat(result.moves()).isEmpty();
    }

    /** Decides by other settings than those it has to keep. */
    private static SimulationResult mistaken(BalanceSettings wrong) {
        Inventory inventory = GanetiInventory.of(GeneratedCluster.of(6, 8, 60));
        Scenario scenario = scenario(inventory, BalanceSettings.DEFAULT, 6, wild(inventory, 6, 1));
        return Simulation.run(scenario, Decider.of(new Rebalancer(wrong)));
    }

    private static BalanceSettings with(double threshold, double margin, long cooldownMs, int migrations) {
        return new BalanceSettings(
                Policy.BALANCE, threshold, 1, margin, cooldownMs, migrations, migrations, true, false);
    }

    /** Two hosts whose pinned VMs are busy in turn, ten minutes each, with VMs between them that gain from each turn. */
    private static SimulationResult seesaw(BalanceSettings decidesBy) {
        List<Vm> vms = new ArrayList<>();
        Map<String, NavigableMap<Long, Load>> samples = new HashMap<>();
        for (String host : List.of("a", "b")) {
            vms.add(Vm.of("busy-" + host, host, 64L << 20, 10, Load.NONE).pinned("it stays"));
            vms.add(Vm.of("free-" + host, "a", 64L << 20, 2, new Load(2, 0, true)));
            TreeMap<Long, Load> own = new TreeMap<>();
            for (long turn = 0; turn < 144; turn++) {
                own.put(turn * 600_000, new Load((turn % 2 == 0) == host.equals("a") ? 10 : 0, 0, true));
            }
            samples.put("busy-" + host, own);
        }
        Inventory inventory =
                Inventory.of(List.of(Host.of("a", 64L << 30, 16), Host.of("b", 64L << 30, 16)), vms, List.of());
        Scenario scenario = scenario(inventory, BalanceSettings.DEFAULT, 1, new LoadTrace(samples, List.of()));
        return Simulation.run(scenario, Decider.of(new Rebalancer(decidesBy)));
    }

    @Test
    void shouldLetVmsRestWhateverWouldBeGained() {
        SimulationResult result = seesaw(BalanceSettings.DEFAULT);

        assertThat(result.violations()).as(told(1, result)).isEmpty();
        assertThat(result.moves()).as(told(1, result)).isNotEmpty();
    }

    @Test
    void shouldCatchASchedulerWithoutACooldown() {
        assertThat(seesaw(with(0.3, 0.1, 0, 2)).violations())
                .anyMatch(violation -> violation.contains("within the cooldown"));
    }

    @Test
    void shouldCatchASchedulerWithoutAMargin() {
        assertThat(mistaken(with(0, 0, HOUR_MS, 2)).violations())
                .anyMatch(violation -> violation.contains("moves begin for a plan that brings"));
    }

    @Test
    void shouldCatchASchedulerWithoutLimits() {
        assertThat(mistaken(with(0.3, 0.1, HOUR_MS, 50)).violations())
                .anyMatch(violation -> violation.contains("allowed"));
    }

    /** Sees hosts with more memory than they have, or no rules: then moves what it must not. */
    private static SimulationResult blind(boolean memory) {
        List<Vm> vms = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            vms.add(Vm.of("v" + i, i < 6 ? "a" : "b", 4L << 30, 1, new Load(i < 6 ? 2 : 0.1, 0, true)));
        }
        Rule spread = new Rule("spread", Kind.APART, true, new TreeSet<>(Set.of("v0", "v6")), new TreeSet<>());
        Rule other = new Rule("other", Kind.APART, true, new TreeSet<>(Set.of("v1", "v6")), new TreeSet<>());
        Inventory inventory = Inventory.of(
                List.of(Host.of("a", 64L << 30, 16), Host.of("b", memory ? 9L << 30 : 64L << 30, 16)),
                vms,
                List.of(spread, other));
        Rebalancer rebalancer = new Rebalancer(BalanceSettings.DEFAULT);
        Decider decider = new Decider() {
            @Override
            public Decision decide(long nowMs, Inventory seen, List<InFlight> inFlight) {
                Inventory wrong =
                        memory ? seen.withHosts(List.of(Host.of("b", 64L << 30, 16))) : seen.withRules(List.of());
                return rebalancer.decide(nowMs, wrong, inFlight);
            }

            @Override
            public void set(BalanceSettings settings) {
                rebalancer.set(settings);
            }
        };
        return Simulation.run(scenario(inventory, BalanceSettings.DEFAULT, 1, LoadTrace.NONE), decider);
    }

    @Test
    void shouldCatchASchedulerWithoutAMemoryCheck() {
        assertThat(blind(true).violations()).anyMatch(violation -> violation.startsWith("host b is over its memory"));
    }

    @Test
    void shouldCatchASchedulerWithoutRules() {
        assertThat(blind(false).violations()).anyMatch(violation -> violation.contains("is broken by VM"));
    }

    @Test
    void shouldCatchAMoveWithoutAReason() {
        Inventory inventory = GanetiInventory.of(GeneratedCluster.of(4, 10, 90));
        Rebalancer rebalancer = new Rebalancer(BalanceSettings.DEFAULT);
        Decider silent = new Decider() {
            @Override
            public Decision decide(long nowMs, Inventory seen, List<InFlight> inFlight) {
                Decision decision = rebalancer.decide(nowMs, seen, inFlight);
                List<Move> started = decision.started().stream()
                        .map(move ->
                                new Move(move.vms(), move.from(), move.to(), move.required(), -1, move.predicted(), ""))
                        .toList();
                return new Decision(decision.plan(), started, decision.why());
            }

            @Override
            public void set(BalanceSettings settings) {
                rebalancer.set(settings);
            }
        };

        assertThat(Simulation.run(Scenario.of(inventory, 4), silent).violations())
                .anyMatch(violation -> violation.endsWith("has no reason"))
                .anyMatch(violation -> violation.endsWith("gains nothing"));
    }
}
