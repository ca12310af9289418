package io.godwit.benchmarks.scheduling;

import io.godwit.control.balance.Measure;
import io.godwit.control.balance.Plan;
import io.godwit.control.balance.Planner;
import io.godwit.control.ganeti.GanetiFile;
import io.godwit.control.ganeti.GanetiFile.Instance;
import io.godwit.control.ganeti.GanetiInventory;
import io.godwit.control.ganeti.GanetiScore;
import io.godwit.control.ganeti.GeneratedCluster;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One generated cluster, balanced by both.
 *
 * @param before its score
 * @param hbal null where it is not installed or not asked
 */
record Comparison(
        long seed,
        int hosts,
        int vms,
        double before,
        End godwit,
        @Nullable End hbal) {
    /** How one left it: Ganeti's score and Godwit's imbalance, by the same evaluators for both. */
    record End(double score, double imbalance, int moves, long durationMs) {}

    private static final double ROUNDING = 1e-6;

    static Comparison of(long seed, int hosts, int vms, @Nullable Path scratch) throws IOException {
        GanetiFile file = GeneratedCluster.of(seed, hosts, vms);
        long started = System.nanoTime();
        Plan plan = Planner.plan(GanetiInventory.of(file), Measure.GANETI, Set.of());
        long durationMs = (System.nanoTime() - started) / 1_000_000;
        Map<String, String> places = new HashMap<>();
        plan.moves().forEach(move -> move.vms().forEach(vm -> places.put(vm, move.to())));
        End godwit = end(file, file.with(places), durationMs);
        End other = null;
        if (scratch != null) {
            Hbal.Balanced balanced = Hbal.balance(scratch, file);
            other = end(file, balanced.end(), balanced.durationMs());
            double evaluated = GanetiScore.of(file);
            if (Math.abs(balanced.initialScore() - evaluated) > ROUNDING) {
                throw new IOException("seed " + seed + ": hbal says that the score is " + balanced.initialScore()
                        + ", the evaluator says " + evaluated);
            }
        }
        return new Comparison(seed, hosts, vms, GanetiScore.of(file), godwit, other);
    }

    private static End end(GanetiFile before, GanetiFile after, long durationMs) {
        Map<String, String> places = new HashMap<>();
        before.instances().forEach(instance -> places.put(instance.name(), instance.primary()));
        int moves = 0;
        for (Instance instance : after.instances()) {
            moves += instance.primary().equals(places.get(instance.name())) ? 0 : 1;
        }
        double imbalance = Planner.imbalance(GanetiInventory.of(after), Measure.LOAD);
        return new End(GanetiScore.of(after), imbalance, moves, durationMs);
    }

    boolean isNoWorse() {
        return hbal == null || (godwit.score() <= hbal.score() + ROUNDING && godwit.moves() <= hbal.moves());
    }
}
