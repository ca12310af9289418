package io.godwit.control.simulation;

import io.godwit.control.ledger.VmRecord;
import java.util.List;

/** What goes wrong just when it hurts most: chance alone would hardly ever meet these moments. */
final class DirectedFaults {
    private final Cluster cluster;
    private final ClusterFaults faults;
    private boolean nextLeaderIsSlow;

    DirectedFaults(Cluster cluster, ClusterFaults faults) {
        this.cluster = cluster;
        this.faults = faults;
    }

    /** Migrations are short: something happens to either side at the switchover. */
    void switchover(int source, int target) {
        if (faults.over() || faults.upTo(3) != 0) {
            return;
        }
        SimulatedNode node = cluster.nodes().get(faults.upTo(2) == 0 ? source : target);
        long delayMs = faults.upTo(20);
        switch (faults.upTo(4)) {
            case 0 -> cluster.clock().after(delayMs, () -> node.stall(faults.length(12_000)));
            case 1 -> cluster.clock().after(delayMs, () -> faults.crash(node, 300 + faults.upTo(12_000)));
            default -> cluster.clock().after(delayMs, () -> faults.cutOff(1 << node.index(), faults.length(14_000)));
        }
    }

    /** A target runs on the source's word, and does not hear of the decision, nor of a claim after it. */
    void ranOnGo(int target) {
        if (!faults.over() && faults.upTo(4) == 0) {
            cluster.clock().after(faults.upTo(20), () -> faults.cutOff(1 << target, 8_000 + faults.upTo(8_000)));
        }
    }

    /** A claim enters the leader's log: it stays pending for long, while the host that it is against is heard again. */
    void claimed() {
        if (!faults.over() && faults.upTo(3) == 0) {
            slowDisks();
            faults.reconnect();
        }
    }

    /**
     * A claim is committed, and only its leader knows, which is cut off. The next one inherits the claim and is slow to
     * commit an entry of its own term, while the host that the claim is against is heard again.
     */
    void committed(int leader) {
        if (!faults.over() && faults.upTo(3) == 0) {
            faults.reconnect();
            faults.cutOff(1 << leader, 4_000 + faults.upTo(8_000));
            nextLeaderIsSlow = true;
        }
    }

    /** A leader is about to append the first entry of its term. */
    void elected() {
        if (nextLeaderIsSlow && !faults.over()) {
            nextLeaderIsSlow = false;
            slowDisks();
        }
    }

    /** An owner is silent for so long that its VMs are claimed; if it stalls, only the kernel stops its guests. */
    void silence() {
        int owner = someOwner();
        long lengthMs = 7_000 + faults.upTo(7_000);
        if (faults.upTo(2) == 0) {
            cluster.nodes().get(owner).stall(lengthMs);
        } else {
            faults.cutOff(1 << owner, lengthMs);
        }
    }

    /** A leader stalls while another is elected, and an owner reaches only the old one, which wakes to its renewals. */
    void depose() {
        int leader = cluster.someLeader();
        if (leader >= 0) {
            faults.cutOff(1 << leader | 1 << someOwner(), 8_000 + faults.upTo(8_000));
            cluster.nodes().get(leader).stall(2_000 + faults.upTo(3_000));
        }
    }

    private int someOwner() {
        List<VmRecord> vms = cluster.truth().list();
        return cluster.indexOf(vms.get(faults.upTo(vms.size())).owner());
    }

    private void slowDisks() {
        long lengthMs = 2_000 + faults.upTo(4_000);
        for (int i = 0; i < cluster.voters(); i++) {
            faults.slowDisk(i, lengthMs);
        }
    }
}
