package io.godwit.control.balance;

import java.util.stream.IntStream;

/**
 * Makes a plan's end better without more moves, and then its moves fewer without a worse end: VMs that move anyway get
 * other targets or exchange them, and what that wins pays for VMs that stay where they are.
 */
final class Refinement {
    private final Model model;
    private final int[] free;
    private long evaluationsLeft;

    Refinement(Model model, long maxEvaluations) {
        this.model = model;
        this.evaluationsLeft = maxEvaluations;
        free = IntStream.range(0, model.items()).filter(model::isFree).toArray();
    }

    void run() {
        double won = improve();
        double loss = stay(won / 2);
        while (loss > 0 && evaluationsLeft > 0) {
            won += improve() - loss;
            loss = stay(won / 2);
        }
    }

    private double improve() {
        double won = 0;
        double lately;
        do {
            lately = 0;
            for (int item : free) {
                if (model.isDisplaced(item) && evaluationsLeft > 0) {
                    lately += retarget(item) + exchange(item);
                }
            }
            won += lately;
        } while (lately > Descent.LEAST_GAIN);
        return won;
    }

    private double retarget(int item) {
        int best = Model.NOWHERE;
        double bestGain = Descent.LEAST_GAIN;
        model.consider(item);
        for (int host = 0; host < model.hosts(); host++) {
            if (host != model.place(item) && model.admits(item, host)) {
                evaluationsLeft--;
                double gain = model.gainAt(item, host);
                if (gain > bestGain) {
                    bestGain = gain;
                    best = host;
                }
            }
        }
        if (best == Model.NOWHERE) {
            return 0;
        }
        model.move(item, best);
        return bestGain;
    }

    private double exchange(int item) {
        if (model.hasCompany(item)) {
            return 0;
        }
        int best = Model.NOWHERE;
        double bestGain = Descent.LEAST_GAIN;
        for (int other : free) {
            if (mayExchange(item, other)) {
                evaluationsLeft--;
                double gain = model.swapGain(item, other);
                if (gain > bestGain) {
                    bestGain = gain;
                    best = other;
                }
            }
        }
        if (best == Model.NOWHERE) {
            return 0;
        }
        int to = model.place(best);
        model.move(best, model.place(item));
        model.move(item, to);
        return bestGain;
    }

    private boolean mayExchange(int item, int other) {
        int here = model.place(item);
        int there = model.place(other);
        if (here == there || there == Model.NOWHERE || model.hasCompany(other)) {
            return false;
        }
        boolean oneMore = !model.isDisplaced(other) && there != model.home(item);
        long more = model.memoryBytes(item) - model.memoryBytes(other);
        return !oneMore
                && more <= model.freeMemoryBytes(there)
                && -more <= model.freeMemoryBytes(here)
                && model.suits(item, there)
                && model.suits(other, here);
    }

    /** Lets those stay at home whose move is worth least, as long as all that costs no more than {@code allowed}. */
    private double stay(double allowed) {
        double lost = 0;
        while (evaluationsLeft > 0) {
            int least = Model.NOWHERE;
            double leastLoss = allowed - lost;
            for (int item : free) {
                if (model.isDisplaced(item) && !model.isMisplaced(item) && model.admits(item, model.home(item))) {
                    evaluationsLeft--;
                    model.consider(item);
                    double loss = -model.gainAt(item, model.home(item));
                    if (loss < leastLoss) {
                        leastLoss = loss;
                        least = item;
                    }
                }
            }
            if (least == Model.NOWHERE) {
                return lost;
            }
            model.move(least, model.home(least));
            lost += Math.max(leastLoss, Descent.LEAST_GAIN);
        }
        return lost;
    }
}
