package io.godwit.control.simulation;

import io.godwit.config.DirtyLogKind;
import io.godwit.config.VmSpec;
import io.godwit.control.ledger.DesiredState;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.LedgerAnswer;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.LedgerState;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.permit.PermitTimes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;

/**
 * One run of a cluster: 3 to 7 hosts, 3 or 5 of which vote, with VMs that are guarded, sticky, migrated, started and
 * stopped, while everything that goes wrong is drawn from a seed.
 */
final class Cluster {
    private static final long LIMIT_MS = 90_000;
    private static final int SETTLE_MS = 4_000;

    private final Clock clock = new Clock();
    private final ClusterFaults faults;
    private final ClusterMutant mutant;
    private final List<SimulatedNode> nodes = new ArrayList<>();
    private final int voters;
    private final List<LedgerCommand> initial = new ArrayList<>();
    private final Set<String> guarded = new HashSet<>();
    private final List<String> trace = new ArrayList<>();
    private final boolean observing;
    private final ClusterRules rules;
    private final Operators operators;
    /** The log as any voter applied it first. */
    private final LedgerState truth;

    private int truthIndex;
    private int ids;
    private long memories;

    Cluster(long seed, ClusterMutant mutant, boolean observing) {
        this.mutant = mutant;
        this.observing = observing;
        SplittableRandom random = new SplittableRandom(seed);
        int hosts = 3 + random.nextInt(5);
        voters = hosts >= 5 && random.nextBoolean() ? 5 : 3;
        faults = new ClusterFaults(this, random, hosts);
        for (int i = 0; i < hosts; i++) {
            nodes.add(node(i, random));
        }
        for (int i = 0; i < voters; i++) {
            nodes.get(i).makeVoter();
        }
        createVms(random, hosts);
        truth = newLedger();
        rules = new ClusterRules(this);
        operators = new Operators(this, rules);
    }

    /** Rates of clocks are often at the ends of what is allowed, as is the kernel's lateness. */
    private SimulatedNode node(int index, SplittableRandom random) {
        double drift = PermitTimes.DEFAULT.driftPerMille() / 1_000.0;
        double rate = 1 + drift * (random.nextBoolean() ? random.nextInt(3) - 1 : random.nextDouble() * 2 - 1);
        int lagMs = (int) (PermitTimes.DEFAULT.marginMs() / (1 + drift)) - 10;
        return new SimulatedNode(
                this, index, mutant, rate, random.nextInt(1_000_000), random.nextBoolean() ? lagMs : 5);
    }

    private void createVms(SplittableRandom random, int hosts) {
        int count = 1 + random.nextInt(3);
        for (int i = 0; i < count; i++) {
            String id = String.format("vm%024d", i);
            HostIdentity owner = new HostIdentity("host" + random.nextInt(hosts), "life0");
            VmSpec spec = new VmSpec("vm" + i, 64 << 20, 1, "/probe", "", null, DirtyLogKind.BITMAP, new TreeSet<>());
            boolean guard = random.nextInt(6) != 0;
            if (guard) {
                guarded.add(id);
            }
            initial.add(new LedgerCommand.Define("define", id, spec, owner, DesiredState.RUNNING, guard));
        }
    }

    /** Runs to the end and checks it. */
    void run() {
        nodes.forEach(node -> clock.after(faults.upTo(500), node::boot));
        faults.plan();
        operators.plan();
        while (clock.nowMs() < LIMIT_MS && clock.step()) {
            rules.check();
            if (clock.nowMs() > ClusterFaults.END_MS + SETTLE_MS && rules.settled()) {
                break;
            }
        }
        rules.checkEnd();
    }

    LedgerState newLedger() {
        LedgerState ledger = new LedgerState();
        initial.forEach(ledger::apply);
        return ledger;
    }

    /** Every voter applies the same, and the first to do so is the truth. */
    void applied(int index, LedgerCommand command, LedgerAnswer answer) {
        while (truthIndex < index - 1) {
            truthIndex++;
        }
        if (index == truthIndex + 1) {
            truthIndex = index;
            LedgerCommand once = mutant == ClusterMutant.REQUEST_ID_IGNORED
                    ? Renaming.renamed(command, "request-" + index)
                    : command;
            LedgerAnswer same = truth.apply(once);
            require(same.equals(answer), "voters disagree about entry " + index);
            trace(-1, index + " " + command + " -> " + answer.getClass().getSimpleName());
        }
    }

    void send(int from, int to, Runnable delivery) {
        SimulatedNode receiver = nodes.get(to);
        int copies = from != to && faults.repeated() ? 2 : 1;
        for (int i = 0; i < copies; i++) {
            if (!faults.lost(from, to)) {
                receiver.local(from == to ? 0 : faults.delayMs(), delivery);
            }
        }
    }

    void died(int index) {
        for (SimulatedNode node : nodes) {
            clock.after(3_000, () -> node.local(0, () -> node.migrations().peerDied(index)));
        }
    }

    void operatorConfirmsDead(SimulatedNode node, long afterMs) {
        operators.confirmDead(node, afterMs);
    }

    Clock clock() {
        return clock;
    }

    long nowMs() {
        return clock.nowMs();
    }

    ClusterFaults faults() {
        return faults;
    }

    ClusterMutant mutant() {
        return mutant;
    }

    List<SimulatedNode> nodes() {
        return nodes;
    }

    int voters() {
        return voters;
    }

    SimulatedVoter voter(int index) {
        return nodes.get(index).voter();
    }

    List<SimulatedVoter> otherVoters(int index) {
        List<SimulatedVoter> others = new ArrayList<>();
        for (int i = 0; i < voters; i++) {
            if (i != index) {
                others.add(voter(i));
            }
        }
        return others;
    }

    /** A voter that leads or thinks so; -1 for none. */
    int someLeader() {
        for (int i = 0; i < voters; i++) {
            if (voter(i).leads()) {
                return i;
            }
        }
        return -1;
    }

    LedgerState truth() {
        return truth;
    }

    VmRecord recordOf(String vmId) {
        return truth.find(vmId).orElseThrow();
    }

    boolean isGuarded(String vmId) {
        return guarded.contains(vmId);
    }

    int indexOf(HostIdentity host) {
        return Integer.parseInt(host.hostId().substring("host".length()));
    }

    String newId() {
        return "id" + ids++;
    }

    long newMemory() {
        return ++memories;
    }

    void check() {
        rules.check();
    }

    void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new Violation(otherwise);
        }
    }

    void trace(int node, String what) {
        if (observing) {
            trace.add(clock.nowMs() + " " + (node < 0 ? "log" : "host" + node) + " " + what);
        }
    }

    List<String> traced() {
        return trace;
    }

    /** For the claim that the runs reach all there is to reach. */
    Map<String, Integer> ways() {
        return new HashMap<>(rules.ways());
    }
}
