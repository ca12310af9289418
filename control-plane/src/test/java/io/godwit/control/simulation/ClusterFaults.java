package io.godwit.control.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** What goes wrong in a cluster, drawn from the seed. After {@link #END_MS} nothing does, but what died for good stays dead. */
final class ClusterFaults {
    static final long END_MS = 30_000;
    private static final int LATEST_MS = 7_000;

    private record Cut(int side, long untilMs) {
        boolean between(int one, int other) {
            return (side >> one & 1) != (side >> other & 1);
        }
    }

    private final Cluster cluster;
    private final SplittableRandom random;
    private final boolean calm;
    private final double loss;
    private final double repeat;
    private final double late;
    private final List<Cut> cuts = new ArrayList<>();
    private final long[] slowDiskUntilMs;
    private final DirectedFaults directed;
    private int lostForGood;

    ClusterFaults(Cluster cluster, SplittableRandom random, int hosts) {
        this.cluster = cluster;
        this.random = random;
        calm = random.nextInt(25) == 0;
        loss = level(0.2);
        repeat = level(0.2);
        late = level(0.1);
        slowDiskUntilMs = new long[hosts];
        directed = new DirectedFaults(cluster, this);
    }

    DirectedFaults directed() {
        return directed;
    }

    boolean calm() {
        return calm;
    }

    int upTo(int bound) {
        return random.nextInt(bound);
    }

    boolean happens(double probability) {
        return !calm && random.nextDouble() < probability;
    }

    boolean over() {
        return calm || cluster.nowMs() >= END_MS;
    }

    boolean cut(int from, int to) {
        if (over() || from == to) {
            return false;
        }
        cuts.removeIf(cut -> cut.untilMs() <= cluster.nowMs());
        return cuts.stream().anyMatch(cut -> cut.between(from, to));
    }

    boolean lost(int from, int to) {
        return from != to && (cut(from, to) || (!over() && random.nextDouble() < loss));
    }

    boolean repeated() {
        return !over() && random.nextDouble() < repeat;
    }

    long delayMs() {
        return !over() && random.nextDouble() < late ? random.nextInt(LATEST_MS) : 1 + random.nextInt(10);
    }

    long fsyncMs(int host) {
        boolean slow = !over() && slowDiskUntilMs[host] > cluster.nowMs();
        return 1 + random.nextInt(slow ? 1_500 : 10);
    }

    void plan() {
        if (calm) {
            return;
        }
        for (int i = random.nextInt(5); i > 0; i--) {
            at(this::cutSomebodyOff);
        }
        for (int i = random.nextInt(4); i > 0; i--) {
            at(() -> somebody().stall(length(12_000)));
        }
        for (int i = random.nextInt(3); i > 0; i--) {
            at(() -> slowDisk(random.nextInt(slowDiskUntilMs.length), length(10_000)));
        }
        for (int i = random.nextInt(3); i > 0; i--) {
            at(() -> crash(somebody(), 300 + random.nextInt(12_000)));
        }
        if (random.nextInt(3) == 0) {
            at(directed::silence);
        }
        if (random.nextInt(5) == 0) {
            at(directed::depose);
        }
        if (random.nextInt(10) == 0) {
            at(() -> cluster.nodes().forEach(node -> crash(node, 300 + random.nextInt(5_000))));
        }
    }

    private void at(Runnable fault) {
        cluster.clock().after(random.nextInt((int) END_MS - 2_000), fault);
    }

    long length(int mostMs) {
        return 200 + random.nextInt(random.nextBoolean() ? mostMs : mostMs / 4);
    }

    /** The leader more often than others: alone, or with one host that goes on hearing it. */
    private SimulatedNode somebody() {
        int leader = random.nextInt(3) == 0 ? cluster.someLeader() : -1;
        return cluster.nodes()
                .get(leader >= 0 ? leader : random.nextInt(cluster.nodes().size()));
    }

    /** @param side a bit for each host: those on one side do not reach those on the other */
    void cutOff(int side, long lengthMs) {
        cuts.add(new Cut(side, cluster.nowMs() + lengthMs));
    }

    /** All cuts are over. */
    void reconnect() {
        cuts.clear();
    }

    void slowDisk(int host, long lengthMs) {
        slowDiskUntilMs[host] = Math.max(slowDiskUntilMs[host], cluster.nowMs() + lengthMs);
    }

    private void cutSomebodyOff() {
        int side = 1 << somebody().index();
        if (random.nextBoolean()) {
            side |= 1 << random.nextInt(cluster.nodes().size());
        }
        if (random.nextInt(4) == 0) {
            side = random.nextInt(1 << cluster.nodes().size());
        }
        cutOff(side, length(14_000));
    }

    void crash(SimulatedNode node, long backAfterMs) {
        if (!node.alive()) {
            return;
        }
        boolean forGood = random.nextInt(5) == 0 && lostForGood < (cluster.voters() - 1) / 2;
        node.die();
        if (forGood) {
            lostForGood++;
            cluster.operatorConfirmsDead(node, END_MS - cluster.nowMs() + 5_000);
        } else {
            cluster.clock().after(backAfterMs, node::boot);
        }
    }

    private double level(double most) {
        return calm || random.nextInt(3) == 0 ? 0 : random.nextDouble() * most;
    }
}
