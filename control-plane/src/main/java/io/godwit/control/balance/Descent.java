package io.godwit.control.balance;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Lowers the score by single moves, the best first: what has to leave its host, then what makes rules hold, then what
 * balances.
 *
 * <p>Small clusters are searched whole for each move. In large ones a move is looked for from the hosts with the most
 * pressure to those with the least, and among more of them when there is none.
 */
final class Descent {
    /** Items times hosts up to which all are tried for each move: 500 VMs on 100 hosts. */
    private static final long WHOLE_SEARCH = 50_000;

    private static final int NARROWEST = 8;
    /** Less than this is rounding. */
    static final double LEAST_GAIN = 1e-9;

    private final Model model;
    private final double[] costs;
    private final List<Step> steps = new ArrayList<>();
    private long evaluationsLeft;

    private Step best = new Step(Model.NOWHERE, Model.NOWHERE, Model.NOWHERE, false, 0);
    private double bestWorth;

    /**
     * @param costs of moving each item, in the score's unit; infinite for what must not be moved for balance
     * @param maxEvaluations after which it ends with what it has: the same input gives the same plan anywhere
     */
    Descent(Model model, double[] costs, long maxEvaluations) {
        this.model = model;
        this.costs = costs;
        this.evaluationsLeft = maxEvaluations;
    }

    List<Step> steps() {
        return steps;
    }

    /** Empties hosts that are to be emptied, places what is nowhere, and mends rules. Largest first: they fit worst. */
    void required() {
        int[] bySize = IntStream.range(0, model.items())
                .filter(model::isFree)
                .boxed()
                .sorted(Comparator.comparingLong(model::memoryBytes).reversed())
                .mapToInt(Integer::intValue)
                .toArray();
        for (int item : bySize) {
            if (model.isMisplaced(item) && !model.isDisplaced(item)) {
                takeBest(item, true, 0);
            }
        }
        for (int item : bySize) {
            if (model.hasCompany(item)) {
                takeBest(item, true, Model.BROKEN / 2);
            }
        }
    }

    private void takeBest(int item, boolean required, double atLeast) {
        forget();
        tryAll(item, host -> true, required);
        if (best.item() >= 0 && best.gain() > atLeast) {
            take();
        }
    }

    /** Balances, with at most so many moves. */
    void balance(int maxMoves) {
        int[] items = IntStream.range(0, model.items()).filter(model::isFree).toArray();
        int moves = 0;
        int breadth = (long) items.length * model.hosts() <= WHOLE_SEARCH ? model.hosts() : NARROWEST;
        while (moves < maxMoves && evaluationsLeft > 0) {
            forget();
            search(items, breadth);
            if (best.item() >= 0) {
                take();
                moves++;
            } else if (breadth < model.hosts()) {
                breadth *= 2;
            } else {
                return;
            }
        }
    }

    private void search(int[] items, int breadth) {
        if (breadth >= model.hosts()) {
            for (int item : items) {
                tryAll(item, host -> true, false);
            }
            return;
        }
        double[] pressures = IntStream.range(0, model.hosts())
                .mapToDouble(host -> model.isCounted(host) ? model.pressure(host) : Double.NaN)
                .toArray();
        double[] sorted =
                Arrays.stream(pressures).filter(p -> !Double.isNaN(p)).sorted().toArray();
        if (sorted.length < 2) {
            return;
        }
        double low = sorted[Math.min(breadth, sorted.length) - 1];
        double high = sorted[Math.max(sorted.length - breadth, 0)];
        for (int item : items) {
            int from = model.place(item);
            if (from >= 0 && pressures[from] >= high) {
                tryAll(item, host -> pressures[host] <= low, false);
            }
        }
    }

    private void tryAll(int item, IntPredicate hosts, boolean required) {
        double cost = required ? 0 : costs[item];
        if (Double.isInfinite(cost)) {
            return;
        }
        int from = model.place(item);
        model.consider(item);
        for (int host = 0; host < model.hosts(); host++) {
            if (host != from && hosts.test(host) && model.admits(item, host)) {
                evaluationsLeft--;
                double gain = model.gainAt(item, host);
                if (gain - cost > bestWorth) {
                    bestWorth = gain - cost;
                    best = new Step(item, from, host, required, gain);
                }
            }
        }
    }

    private void forget() {
        best = new Step(Model.NOWHERE, Model.NOWHERE, Model.NOWHERE, false, 0);
        bestWorth = LEAST_GAIN;
    }

    private void take() {
        steps.add(best.withoutRules(model));
        model.move(best.item(), best.to());
    }
}
