package io.godwit.control.balance;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** An order of moves in which none leads over a host's memory or breaks a rule on the way. */
final class Sequence {
    private Sequence() {}

    /**
     * @param start where all is at home; it is left as the steps leave it
     * @param end where it should be
     * @return each item once, straight to its place, the most gain first; without those for which there is no order
     */
    static List<Step> of(Model start, Model end) {
        List<Step> wanted = new ArrayList<>();
        for (int item = 0; item < start.items(); item++) {
            if (end.place(item) != start.place(item)) {
                start.consider(item);
                double gain = start.gainAt(item, end.place(item));
                wanted.add(new Step(item, start.place(item), end.place(item), start.isMisplaced(item), gain));
            }
        }
        wanted.sort(Comparator.comparingDouble(Step::gain).reversed());
        List<Step> order = new ArrayList<>();
        boolean progress = true;
        while (progress && !wanted.isEmpty()) {
            progress = false;
            List<Step> blocked = new ArrayList<>();
            for (Step step : wanted) {
                if (start.admits(step.item(), step.to())) {
                    start.consider(step.item());
                    double gain = start.gainAt(step.item(), step.to());
                    boolean mends = start.rulesGainAt(step.item(), step.to()) > Model.BROKEN / 2;
                    order.add(new Step(step.item(), step.from(), step.to(), step.required() || mends, gain)
                            .withoutRules(start));
                    start.move(step.item(), step.to());
                    progress = true;
                } else {
                    blocked.add(step);
                }
            }
            wanted = blocked;
        }
        return order;
    }
}
