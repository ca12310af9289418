package io.godwit.control.balance;

import io.godwit.control.inventory.Host;
import io.godwit.control.inventory.Inventory;
import io.godwit.control.inventory.RuleCheck;
import io.godwit.control.inventory.Vm;
import io.godwit.control.placement.Filter;
import io.godwit.control.placement.Occupancy;
import io.godwit.control.placement.Ranking;
import io.godwit.control.placement.Ranking.Wishes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The whole way to a balanced cluster, at once. */
public final class Planner {
    /** About a second and a half of one core. */
    private static final long DESCENT_EVALUATIONS = 60_000_000;

    private static final long REFINEMENT_EVALUATIONS = 12_000_000;

    private Planner() {}

    /**
     * Empties what is to be emptied, mends what rules are broken and balances the rest with as few moves as that takes.
     *
     * @param skipped filters to go without
     */
    public static Plan plan(Inventory inventory, Measure measure, Set<Filter> skipped) {
        RuleCheck rules = RuleCheck.of(inventory);
        Inventory checked = inventory.withRules(rules.kept());
        Model start = new Model(checked, measure, skipped);
        double before = start.imbalance();
        Model end = new Model(checked, measure, skipped);
        Descent descent = new Descent(end, new double[end.items()], DESCENT_EVALUATIONS);
        descent.required();
        descent.balance(Integer.MAX_VALUE);
        new Refinement(end, REFINEMENT_EVALUATIONS).run();
        List<Step> steps = Sequence.of(start, end);
        List<String> notes = new ArrayList<>(rules.conflicts());
        notes.addAll(unplaced(checked, start, new Wishes(Optional.empty(), skipped)));
        return new Plan(moves(start, steps), before, start.imbalance(), notes);
    }

    /** The imbalance of an inventory as it is. */
    public static double imbalance(Inventory inventory, Measure measure) {
        return new Model(inventory, measure, Set.of()).imbalance();
    }

    static List<Move> moves(Model model, List<Step> steps) {
        return steps.stream().map(step -> move(model, step)).toList();
    }

    private static Move move(Model model, Step step) {
        List<Vm> vms = model.vms(step.item());
        Host from = step.from() == Model.NOWHERE ? null : model.host(step.from());
        Host to = model.host(step.to());
        String reason;
        if (from == null) {
            reason = "it runs nowhere";
        } else if (from.state().empties()) {
            reason = "host " + from.name() + " is " + from.state().label();
        } else if (step.required()) {
            reason = "rules ask for it";
        } else {
            reason = "balance";
        }
        return new Move(
                vms.stream().map(Vm::name).toList(),
                from == null ? null : from.name(),
                to.name(),
                step.required(),
                step.gain(),
                from == null ? Cost.NONE : Cost.predicted(vms, from, to),
                reason);
    }

    /** Why what has to leave its host stays there. */
    static List<String> unplaced(Inventory inventory, Model end, Wishes wishes) {
        List<String> notes = new ArrayList<>();
        Occupancy occupancy = null;
        for (int item = 0; item < end.items(); item++) {
            if (end.isMisplaced(item) && !end.isDisplaced(item)) {
                occupancy = occupancy == null ? occupancy(inventory, end) : occupancy;
                for (Vm vm : end.vms(item)) {
                    notes.add("VM " + vm.name() + " finds no host: "
                            + String.join(
                                    "; ", Ranking.of(vm, occupancy, wishes).reasons()));
                }
            }
        }
        return notes;
    }

    private static Occupancy occupancy(Inventory inventory, Model end) {
        Occupancy occupancy = new Occupancy(inventory);
        for (int item = 0; item < end.items(); item++) {
            if (end.isDisplaced(item)) {
                String host = end.host(end.place(item)).name();
                end.vms(item).forEach(vm -> occupancy.put(vm, host));
            }
        }
        return occupancy;
    }
}
