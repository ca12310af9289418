package io.godwit.control.simulate;

import io.godwit.config.Units;
import io.godwit.control.balance.BalanceSettings;
import io.godwit.control.balance.Decision;
import io.godwit.control.balance.InFlight;
import io.godwit.control.balance.Move;
import io.godwit.control.balance.Rebalancer;
import io.godwit.control.inventory.HostState;
import io.godwit.control.inventory.Inventory;
import io.godwit.control.inventory.RuleCheck;
import io.godwit.control.placement.Admission;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;

/** Runs a scenario to its end, or to the first violation. The same scenario and seed give the same run. */
public final class Simulation {
    private static final long START_MS = 2_000;
    /** A migration takes 0.9 to 1.3 times what was predicted. */
    private static final double SHORTEST = 0.9;

    private static final double LONGEST = 1.3;

    private final Scenario scenario;
    private final Truth truth;
    private final Invariants invariants;
    private final Decider decider;
    private final SplittableRandom random;
    private final Deque<Event> events;
    private final List<String> timeline = new ArrayList<>();
    private final List<MoveRecord> records = new ArrayList<>();
    private final List<String> violations = new ArrayList<>();
    private BalanceSettings settings;
    private String lastWhy = "";
    private List<String> lastNotes = List.of();

    Simulation(Scenario scenario, Decider decider) {
        this.scenario = scenario;
        this.decider = decider;
        RuleCheck rules = RuleCheck.of(scenario.inventory());
        truth = new Truth(scenario.inventory().withRules(rules.kept()));
        invariants = new Invariants(truth, rules.kept());
        random = new SplittableRandom(scenario.seed());
        events = new ArrayDeque<>(scenario.events());
        settings = scenario.settings();
        scenario.notes().forEach(note -> tell(0, note));
        scenario.trace().problems().forEach(problem -> tell(0, problem));
        rules.conflicts().forEach(conflict -> tell(0, conflict));
    }

    public static SimulationResult run(Scenario scenario) {
        return run(scenario, Decider.of(new Rebalancer(scenario.settings())));
    }

    static SimulationResult run(Scenario scenario, Decider decider) {
        return new Simulation(scenario, decider).run();
    }

    private SimulationResult run() {
        double before = imbalance(now(0));
        violations.addAll(invariants.check());
        for (long nowMs = 0; nowMs < scenario.durationMs() && violations.isEmpty(); nowMs += scenario.roundMs()) {
            land(nowMs);
            happen(nowMs);
            if (violations.isEmpty()) {
                round(nowMs);
            }
        }
        land(scenario.durationMs());
        violations.forEach(violation -> tell(scenario.durationMs(), "VIOLATED: " + violation));
        Inventory end = now(scenario.durationMs());
        return new SimulationResult(
                timeline,
                records,
                violations,
                before,
                imbalance(end),
                Admission.of(end).survivesOneHost(),
                List.copyOf(truth.waiting()));
    }

    /** Ends what is due, in the order in which it is. */
    private void land(long nowMs) {
        truth.flights().stream()
                .filter(flight -> flight.endMs() <= nowMs)
                .sorted(Comparator.comparingLong(Flight::endMs).thenComparing(Flight::vm))
                .forEach(flight -> {
                    truth.end(flight);
                    double gained = flight.from() == null ? 0 : measuredGain(flight);
                    record(flight, gained, flight.endMs(), "completed");
                    violations.addAll(invariants.check());
                    String from = flight.from();
                    if (from != null
                            && truth.state(from).empties()
                            && truth.at(from).isEmpty()) {
                        tell(flight.endMs(), "host " + from + " is empty");
                    }
                });
    }

    private double measuredGain(Flight flight) {
        Inventory inventory = now(flight.endMs());
        Map<String, String> places = places(inventory);
        double with = Invariants.imbalance(inventory, places);
        places.put(flight.vm(), flight.from());
        return Invariants.imbalance(inventory, places) - with;
    }

    private void record(Flight flight, double measuredGain, long endMs, String outcome) {
        Move move = flight.move();
        records.add(new MoveRecord(
                flight.vm(),
                flight.from(),
                flight.to(),
                move.reason(),
                move.required(),
                move.gain(),
                move.predicted(),
                measuredGain,
                endMs - flight.startMs(),
                flight.startMs(),
                outcome));
        tell(
                endMs,
                String.format(
                        Locale.ROOT,
                        "%s %s → %s %s after %s (predicted %s), gain %.4f (expected %.4f)",
                        flight.vm(),
                        flight.from() == null ? "-" : flight.from(),
                        flight.to(),
                        outcome,
                        Units.formatMeasuredMs(endMs - flight.startMs()),
                        move.predicted().ends()
                                ? Units.formatMeasuredMs(move.predicted().durationMs())
                                : "no end",
                        measuredGain,
                        move.gain()));
    }

    private void happen(long nowMs) {
        while (!events.isEmpty() && events.peek().atMs() <= nowMs) {
            Event event = events.remove();
            tell(nowMs, (event.kind().label() + " " + event.host()).strip());
            switch (event.kind()) {
                case DRAIN -> truth.set(event.host(), HostState.DRAINING);
                case BACK -> truth.set(event.host(), HostState.UP);
                case FAIL -> fail(nowMs, event.host());
                case ARM, DISARM -> {
                    settings = settings.armed(event.kind() == Event.Kind.ARM);
                    decider.set(settings);
                }
            }
        }
    }

    private void fail(long nowMs, String host) {
        for (Flight flight : truth.flights()) {
            if (host.equals(flight.from()) || host.equals(flight.to())) {
                truth.abandon(flight);
                record(flight, 0, nowMs, "failed: host " + host + " died");
            }
        }
        List<String> lost = truth.die(host);
        invariants.excuse();
        tell(nowMs, lost.size() + " VMs of host " + host + " are to be started elsewhere");
    }

    private void round(long nowMs) {
        Inventory now = now(nowMs);
        List<InFlight> inFlight = truth.flights().stream()
                .map(flight -> new InFlight(flight.vm(), flight.from(), flight.to()))
                .toList();
        Decision decision = decider.decide(nowMs, now, inFlight);
        if (!decision.why().replaceAll("\\d", "").equals(lastWhy)) {
            lastWhy = decision.why().replaceAll("\\d", "");
            tell(nowMs, decision.why());
        }
        if (!decision.plan().notes().equals(lastNotes)) {
            lastNotes = decision.plan().notes();
            lastNotes.forEach(note -> tell(nowMs, note));
        }
        violations.addAll(invariants.check(nowMs, decision, settings, now));
        for (Move move : decision.started()) {
            tell(nowMs, "begin " + move);
            for (String vm : move.vms()) {
                truth.begin(new Flight(vm, move.from(), move.to(), move, nowMs, nowMs + takesMs(move)));
            }
            // Not before all of them are on their way: those that stay together go together.
            violations.addAll(invariants.check());
        }
    }

    /** One that does not converge is forced in the end: with ten times its memory's time. */
    private long takesMs(Move move) {
        if (move.from() == null) {
            return START_MS;
        }
        double factor = SHORTEST + random.nextDouble() * (LONGEST - SHORTEST);
        long predictedMs = move.predicted().ends() ? move.predicted().durationMs() : scenario.roundMs() * 10;
        return Math.max(1, Math.round(predictedMs * factor));
    }

    private Inventory now(long nowMs) {
        return truth.now(scenario.trace(), nowMs, scenario.traceGapMs());
    }

    private static Map<String, String> places(Inventory inventory) {
        Map<String, String> places = new HashMap<>();
        inventory.vms().stream().filter(vm -> vm.host() != null).forEach(vm -> places.put(vm.name(), vm.host()));
        return places;
    }

    private static double imbalance(Inventory inventory) {
        return Invariants.imbalance(inventory, places(inventory));
    }

    private void tell(long atMs, String what) {
        long s = atMs / 1_000;
        timeline.add(String.format(Locale.ROOT, "%02d:%02d:%02d  %s", s / 3_600, s / 60 % 60, s % 60, what));
    }
}
