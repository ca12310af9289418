package io.godwit.control.simulation;

import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.LedgerState;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.permit.PermitGrantor;
import io.godwit.control.recovery.HostChooser;
import io.godwit.control.recovery.HostChooser.Choice;
import io.godwit.control.recovery.RecoverableVm;
import io.godwit.control.recovery.RecoveryPlanner;
import io.godwit.control.recovery.RecoveryStep;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Recovery beside the leader: plans each second and tells hosts what to claim. */
final class LeaderRecovery {
    private static final int MAX_STARTS = 2;
    private static final long STARTING_MS = 4_000;

    private final Cluster cluster;
    private final SimulatedNode node;
    private final PermitGrantor grantor;
    private final Map<String, Long> starting = new HashMap<>();
    private final Map<Integer, HostIdentity> lives = new TreeMap<>();
    private Map<String, String> waits = Map.of();

    LeaderRecovery(Cluster cluster, SimulatedNode node, PermitGrantor grantor) {
        this.cluster = cluster;
        this.node = node;
        this.grantor = grantor;
    }

    void heard(HostIdentity host) {
        lives.put(cluster.indexOf(host), host);
    }

    /** What the last plan left waiting, and why. */
    Map<String, String> waits() {
        return waits;
    }

    void step(LedgerState ledger) {
        long nowMs = node.clockMs();
        starting.values().removeIf(sinceMs -> nowMs - sinceMs > STARTING_MS);
        List<RecoverableVm> vms = ledger.list().stream()
                .map(vm -> cluster.mutant() == ClusterMutant.TARGETS_PERMIT_IGNORED ? Renaming.targetForgotten(vm) : vm)
                .map(vm -> new RecoverableVm(vm, ledger.isGuarded(vm.id()), 0, Optional.empty()))
                .toList();
        RecoveryPlanner.Hosts hosts = new RecoveryPlanner.Hosts(
                host -> grantor.isHeard(host, nowMs),
                host -> !grantor.mayHoldPermit(host, nowMs),
                host -> false,
                ledger::isConfirmedDead,
                host -> hasReturned(host, nowMs),
                host -> true);
        waits = new HashMap<>();
        RecoveryPlanner.plan(vms, hosts, starting.keySet(), MAX_STARTS, chooser(nowMs), cluster::newId)
                .forEach(step -> carryOut(step, nowMs));
    }

    private boolean hasReturned(HostIdentity host, long nowMs) {
        HostIdentity last = lives.get(cluster.indexOf(host));
        return last != null && !last.equals(host) && grantor.isHeard(last, nowMs);
    }

    private void carryOut(RecoveryStep step, long nowMs) {
        if (step instanceof RecoveryStep.Start start) {
            starting.put(start.vmId(), nowMs);
            int to = cluster.indexOf(start.claim().owner());
            node.send(to, () -> cluster.nodes().get(to).take(start.claim()));
        } else if (step instanceof RecoveryStep.OfferCommit offer) {
            int to = cluster.indexOf(offer.target());
            node.send(to, () -> cluster.nodes().get(to).migrations().sourceGone(offer.migrationId()));
        } else if (step instanceof RecoveryStep.Wait wait) {
            waits.put(wait.vmId(), wait.reason());
        }
    }

    private HostChooser chooser(long nowMs) {
        return (VmRecord vm, Map<String, HostIdentity> placed) -> {
            List<HostIdentity> candidates = lives.values().stream()
                    .filter(host -> grantor.isHeard(host, nowMs))
                    .filter(host -> !host.hostId().equals(vm.owner().hostId()))
                    .toList();
            return candidates.isEmpty()
                    ? new Choice.Nowhere(List.of("no other host is heard"))
                    : new Choice.On(candidates.get(cluster.faults().upTo(candidates.size())));
        };
    }
}
