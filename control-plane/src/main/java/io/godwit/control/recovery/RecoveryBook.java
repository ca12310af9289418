package io.godwit.control.recovery;

import io.godwit.control.ledger.DesiredState;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.recovery.Recovery.State;
import io.godwit.control.recovery.RecoveryStep.Fence;
import io.godwit.control.recovery.RecoveryStep.OfferCommit;
import io.godwit.control.recovery.RecoveryStep.Start;
import io.godwit.control.recovery.RecoveryStep.Wait;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The recoveries of one leader's term: what the planner decides from second to second, told as operations that go on. It
 * decides only which are under way, and so count among the starts. Not thread-safe.
 */
public final class RecoveryBook {
    /** A claim whose answer was lost is claimed anew; the first may still be applied, and then the second is refused. */
    static final long CLAIM_TIMEOUT_MS = 15_000;

    /** A start that takes longer goes on and holds nobody up any more. */
    static final long START_TIMEOUT_MS = 60_000;

    static final int MAX_OVER = 100;

    private final FenceBook fences;
    private final Map<String, Recovery> active = new LinkedHashMap<>();
    private final Deque<Recovery> over = new ArrayDeque<>();

    /** @param fences what it says of a host's fence is what a recovery waits for */
    public RecoveryBook(FenceBook fences) {
        this.fences = fences;
    }

    /** VMs that are being claimed or started now: they get no step, and count among the starts. */
    public Set<String> starting(long nowMs) {
        Set<String> starting = new HashSet<>();
        active.values().forEach(one -> {
            long limitMs = one.state() == State.CLAIMING
                    ? CLAIM_TIMEOUT_MS
                    : one.state() == State.STARTING ? START_TIMEOUT_MS : 0;
            if (nowMs - one.changedAtMs() < limitMs) {
                starting.add(one.vmId());
            }
        });
        return starting;
    }

    /** Any left that is not over: it is to be planned again. */
    public boolean isIdle() {
        return active.isEmpty();
    }

    /**
     * Takes in a plan that was made with {@link #starting} left out.
     *
     * @param records of all VMs
     * @return those that began or changed
     */
    public List<Recovery> planned(List<RecoveryStep> steps, Map<String, VmRecord> records, long nowMs) {
        List<Recovery> changed = new ArrayList<>();
        Set<String> planned = new HashSet<>();
        for (RecoveryStep step : steps) {
            VmRecord vm = records.get(step.vmId());
            if (vm != null) {
                planned.add(vm.id());
                Recovery before = current(vm, changed, nowMs);
                Recovery now = stepped(step, before, nowMs);
                active.put(vm.id(), now);
                if (!now.equals(before) || now.beganAtMs() == nowMs) {
                    changed.add(now);
                }
            }
        }
        Set<String> starting = starting(nowMs);
        for (Recovery one : List.copyOf(active.values())) {
            boolean underWay = starting.contains(one.vmId()) || isStartedAt(one, records.get(one.vmId()));
            if (!planned.contains(one.vmId()) && !underWay) {
                changed.add(
                        end(one, State.ENDED, "it is not needed any more: " + where(records.get(one.vmId())), nowMs));
            }
        }
        return changed;
    }

    /** An operator has asked for the VM to be taken to another host: it is claimed now. */
    public Recovery rescued(Start start, VmRecord vm, long nowMs) {
        Recovery claiming = stepped(start, current(vm, new ArrayList<>(), nowMs), nowMs);
        active.put(vm.id(), claiming);
        return claiming;
    }

    private static boolean isStartedAt(Recovery one, @Nullable VmRecord vm) {
        return one.state() == State.STARTING
                && vm != null
                && vm.desired() == DesiredState.RUNNING
                && vm.owner().hostId().equals(one.to());
    }

    private static String where(@Nullable VmRecord vm) {
        return vm == null
                ? "the VM is gone"
                : "host \"" + vm.owner().hostId() + "\" has the VM, which is to be " + vm.desired();
    }

    /** The VM's recovery from where the record has it; one from elsewhere was overtaken. */
    private Recovery current(VmRecord vm, List<Recovery> changed, long nowMs) {
        String id = vm.id() + "-" + vm.epoch();
        Recovery before = active.get(vm.id());
        if (before != null && before.id().equals(id)) {
            return before;
        }
        if (before != null) {
            changed.add(end(before, State.ENDED, "host \"" + vm.owner().hostId() + "\" is silent too", nowMs));
        }
        return new Recovery(id, vm.id(), vm.spec().name(), vm.owner(), "", State.WAITING, "", nowMs, nowMs);
    }

    private Recovery stepped(RecoveryStep step, Recovery before, long nowMs) {
        if (step instanceof Start start) {
            String host = start.claim().owner().hostId();
            return before.towards(host, State.CLAIMING, "host \"" + host + "\" asks the ledger for it", nowMs);
        } else if (step instanceof Fence fence) {
            return before.in(State.FENCING, fences.describe(fence.holder(), fence.pool()), nowMs);
        } else if (step instanceof OfferCommit offer) {
            String why = "migration " + offer.migrationId() + ": its target on host \""
                    + offer.target().hostId() + "\" decides it";
            return before.in(State.OFFERED, why, nowMs);
        }
        return before.in(State.WAITING, ((Wait) step).reason(), nowMs);
    }

    /** The ledger gave it to the host that was chosen. */
    public Optional<Recovery> claimed(String vmId, long nowMs) {
        return advance(vmId, State.CLAIMING, State.STARTING, "owned by the host that starts it", nowMs);
    }

    /** The claim was refused, or nobody knows. */
    public Optional<Recovery> refused(String vmId, String reason, long nowMs) {
        return advance(vmId, State.CLAIMING, State.WAITING, reason, nowMs);
    }

    /** What its new host says of a VM that is being started. */
    public Optional<Recovery> told(String vmId, boolean runs, String detail, long nowMs) {
        Recovery one = active.get(vmId);
        if (one == null || one.state() != State.STARTING) {
            return Optional.empty();
        }
        if (runs) {
            return Optional.of(end(one, State.COMPLETED, "", nowMs));
        }
        // When it began to start is kept: its detail may change all the time.
        Recovery next = new Recovery(
                one.id(),
                vmId,
                one.vmName(),
                one.from(),
                one.to(),
                State.STARTING,
                detail,
                one.beganAtMs(),
                one.changedAtMs());
        active.put(vmId, next);
        return next.equals(one) ? Optional.empty() : Optional.of(next);
    }

    private Optional<Recovery> advance(String vmId, State from, State to, String why, long nowMs) {
        Recovery one = active.get(vmId);
        if (one == null || one.state() != from) {
            return Optional.empty();
        }
        Recovery next = one.in(to, why, nowMs);
        active.put(vmId, next);
        return Optional.of(next);
    }

    private Recovery end(Recovery one, State state, String why, long nowMs) {
        Recovery ended = one.in(state, why, nowMs);
        active.remove(one.vmId());
        over.addLast(ended);
        if (over.size() > MAX_OVER) {
            over.removeFirst();
        }
        return ended;
    }

    /** Those that wait first, then those that are over, the last first. */
    public List<Recovery> list() {
        List<Recovery> all = new ArrayList<>(active.values());
        over.descendingIterator().forEachRemaining(all::add);
        return all;
    }
}
