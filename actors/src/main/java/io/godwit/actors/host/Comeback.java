package io.godwit.actors.host;

import io.godwit.actors.cluster.NodeServices;
import io.godwit.control.ledger.DesiredState;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.RestartPlan;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.recovery.StartQueue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which VMs this host brings up by itself: those that the ledger gave it, by recovery or from an earlier life, and that
 * are to run; few at a time. A VM whose host lost with its memory all that it had, being neither stateless nor with a disk
 * to write, waits for an operator. Part of its host's actor: used by its thread only.
 */
final class Comeback {
    /** Each look is an entry of the ledger. Whoever gives this host a VM tells it so: nothing waits for the longer one. */
    private static final Duration BUSY_LOOK = Duration.ofSeconds(4);

    private static final Duration IDLE_LOOK = Duration.ofSeconds(15);
    private static final int STARTS_AT_A_TIME = 2;
    private static final long FIRST_RETRY_MS = 5_000;
    private static final long LONGEST_RETRY_MS = 60_000;

    /** A start that failed, and before when it is not tried again. */
    private record Failure(long retryMs, long notBeforeMs) {}

    private final NodeServices node;
    private final StartQueue starts = new StartQueue(STARTS_AT_A_TIME);
    private final Map<String, VmRecord> toStart = new HashMap<>();
    private final Map<String, Failure> failures = new HashMap<>();
    private final Set<String> asked = new HashSet<>();
    private boolean busy;

    Comeback(NodeServices node) {
        this.node = node;
    }

    /**
     * Holds what the ledger says is this host's.
     *
     * @param askedIn the period in which the ledger was read
     */
    void own(List<VmRecord> all, long askedIn) {
        for (VmRecord vm : all) {
            if (isOwn(vm) && !node.permits().isHeld(vm.id())) {
                node.guarding().own(vm, askedIn);
            }
        }
    }

    private boolean isOwn(VmRecord vm) {
        return vm.owner().equals(node.ownership().self()) && vm.prepared() == null;
    }

    /** What is to be asked of the ledger about earlier lives of this host: each command once, until {@link #notAnswered}. */
    List<LedgerCommand> questions(List<VmRecord> all) {
        HostIdentity self = node.ownership().self();
        Set<String> lasting = new HashSet<>();
        all.stream().filter(vm -> vm.spec().outlivesPowerLoss()).forEach(vm -> lasting.add(vm.id()));
        List<LedgerCommand> questions = new ArrayList<>();
        RestartPlan.of(self, all).reclaims().stream()
                .filter(reclaim -> lasting.contains(reclaim.vmId()))
                .forEach(questions::add);
        RestartPlan.gone(self, all)
                .forEach(dead -> questions.add(new LedgerCommand.ConfirmDead("gone/" + dead.incarnation(), dead)));
        questions.removeIf(question -> !asked.add(key(question)));
        return questions;
    }

    void notAnswered(LedgerCommand question) {
        asked.remove(key(question));
    }

    private static String key(LedgerCommand question) {
        return question.vmId() + "/" + question.requestId();
    }

    /**
     * Takes note of the VMs that have to be started.
     *
     * @param nowMs of whatever clock the calls share
     */
    void look(List<VmRecord> all, long nowMs) {
        Set<String> known = new HashSet<>();
        busy = all.stream().anyMatch(this::isUnsettled);
        for (VmRecord vm : all) {
            known.add(vm.id());
            boolean absent = node.vault().find(vm.id()).isEmpty();
            boolean ours = isOwn(vm) && node.permits().isOwned(vm.id(), vm.epoch());
            boolean due = !failures.containsKey(vm.id())
                    || nowMs >= failures.get(vm.id()).notBeforeMs();
            if (ours
                    && absent
                    && due
                    && vm.desired() == DesiredState.RUNNING
                    && vm.spec().outlivesPowerLoss()) {
                toStart.put(vm.id(), vm);
                starts.add(vm.id(), vm.spec().availability().priority());
            }
        }
        failures.keySet().retainAll(known);
    }

    /** Whether the VM is this host's, of this life or an earlier one, and not yet as it is to be. */
    private boolean isUnsettled(VmRecord vm) {
        boolean absent = node.vault().find(vm.id()).isEmpty();
        return vm.owner().hostId().equals(node.hostId())
                && (vm.prepared() != null
                        || (absent
                                && vm.desired() == DesiredState.RUNNING
                                && vm.spec().outlivesPowerLoss()));
    }

    Duration untilNextLook() {
        return busy ? BUSY_LOOK : IDLE_LOOK;
    }

    /** The next to be started now, to be asked until there is none. */
    Optional<VmRecord> next() {
        return starts.next().map(toStart::remove);
    }

    /** @param failed whether it could not be started: it is tried again, but not at once */
    void ended(String vmId, boolean failed, long nowMs) {
        starts.done(vmId);
        if (failed) {
            Failure before = failures.get(vmId);
            long retryMs = before == null ? FIRST_RETRY_MS : Math.min(2 * before.retryMs(), LONGEST_RETRY_MS);
            failures.put(vmId, new Failure(retryMs, nowMs + retryMs));
        } else {
            failures.remove(vmId);
        }
    }
}
