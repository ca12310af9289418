package io.godwit.control.balance;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Empties the hosts with the least to do, as long as the others carry it and stay below what leaves them room. */
final class Consolidation {
    /** A host above this is not emptied: what it has would not be worth the moves. */
    private static final double UNDERLOADED = 0.4;
    /** How full a host is made. */
    private static final double CEILING = 0.8;

    private final Model model;
    private final double[] costs;
    private final List<Step> steps = new ArrayList<>();
    private final boolean[] emptied;
    private final boolean[] filled;

    Consolidation(Model model, double[] costs) {
        this.model = model;
        this.costs = costs;
        emptied = new boolean[model.hosts()];
        filled = new boolean[model.hosts()];
    }

    List<Step> steps() {
        return steps;
    }

    void run() {
        IntStream.range(0, model.hosts())
                .filter(model::isCounted)
                .filter(host -> model.fullness(host) > 0 && model.fullness(host) < UNDERLOADED)
                .boxed()
                .sorted(Comparator.comparingDouble(model::fullness))
                .filter(host -> !filled[host])
                .forEach(this::empty);
    }

    private void empty(int host) {
        List<Step> tried = new ArrayList<>();
        emptied[host] = true;
        int[] items = IntStream.range(0, model.items())
                .filter(item -> model.place(item) == host)
                .boxed()
                .sorted(Comparator.comparingLong(model::memoryBytes).reversed())
                .mapToInt(Integer::intValue)
                .toArray();
        for (int item : items) {
            int to = model.isFree(item) && !Double.isInfinite(costs[item]) ? fullest(item) : Model.NOWHERE;
            if (to == Model.NOWHERE) {
                tried.forEach(step -> model.move(step.item(), step.from()));
                emptied[host] = false;
                return;
            }
            model.consider(item);
            tried.add(new Step(item, host, to, false, model.gainAt(item, to)));
            model.move(item, to);
        }
        tried.forEach(step -> filled[step.to()] = true);
        steps.addAll(tried);
    }

    /** The fullest host with room below the ceiling that is in use and stays so. */
    private int fullest(int item) {
        int best = Model.NOWHERE;
        double fullest = 0;
        for (int host = 0; host < model.hosts(); host++) {
            if (host != model.place(item)
                    && !emptied[host]
                    && model.isCounted(host)
                    && model.fullness(host) > fullest
                    && model.fullnessWith(item, host) <= CEILING
                    && model.admits(item, host)) {
                fullest = model.fullness(host);
                best = host;
            }
        }
        return best;
    }
}
