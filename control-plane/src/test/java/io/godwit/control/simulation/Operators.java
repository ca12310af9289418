package io.godwit.control.simulation;

import io.godwit.control.ledger.DesiredState;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.VmRecord;

/** Who starts, stops and migrates VMs, and says which hosts are dead. */
final class Operators {
    private static final long CONFIRM_AGAIN_MS = 10_000;

    private final Cluster cluster;
    private final ClusterRules rules;

    Operators(Cluster cluster, ClusterRules rules) {
        this.cluster = cluster;
        this.rules = rules;
    }

    void plan() {
        for (VmRecord vm : cluster.truth().list()) {
            for (int i = cluster.faults().upTo(3); i > 0; i--) {
                cluster.clock().after(someTime(), () -> migrate(vm.id()));
            }
            if (cluster.faults().upTo(3) == 0) {
                long atMs = someTime();
                cluster.clock().after(atMs, () -> desire(vm.id(), DesiredState.STOPPED));
                cluster.clock()
                        .after(atMs + 500 + cluster.faults().upTo(8_000), () -> desire(vm.id(), DesiredState.RUNNING));
            }
        }
    }

    private long someTime() {
        return 2_000 + cluster.faults().upTo((int) ClusterFaults.END_MS - 4_000);
    }

    private SimulatedNode owner(VmRecord vm) {
        SimulatedNode node = cluster.nodes().get(cluster.indexOf(vm.owner()));
        return node.alive() && node.self().equals(vm.owner()) ? node : null;
    }

    private void migrate(String vmId) {
        VmRecord vm = cluster.recordOf(vmId);
        SimulatedNode owner = owner(vm);
        int to = cluster.faults().upTo(cluster.nodes().size());
        if (owner == null || to == owner.index() || !rules.mayAsk(vmId)) {
            return;
        }
        String id = cluster.newId();
        owner.local(0, () -> {
            Guest guest = owner.guests().get(vmId);
            boolean runs = guest != null && guest.executes(cluster.nowMs());
            if (runs && rules.mayAsk(vmId) && !owner.migrations().concerns(vmId)) {
                owner.migrations().start(id, cluster.recordOf(vmId), to);
            }
        });
    }

    private void desire(String vmId, DesiredState desired) {
        VmRecord vm = cluster.recordOf(vmId);
        SimulatedNode owner = owner(vm);
        if (owner == null || !rules.mayAsk(vmId)) {
            return;
        }
        String id = cluster.newId();
        owner.local(0, () -> {
            if (rules.mayAsk(vmId) && !owner.migrations().concerns(vmId)) {
                rules.asked(vmId, desired);
                owner.setDesired(vm, desired, id, applied -> rules.answered(vmId, applied));
            }
        });
    }

    /** Each life of that host which the ledger names as an owner, and again: a late commit may name another. */
    void confirmDead(SimulatedNode node, long afterMs) {
        cluster.clock().after(afterMs, () -> {
            cluster.truth().list().stream()
                    .map(VmRecord::owner)
                    .filter(owner -> cluster.indexOf(owner) == node.index())
                    .filter(owner -> !cluster.truth().isConfirmedDead(owner))
                    .distinct()
                    .forEach(this::confirmDead);
            confirmDead(node, CONFIRM_AGAIN_MS);
        });
    }

    private void confirmDead(HostIdentity host) {
        LedgerCommand command = new LedgerCommand.ConfirmDead(cluster.newId(), host);
        cluster.nodes().stream()
                .filter(SimulatedNode::alive)
                .findFirst()
                .ifPresent(other -> other.local(0, () -> other.submit(command, answer -> {})));
    }
}
