package io.godwit.control.simulation;

import io.godwit.control.ledger.DesiredState;
import io.godwit.control.ledger.VmRecord;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What must hold.
 *
 * <p>I1: at every instant of true time at most one host executes a VM, and never from an older state than one that was
 * executed before.
 *
 * <p>I2: no VM is lost from the ledger, and what is desired of it is what was acknowledged last.
 *
 * <p>At the end, some time after the last fault: every operation of a host that lives has ended, and every VM that is to run
 * is executed by the host that the ledger names.
 */
final class ClusterRules {
    private record Newest(long epoch, long memory) {
        boolean newerThan(Guest guest) {
            return epoch > guest.epoch() || (epoch == guest.epoch() && memory > guest.memory());
        }
    }

    private record Wish(DesiredState acknowledged, DesiredState asked, boolean open) {}

    private final Cluster cluster;
    private final List<String> vmIds;
    private final Map<String, Newest> newest = new HashMap<>();
    private final Map<String, Wish> wishes = new HashMap<>();
    private final Map<String, Integer> ways = new TreeMap<>();

    ClusterRules(Cluster cluster) {
        this.cluster = cluster;
        vmIds = cluster.truth().list().stream().map(VmRecord::id).toList();
        vmIds.forEach(id -> wishes.put(id, new Wish(DesiredState.RUNNING, DesiredState.RUNNING, false)));
    }

    void check() {
        long nowMs = cluster.nowMs();
        for (String vmId : vmIds) {
            int executing = -1;
            for (SimulatedNode node : cluster.nodes()) {
                Guest guest = node.guests().get(vmId);
                if (guest != null && guest.executes(nowMs)) {
                    if (executing >= 0) {
                        throw new Violation(
                                "I1: " + vmId + " executes at host" + executing + " and host" + node.index());
                    }
                    executing = node.index();
                    executed(vmId, guest, node);
                }
            }
        }
    }

    private void executed(String vmId, Guest guest, SimulatedNode node) {
        Newest before = newest.get(vmId);
        if (before != null && before.newerThan(guest)) {
            throw new Violation("I1: " + vmId + " executes at host" + node.index() + " from an older state");
        }
        if (before == null || before.epoch() != guest.epoch() || before.memory() != guest.memory()) {
            newest.put(vmId, new Newest(guest.epoch(), guest.memory()));
            cluster.trace(node.index(), "executes " + vmId + " at epoch " + guest.epoch());
            ways.merge("a VM executed under another epoch or memory", 1, Integer::sum);
        }
    }

    boolean mayAsk(String vmId) {
        return !wishes.get(vmId).open();
    }

    void asked(String vmId, DesiredState desired) {
        wishes.put(vmId, new Wish(wishes.get(vmId).acknowledged(), desired, true));
    }

    void answered(String vmId, boolean applied) {
        Wish wish = wishes.get(vmId);
        DesiredState now = applied ? wish.asked() : wish.acknowledged();
        wishes.put(vmId, new Wish(now, now, false));
    }

    /** Whether the end can be looked at before the time is up. */
    boolean settled() {
        return problem().isEmpty();
    }

    void checkEnd() {
        String problem = problem();
        cluster.require(problem.isEmpty(), problem);
    }

    private String problem() {
        for (SimulatedNode node : cluster.nodes()) {
            if (node.outstanding() > 0) {
                return "host" + node.index() + " still waits for the ledger";
            }
            List<String> unfinished = node.alive() ? node.migrations().unfinished() : List.of();
            if (!unfinished.isEmpty()) {
                return "host" + node.index() + " has a migration that waits for " + unfinished;
            }
        }
        for (String vmId : vmIds) {
            String problem = problem(vmId);
            if (!problem.isEmpty()) {
                return problem;
            }
        }
        return "";
    }

    private String problem(String vmId) {
        VmRecord vm = cluster.truth().find(vmId).orElse(null);
        Wish wish = wishes.get(vmId);
        if (vm == null) {
            return "I2: " + vmId + " is lost";
        } else if (vm.desired() != wish.acknowledged() && !(wish.open() && vm.desired() == wish.asked())) {
            return "I2: " + vmId + " was last told " + wish.acknowledged() + ", but " + vm.desired() + " is desired";
        } else if (vm.prepared() != null) {
            return vmId + " still belongs to a migration";
        }
        SimulatedNode owner = cluster.nodes().get(cluster.indexOf(vm.owner()));
        Guest guest = owner.self().equals(vm.owner()) ? owner.guests().get(vmId) : null;
        boolean executes = guest != null && guest.executes(cluster.nowMs());
        if (vm.desired() == DesiredState.RUNNING && !executes) {
            return vmId + " is to run at " + vm.owner() + ", but does not";
        }
        return vm.desired() == DesiredState.STOPPED && executes ? vmId + " is to be stopped, but runs" : "";
    }

    Map<String, Integer> ways() {
        return ways;
    }
}
