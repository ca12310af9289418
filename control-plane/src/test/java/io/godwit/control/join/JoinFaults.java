package io.godwit.control.join;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What goes wrong in one run, all of it derived from the seed. After {@link #END_MS} nothing does, but the dead stay dead. */
final class JoinFaults {
    static final long END_MS = 150_000;
    private static final long LONG_MS = 60_000;

    /** @param membership whether messages of membership are lost; {@code ledger}, those to and between voters */
    private record Cut(Set<Integer> side, boolean membership, boolean ledger, long fromMs, long toMs) {}

    private final SplittableRandom random;
    private final List<Cut> cuts = new ArrayList<>();
    private final double loss;
    private final double slow;

    JoinFaults(SplittableRandom random, int hosts) {
        this.random = random;
        loss = random.nextInt(3) == 0 ? 0 : random.nextDouble() * 0.3;
        slow = random.nextInt(3) == 0 ? 0 : random.nextDouble() * 0.3;
        for (int left = random.nextInt(4); left > 0; left--) {
            Set<Integer> side = IntStream.range(0, hosts)
                    .filter(host -> random.nextBoolean())
                    .boxed()
                    .collect(Collectors.toSet());
            int kind = random.nextInt(4);
            long from = random.nextLong(END_MS);
            cuts.add(new Cut(side, kind != 0, kind != 1, from, Math.min(END_MS, from + random.nextLong(LONG_MS))));
        }
    }

    int upTo(int bound) {
        return random.nextInt(bound);
    }

    boolean oneIn(int count) {
        return random.nextInt(count) == 0;
    }

    boolean over(long nowMs) {
        return nowMs >= END_MS;
    }

    boolean lost(int from, int to, long nowMs) {
        return !over(nowMs)
                && from != to
                && (cuts.stream().anyMatch(cut -> cut.ledger() && holds(cut, from, to, nowMs))
                        || random.nextDouble() < loss);
    }

    boolean apart(int from, int to, long nowMs) {
        return !over(nowMs) && cuts.stream().anyMatch(cut -> cut.membership() && holds(cut, from, to, nowMs));
    }

    private static boolean holds(Cut cut, int from, int to, long nowMs) {
        return nowMs >= cut.fromMs()
                && nowMs < cut.toMs()
                && cut.side().contains(from) != cut.side().contains(to);
    }

    long delayMs(long nowMs) {
        return !over(nowMs) && random.nextDouble() < slow ? random.nextInt(14_000) : 1 + random.nextInt(4);
    }
}
