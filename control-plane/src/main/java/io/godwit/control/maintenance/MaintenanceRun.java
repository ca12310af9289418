package io.godwit.control.maintenance;

import io.godwit.config.InvalidValueException;
import io.godwit.control.ledger.DesiredState;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.HostMaintenance;
import io.godwit.control.ledger.HostMaintenance.State;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.maintenance.MaintenanceStep.Cancel;
import io.godwit.control.maintenance.MaintenanceStep.End;
import io.godwit.control.maintenance.MaintenanceStep.Migrate;
import io.godwit.control.maintenance.MaintenanceStep.Note;
import io.godwit.control.maintenance.VmProgress.Phase;
import io.godwit.control.recovery.HostChooser;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One drain or restore from its beginning in the ledger, or from a restart, to its end. Not thread-safe: one actor owns
 * it. Instants are in ms of any clock that does not go back.
 *
 * <p>It is asked again and again what to do about the VMs as the ledger has them, and remembers only which moves it has
 * under way and how often one failed. A VM counts as moved when the ledger gives it to another host, whatever was
 * reported of its migration. So a run that is made anew goes on where the one before it was.
 *
 * <p>From an abort on no move begins. It holds for good once the ledger has recorded it, and is asked for until then.
 */
public final class MaintenanceRun {
    static final long FIRST_RETRY_MS = 2_000;
    static final long LONGEST_RETRY_MS = 30_000;
    /** Each look asks the ledger and every other host: where nothing is heard, it is looked this seldom. */
    static final long LOOK_INTERVAL_MS = 2_000;

    /** What becomes of moves that are under way when an operation is aborted. */
    public enum Running {
        CANCELLED,
        FINISHED
    }

    private static final class UnderWay {
        private final String target;
        private final @Nullable HostIdentity identity;
        private @Nullable String migrationId;

        UnderWay(String target, @Nullable HostIdentity identity) {
            this.target = target;
            this.identity = identity;
        }
    }

    private record Failure(int count, String reason, long retryAtMs) {}

    private final HostMaintenance begun;
    private final boolean restore;
    private final Map<String, String> noted = new LinkedHashMap<>();
    private final Map<String, UnderWay> underWay = new LinkedHashMap<>();
    private final Map<String, Failure> failures = new TreeMap<>();
    private final Map<String, VmProgress> progress = new LinkedHashMap<>();
    private @Nullable Running aborted;
    private boolean lookedSinceHeard;
    private long lookedAtMs;
    private boolean endAsked;
    private boolean ended;
    private boolean completed;

    /** @param begun as the ledger has it: draining or restoring */
    public MaintenanceRun(HostMaintenance begun) {
        if (begun.state() != State.DRAINING && begun.state() != State.RESTORING) {
            throw new InvalidValueException("state", begun.state(), "DRAINING or RESTORING");
        }
        this.begun = begun;
        this.restore = begun.state() == State.RESTORING;
        begun.moves().forEach(move -> noted.put(move.vmId(), move.hostId()));
    }

    public String operationId() {
        return begun.operationId();
    }

    public String hostId() {
        return begun.hostId();
    }

    public boolean isRestore() {
        return restore;
    }

    /** One for each VM that it concerns, as of the last look and the reports since. */
    public List<VmProgress> progress() {
        return List.copyOf(progress.values());
    }

    /** Whether no move begins any more. */
    public boolean isAborted() {
        return aborted != null;
    }

    /** Whether its end is recorded and nothing of it is under way. */
    public boolean isOver() {
        return ended && underWay.isEmpty();
    }

    /** Whether the ledger recorded that all was done. */
    public boolean isCompleted() {
        return ended && completed;
    }

    /** Migrations that it has under way, by VM. */
    public Map<String, String> migrations() {
        Map<String, String> ids = new LinkedHashMap<>();
        underWay.forEach((vmId, move) -> {
            if (move.migrationId != null) {
                ids.put(vmId, move.migrationId);
            }
        });
        return ids;
    }

    /** Whether a look may find more to do than the last one: something was heard since, or it is long ago. */
    public boolean isLookDue(long nowMs) {
        return !lookedSinceHeard || nowMs - lookedAtMs >= LOOK_INTERVAL_MS;
    }

    /**
     * Looks at all VMs anew.
     *
     * @param vms as the ledger has them
     * @param chooser for a drain: never this host, nor one that takes no VMs
     */
    public List<MaintenanceStep> look(List<VmRecord> vms, HostChooser chooser, long nowMs) {
        List<MaintenanceStep> steps = new ArrayList<>();
        lookedSinceHeard = true;
        lookedAtMs = nowMs;
        if (ended) {
            return steps;
        } else if (aborted != null) {
            return end(false);
        }
        progress.clear();
        boolean left = false;
        for (VmRecord vm : vms) {
            if (restore ? isToComeBack(vm) : isToLeave(vm)) {
                left = true;
                move(vm, chooser, nowMs, steps);
            } else {
                settled(vm);
            }
        }
        return left || !underWay.isEmpty() ? steps : end(true);
    }

    private boolean isToLeave(VmRecord vm) {
        return vm.owner().hostId().equals(begun.hostId()) && vm.desired() != DesiredState.STOPPED;
    }

    private boolean isToComeBack(VmRecord vm) {
        return vm.owner().hostId().equals(noted.get(vm.id())) && vm.desired() != DesiredState.STOPPED;
    }

    private void settled(VmRecord vm) {
        String owner = vm.owner().hostId();
        String target = noted.get(vm.id());
        boolean here = owner.equals(begun.hostId());
        if (restore && target != null) {
            show(vm, here ? Phase.MOVED : Phase.STAYS, owner, here ? "" : awayReason(vm, target));
        } else if (!restore && here) {
            show(vm, Phase.STAYS, owner, "it is stopped");
        } else if (!restore && target != null) {
            show(vm, owner.equals(target) ? Phase.MOVED : Phase.STAYS, owner, awayReason(vm, target));
        }
    }

    private static String awayReason(VmRecord vm, String target) {
        String owner = vm.owner().hostId();
        if (!owner.equals(target)) {
            return "it is on host " + owner + " by now, not on " + target + " where the drain put it";
        }
        return vm.desired() == DesiredState.STOPPED ? "it is stopped" : "";
    }

    private void move(VmRecord vm, HostChooser chooser, long nowMs, List<MaintenanceStep> steps) {
        UnderWay move = underWay.get(vm.id());
        Failure failure = failures.get(vm.id());
        if (move != null) {
            show(vm, Phase.MOVING, move.target, "");
        } else if (failure != null && nowMs < failure.retryAtMs()) {
            show(vm, Phase.FAILED, "", failure.reason());
        } else if (vm.prepared() != null) {
            show(vm, Phase.WAITING, "", "migration " + vm.prepared().migrationId() + " of it is not over");
        } else if (underWay.size() >= begun.concurrency()) {
            show(vm, Phase.WAITING, "", "its turn: " + underWay.size() + " others are moving");
        } else if (restore) {
            start(vm, begun.hostId(), null, steps);
        } else {
            leave(vm, chooser.choose(vm, placed()), steps);
        }
    }

    private void leave(VmRecord vm, HostChooser.Choice choice, List<MaintenanceStep> steps) {
        if (choice instanceof HostChooser.Choice.On on) {
            start(vm, on.host().hostId(), on.host(), steps);
        } else {
            List<String> reasons = ((HostChooser.Choice.Nowhere) choice).reasons();
            show(vm, Phase.WAITING, "", "no host takes it: " + String.join("; ", reasons));
        }
    }

    private String word() {
        return restore ? "restore" : "drain";
    }

    private Map<String, HostIdentity> placed() {
        Map<String, HostIdentity> placed = new LinkedHashMap<>();
        underWay.forEach((vmId, move) -> {
            if (move.identity != null) {
                placed.put(vmId, move.identity);
            }
        });
        return placed;
    }

    private void start(VmRecord vm, String target, @Nullable HostIdentity identity, List<MaintenanceStep> steps) {
        underWay.put(vm.id(), new UnderWay(target, identity));
        show(vm, Phase.MOVING, target, "");
        steps.add(restore ? new Migrate(vm.id(), target) : new Note(vm.id(), target));
    }

    private void show(VmRecord vm, Phase phase, String host, String reason) {
        progress.put(vm.id(), new VmProgress(vm.id(), vm.spec().name(), phase, host, reason));
    }

    private void show(String vmId, Phase phase, String reason) {
        progress.computeIfPresent(
                vmId, (id, before) -> new VmProgress(id, before.vmName(), phase, before.host(), reason));
    }

    /** The ledger knows where the VM goes. */
    public List<MaintenanceStep> noted(String vmId) {
        UnderWay move = underWay.get(vmId);
        if (move == null) {
            return List.of();
        }
        noted.put(vmId, move.target);
        if (aborted != null) {
            underWay.remove(vmId);
            show(vmId, Phase.STAYS, "the " + word() + " was aborted");
            return List.of();
        }
        return List.of(new Migrate(vmId, move.target));
    }

    /** Its migration is under way. */
    public List<MaintenanceStep> begun(String vmId, String migrationId) {
        UnderWay move = underWay.get(vmId);
        if (move == null) {
            return List.of();
        }
        move.migrationId = migrationId;
        return aborted == Running.CANCELLED ? List.of(new Cancel(vmId, migrationId)) : List.of();
    }

    /** Its migration completed: the ledger has the VM at the target, or will soon. */
    public void moved(String vmId) {
        if (underWay.remove(vmId) != null) {
            lookedSinceHeard = false;
            failures.remove(vmId);
            show(vmId, Phase.MOVED, "");
        }
    }

    /** A step for it failed, or its migration did. */
    public void failed(String vmId, String reason, long nowMs) {
        if (underWay.remove(vmId) != null) {
            lookedSinceHeard = false;
            Failure before = failures.get(vmId);
            int count = before == null ? 1 : before.count() + 1;
            long pauseMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS << Math.min(count - 1, 10));
            failures.put(vmId, new Failure(count, reason, nowMs + pauseMs));
            show(vmId, aborted == null ? Phase.FAILED : Phase.STAYS, reason);
        }
    }

    /** No move begins from here on. Empty when it is too late: its end is recorded. */
    public Optional<List<MaintenanceStep>> abort(Running running) {
        if (ended) {
            return Optional.empty();
        }
        aborted = running;
        progress.replaceAll((vmId, vm) -> vm.phase() == Phase.WAITING || vm.phase() == Phase.FAILED
                ? new VmProgress(vmId, vm.vmName(), Phase.STAYS, vm.host(), "the " + word() + " was aborted")
                : vm);
        List<MaintenanceStep> steps = new ArrayList<>(end(false));
        if (running == Running.CANCELLED) {
            migrations().forEach((vmId, migrationId) -> steps.add(new Cancel(vmId, migrationId)));
        }
        return Optional.of(steps);
    }

    private List<MaintenanceStep> end(boolean done) {
        if (endAsked) {
            return List.of();
        }
        endAsked = true;
        completed = done;
        return List.of(new End(done));
    }

    /** The ledger has recorded the end that was asked for. */
    public void recorded(boolean asCompleted) {
        ended = true;
        completed = asCompleted;
    }

    /** It has not, or nobody knows: it is asked again at the next look, if it is still due then. */
    public void notRecorded() {
        endAsked = false;
    }
}
