package io.godwit.control.balance;

import io.godwit.config.Units;
import io.godwit.control.balance.BalanceSettings.Policy;
import io.godwit.control.inventory.Inventory;
import io.godwit.control.inventory.RuleCheck;
import io.godwit.control.inventory.Vm;
import io.godwit.control.placement.Ranking.Wishes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides, round by round, what is moved now. What has to leave its host goes at once, as many at a time as are allowed.
 * For balance nothing moves before the imbalance was above the threshold for some rounds, unless the whole plan takes a
 * margin of it away, each move wins more than it costs, and the VM has rested since its last move.
 *
 * <p>It remembers how long the imbalance lasts and when VMs were moved; a new leader begins with neither, and so moves
 * later, not more. Not thread-safe.
 */
public final class Rebalancer {
    /**
     * What a second of migrating costs, in imbalance times hosts: a move in a cluster of N hosts changes the imbalance
     * by about one N-th of what it changes at its two hosts.
     */
    private static final double COST_PER_SECOND = 0.002;

    private static final long EVALUATIONS = 20_000_000;

    private final Map<String, Long> movedAtMs = new HashMap<>();
    private BalanceSettings settings;
    private int roundsAbove;

    public Rebalancer(BalanceSettings settings) {
        this.settings = settings;
    }

    public BalanceSettings settings() {
        return settings;
    }

    public void set(BalanceSettings now) {
        settings = now;
    }

    /**
     * What is known of VMs' last moves, in place of what this one remembers: for whoever keeps that elsewhere, and does not
     * carry out all that is decided here.
     *
     * @param lastMoves when each began, by the VM's name, on the clock of {@link #decide}
     */
    public void remember(Map<String, Long> lastMoves) {
        movedAtMs.clear();
        movedAtMs.putAll(lastMoves);
    }

    /**
     * @param nowMs of any clock that does not go back
     * @param inventory with the VMs where they run
     * @param inFlight what is on its way
     */
    public Decision decide(long nowMs, Inventory inventory, List<InFlight> inFlight) {
        RuleCheck rules = RuleCheck.of(inventory);
        Inventory planned = planned(nowMs, inventory.withRules(rules.kept()), inFlight);
        Model model = new Model(planned, Measure.LOAD, Set.of());
        Model now = new Model(planned, Measure.LOAD, Set.of());
        linger(model, inventory, inFlight);
        linger(now, inventory, inFlight);
        double before = model.imbalance();
        double[] costs = costs(model);
        Descent descent = new Descent(model, costs, EVALUATIONS);
        descent.required();
        List<Step> steps = new ArrayList<>(descent.steps());
        double emptied = model.imbalance();
        roundsAbove = emptied > settings.threshold() ? roundsAbove + 1 : 0;
        double after = emptied;
        String why = brake(emptied);
        if (why.isEmpty()) {
            List<Step> wanted = forPolicy(model, costs, steps.size());
            why = judge(emptied, model.imbalance(), wanted);
            if (why.isEmpty()) {
                steps.addAll(wanted);
                after = model.imbalance();
                why = reason(emptied, after, wanted);
            }
        }
        List<String> notes = new ArrayList<>(rules.conflicts());
        notes.addAll(Planner.unplaced(planned, model, Wishes.NONE));
        Plan plan = new Plan(Planner.moves(now, steps), before, after, notes);
        return new Decision(plan, start(nowMs, now, steps, plan.moves(), inFlight), why);
    }

    /** VMs under way where they are going; those and the ones that rest stay there. */
    private Inventory planned(long nowMs, Inventory inventory, List<InFlight> inFlight) {
        Map<String, String> going = new HashMap<>();
        inFlight.forEach(vm -> going.put(vm.vm(), vm.to()));
        List<Vm> changed = new ArrayList<>();
        for (Vm vm : inventory.vms()) {
            Long moved = movedAtMs.get(vm.name());
            if (going.containsKey(vm.name())) {
                changed.add(vm.at(going.get(vm.name())).pinned("it is under way"));
            } else if (moved != null
                    && nowMs - moved < settings.cooldownMs()
                    && vm.pinned().isEmpty()) {
                changed.add(vm.pinned("it was moved " + Units.formatDurationMs(nowMs - moved) + " ago"));
            }
        }
        return inventory.withVms(changed);
    }

    private static void linger(Model model, Inventory inventory, List<InFlight> inFlight) {
        Map<String, InFlight> byVm = new HashMap<>();
        inFlight.forEach(vm -> byVm.put(vm.vm(), vm));
        Map<String, Integer> hosts = new HashMap<>();
        for (int host = 0; host < model.hosts(); host++) {
            hosts.put(model.host(host).name(), host);
        }
        for (int item = 0; item < model.items(); item++) {
            for (Vm vm : model.vms(item)) {
                InFlight flight = byVm.get(vm.name());
                if (flight != null && flight.from() != null && inventory.host(flight.from()) != null) {
                    model.lingers(item, hosts.getOrDefault(flight.from(), 0), vm.memoryBytes());
                }
            }
        }
    }

    /** In the score's unit; none are moved for balance that would not arrive. */
    private static double[] costs(Model model) {
        double[] costs = new double[model.items()];
        Arrays.setAll(costs, item -> {
            int home = model.home(item);
            if (home == Model.NOWHERE) {
                return 0;
            }
            Cost cost = Cost.predicted(model.vms(item), model.host(home), model.host(home));
            return cost.ends() ? COST_PER_SECOND * cost.durationMs() / 1_000 / model.hosts() : Double.POSITIVE_INFINITY;
        });
        return costs;
    }

    private String brake(double imbalance) {
        if (!settings.armed()) {
            return "disarmed";
        }
        if (settings.policy() == Policy.CONSOLIDATE) {
            return "";
        }
        if (roundsAbove == 0) {
            return String.format(Locale.ROOT, "imbalance %.3f is not above %.3f", imbalance, settings.threshold());
        }
        return roundsAbove < settings.holdRounds()
                ? "above the threshold for " + roundsAbove + " of " + settings.holdRounds() + " rounds"
                : "";
    }

    private List<Step> forPolicy(Model model, double[] costs, int requiredSteps) {
        if (settings.policy() == Policy.CONSOLIDATE) {
            Consolidation consolidation = new Consolidation(model, costs);
            consolidation.run();
            return consolidation.steps();
        }
        Descent descent = new Descent(model, costs, EVALUATIONS);
        descent.balance(Math.max(0, 1_000 - requiredSteps));
        return descent.steps();
    }

    /** Why a plan is not begun; empty if it is. */
    private String judge(double before, double after, List<Step> wanted) {
        if (wanted.isEmpty()) {
            return "no move wins more than it costs";
        }
        if (settings.policy() == Policy.BALANCE && before - after < settings.margin() * before) {
            return String.format(
                    Locale.ROOT,
                    "the best plan brings imbalance %.3f to %.3f, less than the margin of %.0f %%",
                    before,
                    after,
                    settings.margin() * 100);
        }
        return "";
    }

    private String reason(double before, double after, List<Step> wanted) {
        String what = settings.policy() == Policy.CONSOLIDATE
                ? String.format(Locale.ROOT, "%d moves empty hosts", wanted.size())
                : String.format(Locale.ROOT, "%d moves bring imbalance %.3f to %.3f", wanted.size(), before, after);
        return settings.recommendOnly() ? what + " (recommended only)" : what;
    }

    /** As many as are allowed and fit beside what has not ended yet. */
    private List<Move> start(long nowMs, Model now, List<Step> steps, List<Move> moves, List<InFlight> inFlight) {
        Map<String, Integer> perHost = new HashMap<>();
        Set<String> flying = new HashSet<>();
        int underWay = inFlight.size();
        for (InFlight flight : inFlight) {
            flying.add(flight.vm());
            count(perHost, flight.from(), 1);
            count(perHost, flight.to(), 1);
        }
        List<Move> started = new ArrayList<>();
        for (int i = 0; i < steps.size() && underWay < settings.maxMigrations(); i++) {
            Step step = steps.get(i);
            Move move = moves.get(i);
            int vms = move.vms().size();
            boolean allowed = (move.required() || !settings.recommendOnly())
                    && move.vms().stream().noneMatch(flying::contains);
            boolean alone = underWay == 0 && vms > 1;
            boolean fits = underWay + vms <= settings.maxMigrations()
                    && perHost.getOrDefault(move.to(), 0) + vms <= settings.maxMigrationsPerHost()
                    && (move.from() == null
                            || perHost.getOrDefault(move.from(), 0) + vms <= settings.maxMigrationsPerHost());
            if (allowed
                    && (fits || alone)
                    && now.place(step.item()) == step.from()
                    && now.admits(step.item(), step.to())) {
                now.depart(step.item(), step.to());
                underWay += vms;
                count(perHost, move.from(), vms);
                count(perHost, move.to(), vms);
                move.vms().forEach(vm -> movedAtMs.put(vm, nowMs));
                flying.addAll(move.vms()); // a plan may take a VM on from where it first puts it
                started.add(move);
                if (!fits) {
                    return started; // more than the limits allow at once, so nothing beside it
                }
            }
        }
        return started;
    }

    private static void count(Map<String, Integer> perHost, @Nullable String host, int vms) {
        if (host != null) {
            perHost.merge(host, vms, Integer::sum);
        }
    }
}
