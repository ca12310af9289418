package io.godwit.control.join;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;

/** Hosts of one cluster in virtual time: what goes wrong, and the rules that hold all the same. */
final class JoinWorld {
    /** When everybody must be in one cluster: after the last fault, an election, all waits and one more beginning. */
    private static final long SETTLED_MS = JoinFaults.END_MS + 180_000;

    private record Due(long atMs, long sequence, Runnable task) {}

    private final PriorityQueue<Due> queue =
            new PriorityQueue<>(Comparator.comparingLong(Due::atMs).thenComparingLong(Due::sequence));
    private final List<JoinHost> hosts = new ArrayList<>();
    private final List<String> trace = new ArrayList<>();
    private final boolean tracing;
    private final JoinFaults faults;
    private final JoinVoters voters;
    private final JoinMutant mutant;
    private long nowMs;
    private long sequence;
    private int formed;
    private int formedByOthers;

    JoinWorld(long seed, JoinMutant mutant, boolean tracing) {
        this.tracing = tracing;
        this.mutant = mutant;
        SplittableRandom random = new SplittableRandom(seed);
        int count = 2 + random.nextInt(4);
        faults = new JoinFaults(random.split(), count);
        voters = new JoinVoters(this, count < 3 ? 1 : 3, mutant);
        for (int id = 0; id < count; id++) {
            hosts.add(new JoinHost(this, id, random.nextInt(-10, 11)));
        }
    }

    /** As a leader would have it that waits too short. */
    static JoinTimes halfTheGrant() {
        JoinTimes real = JoinTimes.DEFAULT;
        return new JoinTimes(
                real.grantMs() / 2,
                real.beginMs(),
                real.rememberMs(),
                real.patienceMs(),
                real.askMs(),
                real.tellMs(),
                real.strayMs(),
                0,
                0);
    }

    /** @throws AssertionError with what was broken */
    void run() {
        boolean firstAbsent = faults.oneIn(3);
        for (JoinHost host : hosts) {
            if (host.id() > 0 || !firstAbsent) {
                after(faults.upTo(faults.oneIn(3) ? 60_000 : 3_000), host::start);
            }
        }
        elections();
        disasters();
        while (nowMs < SETTLED_MS) {
            Due due = queue.poll();
            if (due == null) {
                return;
            }
            nowMs = due.atMs();
            due.task().run();
            checkRights();
        }
        checkOneCluster();
    }

    private void elections() {
        after(500 + faults.upTo(2_000), () -> {
            List<JoinHost> candidates = hosts.stream()
                    .filter(host -> voters.isVoter(host.id()) && host.isAwake())
                    .toList();
            boolean restless = !faults.over(nowMs) && faults.oneIn(12);
            if (!candidates.isEmpty() && (restless || !voters.hasWorkingLeader())) {
                voters.elect(candidates.get(faults.upTo(candidates.size())).id());
            }
            voters.heartbeats();
            elections();
        });
    }

    /** Hosts that die, come back, stand still or begin anew; after the faults a majority of the voters lives. */
    private void disasters() {
        for (int left = faults.upTo(6); left > 0; left--) {
            JoinHost host = hosts.get(faults.upTo(hosts.size()));
            long fromMs = faults.upTo((int) JoinFaults.END_MS);
            long forMs = 1_000 + faults.upTo(faults.oneIn(2) ? 20_000 : 60_000);
            int kind = faults.upTo(4);
            if (kind == 0) {
                after(fromMs, () -> host.standStill(Math.min(nowMs + forMs, JoinFaults.END_MS)));
            } else if (kind == 1) {
                after(fromMs, host::beginAnew);
            } else {
                after(fromMs, host::die);
                if (faults.oneIn(2)) {
                    after(Math.min(fromMs + forMs, JoinFaults.END_MS), host::start);
                }
            }
        }
        if (faults.oneIn(4)) {
            long offMs = faults.upTo((int) JoinFaults.END_MS);
            after(offMs, () -> hosts.forEach(JoinHost::die));
            hosts.stream()
                    .filter(host -> host.id() > 0)
                    .forEach(host -> after(offMs + faults.upTo(9_000), host::start));
        }
        after(JoinFaults.END_MS, () -> {
            for (int id = voters.size() - 1; id > 0 && aliveVoters() <= voters.size() / 2; id--) {
                hosts.get(id).start();
            }
            if (aliveVoters() <= voters.size() / 2) {
                hosts.get(0).start();
            }
        });
    }

    private long aliveVoters() {
        return hosts.stream()
                .filter(host -> voters.isVoter(host.id()) && host.isAlive())
                .count();
    }

    private void checkRights() {
        List<JoinHost> having = hosts.stream().filter(JoinHost::mayForm).toList();
        if (having.size() > 1) {
            throw new AssertionError(
                    "at " + nowMs + " ms both " + having.get(0) + " and " + having.get(1) + " may form a cluster");
        }
    }

    private void checkOneCluster() {
        List<JoinHost> alive = hosts.stream().filter(JoinHost::isAlive).toList();
        for (JoinHost host : alive) {
            if (!host.sees(alive)) {
                throw new AssertionError(
                        "at the end " + host + " is with " + host.members() + " and not with " + alive);
            }
        }
    }

    void formed(JoinHost host) {
        trace(host + " forms a cluster");
        formed++;
        formedByOthers += host.id() > 0 ? 1 : 0;
    }

    /** How many clusters were formed, and how many of them not by the first seed. */
    int formed() {
        return formed;
    }

    int formedByOthers() {
        return formedByOthers;
    }

    List<String> traced() {
        return trace;
    }

    void trace(String line) {
        if (tracing) {
            trace.add(nowMs + " " + line);
        }
    }

    JoinMutant mutant() {
        return mutant;
    }

    JoinVoters voters() {
        return voters;
    }

    List<JoinHost> hosts() {
        return hosts;
    }

    long nowMs() {
        return nowMs;
    }

    long clockMs(int id) {
        return hosts.get(id).clockMs();
    }

    boolean isAlive(int id) {
        return hosts.get(id).isAlive();
    }

    boolean isAwake(int id) {
        return hosts.get(id).isAwake();
    }

    boolean lost(int from, int to) {
        return faults.lost(from, to, nowMs);
    }

    boolean apart(int from, int to) {
        return faults.apart(from, to, nowMs);
    }

    int upTo(int bound) {
        return faults.upTo(bound);
    }

    long delayMs() {
        return faults.delayMs(nowMs);
    }

    void after(long delayMs, Runnable task) {
        queue.add(new Due(nowMs + delayMs, sequence++, task));
    }

    /** At that host: later where it stands still then, never where it died meanwhile. */
    void at(int id, long delayMs, Runnable task) {
        JoinHost host = hosts.get(id);
        int process = host.process();
        after(delayMs, () -> {
            if (host.isAlive() && host.process() == process) {
                long sleepsMs = host.sleepsUntilMs() - nowMs;
                if (sleepsMs > 0) {
                    at(id, sleepsMs, task);
                } else {
                    task.run();
                }
            }
        });
    }

    /** A message to or between voters: lost, late or repeated. */
    void send(int from, int to, Runnable receipt) {
        if (!lost(from, to) && isAlive(to)) {
            at(to, delayMs(), receipt);
            if (!faults.over(nowMs) && faults.oneIn(20)) {
                at(to, delayMs(), receipt);
            }
        }
    }
}
