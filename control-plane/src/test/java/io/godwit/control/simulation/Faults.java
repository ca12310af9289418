package io.godwit.control.simulation;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** What goes wrong in one run, all of it derived from the seed. After {@link #END_MS} nothing does, but the dead stay dead. */
final class Faults {
    static final long END_MS = 60_000;
    private static final long SILENCE_MS = 3_000;

    enum Place {
        SOURCE,
        TARGET,
        LEDGER
    }

    private record Window(long fromMs, long toMs) {
        boolean holds(long nowMs) {
            return nowMs >= fromMs && nowMs < toMs;
        }
    }

    private record Cut(Place one, Place other, Window window) {
        boolean holds(Place from, Place to, long nowMs) {
            return window.holds(nowMs) && ((from == one && to == other) || (from == other && to == one));
        }
    }

    private final SplittableRandom random;
    private final boolean calm;
    private final double loss;
    private final double repeat;
    private final double slow;
    private final List<Cut> cuts = new ArrayList<>();
    private final Map<Place, List<Window>> stalls = new EnumMap<>(Place.class);

    Faults(SplittableRandom random) {
        this.random = random;
        calm = random.nextInt(20) == 0;
        loss = level(0.5);
        repeat = level(0.3);
        slow = level(0.3);
        if (!calm) {
            int count = random.nextInt(4);
            for (int i = 0; i < count; i++) {
                Place one = Place.values()[random.nextInt(3)];
                Place other = Place.values()[(one.ordinal() + 1 + random.nextInt(2)) % 3];
                cuts.add(new Cut(one, other, window()));
            }
            if (random.nextInt(3) == 0) {
                Place stalled = random.nextBoolean() ? Place.SOURCE : Place.TARGET;
                stalls.computeIfAbsent(stalled, place -> new ArrayList<>()).add(window());
            }
        }
    }

    /** Without any fault: the migration must complete. */
    boolean calm() {
        return calm;
    }

    boolean happens(double probability) {
        return !calm && random.nextDouble() < probability;
    }

    int upTo(int bound) {
        return random.nextInt(bound);
    }

    boolean over(long nowMs) {
        return calm || nowMs >= END_MS;
    }

    boolean cut(Place from, Place to, long nowMs) {
        return !over(nowMs) && cuts.stream().anyMatch(cut -> cut.holds(from, to, nowMs));
    }

    boolean lost(Place from, Place to, long nowMs) {
        return cut(from, to, nowMs) || (!over(nowMs) && random.nextDouble() < loss);
    }

    boolean repeated(long nowMs) {
        return !over(nowMs) && random.nextDouble() < repeat;
    }

    long delayMs(long nowMs) {
        boolean late = !over(nowMs) && random.nextDouble() < slow;
        return late ? random.nextInt(8_000) : 1 + random.nextInt(5);
    }

    /** How long a stalled host still sleeps; 0 when it is awake. */
    long stalledForMs(Place place, long nowMs) {
        long wakeMs = stalls.getOrDefault(place, List.of()).stream()
                .filter(window -> window.holds(nowMs))
                .mapToLong(Window::toMs)
                .max()
                .orElse(nowMs);
        return Math.min(wakeMs, END_MS) - Math.min(nowMs, END_MS);
    }

    /** When the hosts would notice each other's silence: some seconds into a long cut between them, or a long stall. */
    List<Long> silencesMs() {
        List<Window> silent = new ArrayList<>();
        cuts.stream()
                .filter(cut -> cut.one() != Place.LEDGER && cut.other() != Place.LEDGER)
                .forEach(cut -> silent.add(cut.window()));
        stalls.values().forEach(silent::addAll);
        return silent.stream()
                .filter(window -> window.toMs() - window.fromMs() > SILENCE_MS)
                .map(window -> window.fromMs() + SILENCE_MS)
                .toList();
    }

    private double level(double most) {
        return calm || random.nextInt(3) == 0 ? 0 : random.nextDouble() * most;
    }

    /** Most switchovers happen within a second here, so most windows begin there. */
    private Window window() {
        long from = random.nextInt(random.nextInt(3) == 0 ? 20_000 : 500);
        long length = 1 + random.nextInt(random.nextBoolean() ? 2_000 : 30_000);
        return new Window(from, from + length);
    }
}
