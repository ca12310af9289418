package io.godwit.migration.convergence;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A guest that dirties memory on a virtual clock: phases of a rate and a working set, one after the other and around
 * again, each in its own part of memory, slowed by a throttle. Within a phase pages repeat at random, or in a sweep.
 */
final class GuestModel {
    /** @param sweep whether all pages are written before one is written again */
    record Phase(double seconds, double bytesPerSecond, double workingSetBytes, boolean sweep) {
        double distinct(double written) {
            return sweep
                    ? Math.min(written, workingSetBytes)
                    : workingSetBytes * (1 - Math.exp(-written / workingSetBytes));
        }
    }

    final long memoryBytes;
    final List<Phase> phases;
    private double atSeconds;

    GuestModel(long memoryBytes, List<Phase> phases) {
        this.memoryBytes = memoryBytes;
        this.phases = phases;
    }

    static GuestModel random(SplittableRandom random) {
        long memory = (16L << 20) << random.nextInt(11);
        List<Phase> phases = new ArrayList<>();
        for (int i = 0; i <= random.nextInt(3); i++) {
            double rate = random.nextInt(6) == 0 ? 0 : Math.pow(10, 5 + random.nextDouble() * 5);
            double wss = Math.max(4096, memory * Math.pow(random.nextDouble(), 2));
            phases.add(new Phase(0.05 + random.nextDouble() * 20, rate, wss, random.nextBoolean()));
        }
        return new GuestModel(memory, phases);
    }

    /** Goes on for a time, and says how many distinct bytes that dirtied. */
    double run(double seconds, int throttlePercent) {
        double dirtied = 0;
        double left = seconds;
        while (left > 1e-9) {
            Phase phase = now();
            double piece = Math.min(left, untilNextPhase());
            dirtied += phase.distinct(phase.bytesPerSecond * piece * (100 - throttlePercent) / 100);
            atSeconds += Math.max(piece, 1e-9);
            left -= piece;
            if (dirtied >= memoryBytes) {
                atSeconds += left;
                return memoryBytes;
            }
        }
        return dirtied;
    }

    private double cycle() {
        return phases.stream().mapToDouble(Phase::seconds).sum();
    }

    private Phase now() {
        double at = atSeconds % cycle();
        for (Phase phase : phases) {
            if (at < phase.seconds) {
                return phase;
            }
            at -= phase.seconds;
        }
        return phases.get(phases.size() - 1);
    }

    private double untilNextPhase() {
        double at = atSeconds % cycle();
        for (Phase phase : phases) {
            if (at < phase.seconds) {
                return phase.seconds - at;
            }
            at -= phase.seconds;
        }
        return cycle();
    }

    @Override
    public String toString() {
        return memoryBytes + " bytes, " + phases;
    }
}
