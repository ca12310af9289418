package io.godwit.control.ledger;

import io.godwit.config.MigrationParameters;
import io.godwit.config.VmSpec;
import io.godwit.control.ledger.Decision.Outcome;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The ledger's state machine: pure and deterministic, so that every voter that applies the same commands in the same
 * order gives the same answers and the same snapshot. Not thread-safe: the log applies one command at a time.
 *
 * <p>A request id that was answered is answered the same again, while it is among the last
 * {@value #MAX_REQUESTS_PER_VM} of its VM. Ids without a living VM (deleted, or refused at creation) share room for
 * {@value #MAX_STRANGERS} histories, the longest unused going first. A repetition that comes later than that is a new
 * command: epochs, owners and the kept decisions refuse or answer it.
 *
 * <p>The first decision of a migration stands. {@code Abort} of a migration that was never prepared is recorded too:
 * it makes a {@code Prepare} that is still on its way come too late. While a migration is undecided the VM belongs to
 * it: {@code Prepare} of another, {@code SetDesired}, {@code ChangeDevices}, {@code Reclaim} and {@code Delete} are refused. {@code Reclaim} too,
 * because the target may hold the only copy and be running it on {@code Go}: see {@link RestartPlan} for who decides
 * when the source's JVM is gone. Only {@code Claim} ends it from outside, and names it.
 */
public final class LedgerState {
    public static final int MAX_REQUESTS_PER_VM = 16;
    public static final int MAX_DECISIONS_PER_VM = 32;
    public static final int MAX_STRANGERS = 1024;
    /** Beyond this many deletions the oldest id is forgotten; 130 random bits keep it from coming back. */
    public static final int MAX_RETIRED_IDS = 100_000;

    static final int MAX_ID_LENGTH = 64;
    static final int MAX_HOST_LENGTH = 255;

    private final Map<String, VmRecord> vms = new LinkedHashMap<>();
    private final Map<String, String> idsByName = new LinkedHashMap<>();
    private final Map<String, VmHistory> histories = new LinkedHashMap<>();
    private final Set<String> strangers = new LinkedHashSet<>();
    private final Set<String> retiredIds = new LinkedHashSet<>();
    private final VmHistory cluster = new VmHistory();
    private final FailoverState failover = new FailoverState();
    private final MaintenanceStates maintenance = new MaintenanceStates();
    private final RebalancerState rebalancer = new RebalancerState();
    private final HostNames names = new HostNames();
    private MigrationParameters clusterParameters = MigrationParameters.NONE;

    private final int spoken;
    private int level = LedgerLevel.FIRST;

    public LedgerState() {
        this(LedgerLevel.SPOKEN);
    }

    /** @param spoken the highest level that the build speaks: this one's but in tests */
    public LedgerState(int spoken) {
        this.spoken = spoken;
    }

    /**
     * Refused, and not remembered as what was asked under that request id, is what needs a higher level than the ledger's.
     *
     * @throws LedgerLevelException for what only a later build can apply; nothing has changed
     */
    public LedgerAnswer apply(LedgerCommand command) {
        LedgerLevel.check(command, level, spoken);
        String problem = first(LedgerLevel.objection(command, level), problem(command));
        if (problem != null) {
            return new LedgerAnswer.Refused(problem, vms.get(command.vmId()));
        }
        if (command instanceof LedgerCommand.ChangeClusterParameters change) {
            return answerOnce(command, cluster, () -> changeCluster(change));
        }
        if (command instanceof LedgerCommand.ConfirmDead confirm) {
            return answerOnce(command, cluster, () -> confirmDead(confirm));
        }
        if (command instanceof LedgerCommand.SetAutoMigrate set) {
            return answerOnce(command, cluster, () -> setAutoMigrate(set));
        }
        if (isOfMaintenance(command)) {
            return answerOnce(command, cluster, () -> maintain(command));
        }
        if (RebalancerState.concerns(command)) {
            return answerOnce(command, cluster, () -> rebalance(command));
        }
        if (HostNames.concerns(command)) {
            return answerOnce(command, cluster, () -> answer(names.apply(command, level)));
        }
        if (command instanceof LedgerCommand.RaiseLevel raise) {
            return answerOnce(command, cluster, () -> raise(raise));
        }
        VmHistory history = histories.computeIfAbsent(command.vmId(), id -> new VmHistory());
        LedgerAnswer answer = answerOnce(command, history, () -> decide(command, history));
        keepStrangersBounded(command.vmId());
        return answer;
    }

    /** See {@link LedgerLevel}. */
    public int level() {
        return level;
    }

    /**
     * For the leader, before its log: older builds have to read each entry while the ledger is of their level.
     *
     * @throws LedgerFormatException for what needs a higher level than the ledger's
     */
    public void checkLevel(LedgerCommand command) {
        LedgerLevel.checkBeforeLog(command, level, spoken);
    }

    /** What is above the next was refused before. */
    private LedgerAnswer raise(LedgerCommand.RaiseLevel raise) {
        String objection = raise.level() > level ? null : "the ledger is of level " + level + " already";
        level = Math.max(level, raise.level());
        return answer(objection);
    }

    private LedgerAnswer answerOnce(LedgerCommand command, VmHistory history, Supplier<LedgerAnswer> decision) {
        LedgerSnapshot.Answered before = history.answered(command.requestId());
        if (before != null) {
            return before.command().equals(command)
                    ? before.answer()
                    : refused("requestId \"" + command.requestId() + "\" was used for another command", command);
        }
        LedgerAnswer answer = decision.get();
        history.record(command, answer);
        return answer;
    }

    private LedgerAnswer changeCluster(LedgerCommand.ChangeClusterParameters command) {
        clusterParameters = command.change().applyTo(clusterParameters);
        return new LedgerAnswer.Applied(null);
    }

    private LedgerAnswer confirmDead(LedgerCommand.ConfirmDead command) {
        failover.confirmDead(command.host());
        return new LedgerAnswer.Applied(null);
    }

    private LedgerAnswer setAutoMigrate(LedgerCommand.SetAutoMigrate command) {
        return answer(failover.setAutoMigrate(command.hostId(), command.on()));
    }

    /** To a command that names no VM. */
    private static LedgerAnswer answer(@Nullable String objection) {
        return objection == null ? new LedgerAnswer.Applied(null) : new LedgerAnswer.Refused(objection, null);
    }

    /** Names of hosts whose VMs are not started elsewhere without an operator's word. */
    public Set<String> keeping() {
        return failover.keeping();
    }

    private static boolean isOfMaintenance(LedgerCommand command) {
        return command instanceof LedgerCommand.BeginMaintenance
                || command instanceof LedgerCommand.NoteMove
                || command instanceof LedgerCommand.EndMaintenance;
    }

    private LedgerAnswer maintain(LedgerCommand command) {
        String objection;
        if (command instanceof LedgerCommand.BeginMaintenance begin) {
            objection = maintenance.begin(begin);
        } else if (command instanceof LedgerCommand.NoteMove note) {
            objection = maintenance.note(note);
        } else {
            objection = maintenance.end((LedgerCommand.EndMaintenance) command, vms.values());
        }
        return answer(objection);
    }

    /** Whether a host of that name has been in the cluster, and was not forgotten. */
    public boolean isNamed(String hostId) {
        return names.holds(hostId);
    }

    private LedgerAnswer rebalance(LedgerCommand command) {
        VmRecord vm = vms.get(command.vmId());
        String objection = rebalancer.apply(command, vm);
        return objection == null ? new LedgerAnswer.Applied(vm) : new LedgerAnswer.Refused(objection, vm);
    }

    /** What the rebalancer may do unasked, and its moves: those under way, then the last that are over, newest first. */
    public LedgerSnapshot.Rebalancer rebalancer() {
        return rebalancer.snapshot();
    }

    /** Hosts that are not merely active, and those that could be restored. */
    public List<HostMaintenance> maintenance() {
        return maintenance.list();
    }

    /** Whether the VM runs only under permits. */
    public boolean isGuarded(String vmId) {
        return failover.isGuarded(vmId);
    }

    /** Whether an operator said that this life of a host is over. */
    public boolean isConfirmedDead(HostIdentity host) {
        return failover.isConfirmedDead(host);
    }

    /** What is set about the migrations of all VMs. */
    public MigrationParameters clusterParameters() {
        return clusterParameters;
    }

    public Optional<VmRecord> find(String vmId) {
        return Optional.ofNullable(vms.get(vmId));
    }

    /** In the order of creation. */
    public List<VmRecord> list() {
        return List.copyOf(vms.values());
    }

    public LedgerSnapshot snapshot() {
        List<LedgerSnapshot.History> kept = new ArrayList<>(histories.size());
        vms.keySet().forEach(id -> addHistory(id, kept));
        strangers.forEach(id -> addHistory(id, kept));
        return new LedgerSnapshot(
                list(),
                kept,
                List.copyOf(retiredIds),
                new LedgerSnapshot.ClusterParameters(clusterParameters, cluster.answered(), rebalancer.snapshot()),
                failover.snapshot(),
                maintenance.list(),
                names.snapshot(),
                level);
    }

    private void addHistory(String vmId, List<LedgerSnapshot.History> kept) {
        VmHistory history = histories.get(vmId);
        if (history != null) {
            kept.add(history.toSnapshot(vmId));
        }
    }

    /**
     * @throws IllegalArgumentException for a snapshot that contradicts itself
     * @throws LedgerLevelException for one of a higher level than this build speaks
     */
    public static LedgerState restore(LedgerSnapshot snapshot) {
        return restore(snapshot, LedgerLevel.SPOKEN);
    }

    /** @param spoken as in {@link #LedgerState(int)} */
    public static LedgerState restore(LedgerSnapshot snapshot, int spoken) {
        if (snapshot.level() > spoken) {
            throw new LedgerLevelException(snapshot.level(), spoken);
        }
        LedgerState state = new LedgerState(spoken);
        state.level = snapshot.level();
        for (VmRecord vm : snapshot.vms()) {
            if (state.vms.put(vm.id(), vm) != null
                    || state.idsByName.put(vm.spec().name(), vm.id()) != null) {
                throw new IllegalArgumentException("ledger snapshot holds two VMs with id \"" + vm.id()
                        + "\" or name \"" + vm.spec().name() + "\"; ids and names are unique");
            }
        }
        for (LedgerSnapshot.History history : snapshot.histories()) {
            state.histories.put(history.vmId(), VmHistory.of(history));
            if (!state.vms.containsKey(history.vmId())) {
                state.strangers.add(history.vmId());
            }
        }
        state.retiredIds.addAll(snapshot.retiredIds());
        state.clusterParameters = snapshot.cluster().parameters();
        state.rebalancer.restore(snapshot.cluster().rebalancer());
        state.failover.restore(snapshot.failover());
        state.maintenance.restore(snapshot.maintenance());
        state.names.restore(snapshot.names());
        snapshot.cluster().requests().forEach(entry -> state.cluster.record(entry.command(), entry.answer()));
        return state;
    }

    private LedgerAnswer decide(LedgerCommand command, VmHistory history) {
        VmRecord vm = vms.get(command.vmId());
        String objection = first(failover.objection(command), maintenance.objection(command, vm));
        if (objection != null) {
            return new LedgerAnswer.Refused(objection, vm);
        } else if (command instanceof LedgerCommand.Create create) {
            return define(create, create.spec(), create.owner(), DesiredState.STOPPED);
        } else if (command instanceof LedgerCommand.Define define) {
            return define(define);
        } else if (vm == null) {
            return new LedgerAnswer.Refused("no VM has id \"" + command.vmId() + "\"", null);
        } else if (command instanceof LedgerCommand.Delete delete) {
            return delete(delete, vm);
        } else if (command instanceof LedgerCommand.SetDesired setDesired) {
            return setDesired(setDesired, vm);
        } else if (command instanceof LedgerCommand.Reclaim reclaim) {
            return reclaim(reclaim, vm);
        } else if (command instanceof LedgerCommand.SetGuarded guard) {
            return setGuarded(guard, vm);
        } else if (command instanceof LedgerCommand.Claim claim) {
            return claim(claim, vm, history);
        } else if (command instanceof LedgerCommand.ChangeVmParameters change) {
            return applied(vm.with(change.change().applyTo(vm.parameters())));
        } else if (command instanceof LedgerCommand.ChangeDevices change) {
            return changeDevices(change, vm);
        } else if (command instanceof LedgerCommand.Prepare prepare) {
            return prepare(prepare, vm, history);
        } else if (command instanceof LedgerCommand.Abort abort) {
            return abort(abort, vm, history);
        } else {
            return commit((LedgerCommand.Commit) command, vm, history);
        }
    }

    private LedgerAnswer define(LedgerCommand.Define define) {
        LedgerAnswer answer = define(define, define.spec(), define.owner(), define.desired());
        if (define.guarded() && answer instanceof LedgerAnswer.Applied) {
            failover.setGuarded(define.vmId(), true);
        }
        return answer;
    }

    private LedgerAnswer define(LedgerCommand command, VmSpec spec, HostIdentity owner, DesiredState desired) {
        String vmId = command.vmId();
        if (vms.containsKey(vmId) || retiredIds.contains(vmId)) {
            return refused("id \"" + vmId + "\" was used before; ids are never reused", command);
        }
        String holder = idsByName.get(spec.name());
        if (holder != null) {
            return new LedgerAnswer.Refused("name \"" + spec.name() + "\" is taken by VM " + holder, vms.get(holder));
        }
        String objection = Claims.objection(spec, vms.values());
        if (objection != null) {
            return refused(objection, command);
        }
        idsByName.put(spec.name(), vmId);
        strangers.remove(vmId);
        return applied(new VmRecord(vmId, spec, owner, 1, desired, null, null));
    }

    private LedgerAnswer delete(LedgerCommand.Delete delete, VmRecord vm) {
        String objection = objection(vm, delete.owner(), delete.epoch());
        if (objection == null && vm.desired() != DesiredState.STOPPED) {
            objection = "VM \"" + vm.spec().name() + "\" is " + vm.desired() + "; only a STOPPED one is deleted";
        }
        if (objection != null) {
            return new LedgerAnswer.Refused(objection, vm);
        }
        vms.remove(vm.id());
        idsByName.remove(vm.spec().name());
        failover.setGuarded(vm.id(), false);
        retiredIds.add(vm.id());
        if (retiredIds.size() > MAX_RETIRED_IDS) {
            retiredIds.remove(retiredIds.iterator().next());
        }
        return new LedgerAnswer.Applied(null);
    }

    private LedgerAnswer setDesired(LedgerCommand.SetDesired set, VmRecord vm) {
        String objection = objection(vm, set.owner(), set.epoch());
        return objection != null ? new LedgerAnswer.Refused(objection, vm) : applied(vm.desiring(set.desired()));
    }

    private LedgerAnswer reclaim(LedgerCommand.Reclaim reclaim, VmRecord vm) {
        String objection = objection(vm, reclaim.previous(), reclaim.epoch());
        if (objection == null
                && !reclaim.owner().hostId().equals(reclaim.previous().hostId())) {
            objection = "host \"" + reclaim.owner().hostId() + "\" cannot reclaim from host \""
                    + reclaim.previous().hostId() + "\"; only the same host can";
        }
        if (objection == null && reclaim.owner().equals(reclaim.previous())) {
            objection = "incarnation \"" + reclaim.owner().incarnation() + "\" owns the VM already";
        }
        return objection != null
                ? new LedgerAnswer.Refused(objection, vm)
                : applied(vm.ownedBy(reclaim.owner(), vm.epoch() + 1));
    }

    private LedgerAnswer changeDevices(LedgerCommand.ChangeDevices change, VmRecord vm) {
        String objection = objection(vm, change.owner(), change.epoch());
        if (objection == null) {
            objection = Claims.objection(change, vm, vms.values());
        }
        return objection != null ? new LedgerAnswer.Refused(objection, vm) : applied(vm.defined(change.after()));
    }

    private LedgerAnswer setGuarded(LedgerCommand.SetGuarded set, VmRecord vm) {
        String objection = objection(vm, set.owner(), set.epoch());
        if (objection != null) {
            return new LedgerAnswer.Refused(objection, vm);
        }
        failover.setGuarded(vm.id(), set.guarded());
        return new LedgerAnswer.Applied(vm);
    }

    private LedgerAnswer claim(LedgerCommand.Claim claim, VmRecord vm, VmHistory history) {
        String objection = failover.objection(claim, vm);
        if (objection != null) {
            return new LedgerAnswer.Refused(objection, vm);
        }
        VmRecord claimed = vm.ownedBy(claim.owner(), vm.epoch() + 1);
        if (claim.migrationId() == null) {
            return applied(claimed);
        }
        Decision decision = new Decision(claim.migrationId(), Outcome.CLAIMED);
        history.decide(decision);
        return applied(claimed.decided(decision));
    }

    private LedgerAnswer prepare(LedgerCommand.Prepare prepare, VmRecord vm, VmHistory history) {
        Decision decided = history.decision(prepare.migrationId());
        if (decided != null) {
            return new LedgerAnswer.AlreadyDecided(decided);
        }
        String objection = objection(vm, prepare.source(), prepare.epoch());
        if (objection == null
                && prepare.source().hostId().equals(prepare.target().hostId())) {
            objection = "host \"" + prepare.target().hostId() + "\" is both source and target";
        }
        if (objection != null) {
            return new LedgerAnswer.Refused(objection, vm);
        }
        PreparedMigration prepared =
                new PreparedMigration(prepare.migrationId(), prepare.epoch(), prepare.source(), prepare.target());
        return applied(vm.preparedFor(prepared));
    }

    private LedgerAnswer abort(LedgerCommand.Abort abort, VmRecord vm, VmHistory history) {
        Decision decided = history.decision(abort.migrationId());
        if (decided != null) {
            return new LedgerAnswer.AlreadyDecided(decided);
        }
        Decision decision = new Decision(abort.migrationId(), Outcome.ABORTED);
        history.decide(decision);
        PreparedMigration other = isPrepared(vm, abort.migrationId()) ? null : vm.prepared();
        return applied(vm.preparedFor(other).decided(decision));
    }

    private LedgerAnswer commit(LedgerCommand.Commit commit, VmRecord vm, VmHistory history) {
        Decision decided = history.decision(commit.migrationId());
        if (decided != null) {
            return new LedgerAnswer.AlreadyDecided(decided);
        }
        PreparedMigration prepared = vm.prepared();
        if (prepared == null || !isPrepared(vm, commit.migrationId())) {
            return new LedgerAnswer.Refused("migration \"" + commit.migrationId() + "\" is not prepared", vm);
        }
        Decision decision = new Decision(commit.migrationId(), Outcome.COMMITTED);
        history.decide(decision);
        return applied(vm.ownedBy(prepared.target(), prepared.epoch() + 1).decided(decision));
    }

    private LedgerAnswer applied(VmRecord vm) {
        vms.put(vm.id(), vm);
        return new LedgerAnswer.Applied(vm);
    }

    private LedgerAnswer refused(String reason, LedgerCommand command) {
        return new LedgerAnswer.Refused(reason, vms.get(command.vmId()));
    }

    private static boolean isPrepared(VmRecord vm, String migrationId) {
        return vm.prepared() != null && vm.prepared().migrationId().equals(migrationId);
    }

    /** What stands against a command that expects this owner and epoch; null if nothing does. */
    private static @Nullable String objection(VmRecord vm, HostIdentity owner, long epoch) {
        if (!vm.owner().equals(owner) || vm.epoch() != epoch) {
            return "expected owner " + describe(owner) + " at epoch " + epoch + ", but it is " + describe(vm.owner())
                    + " at epoch " + vm.epoch();
        }
        PreparedMigration prepared = vm.prepared();
        return prepared == null
                ? null
                : "the VM belongs to migration \"" + prepared.migrationId() + "\" until that is decided";
    }

    static String describe(HostIdentity host) {
        return "\"" + host.hostId() + "\" (incarnation " + host.incarnation() + ")";
    }

    private void keepStrangersBounded(String vmId) {
        if (vms.containsKey(vmId)) {
            return;
        }
        strangers.remove(vmId);
        strangers.add(vmId);
        if (strangers.size() > MAX_STRANGERS) {
            String eldest = strangers.iterator().next();
            strangers.remove(eldest);
            histories.remove(eldest);
        }
    }

    private static @Nullable String problem(LedgerCommand command) {
        if (command instanceof LedgerCommand.ChangeClusterParameters || command instanceof LedgerCommand.RaiseLevel) {
            return lengthProblem("requestId", command.requestId(), MAX_ID_LENGTH);
        }
        if (command instanceof LedgerCommand.ConfirmDead confirm) {
            return first(lengthProblem("requestId", command.requestId(), MAX_ID_LENGTH), problem(confirm.host()));
        }
        if (command instanceof LedgerCommand.SetAutoMigrate set) {
            return first(
                    lengthProblem("requestId", command.requestId(), MAX_ID_LENGTH),
                    lengthProblem("hostId", set.hostId(), MAX_HOST_LENGTH));
        }
        if (HostNames.concerns(command)) {
            return first(lengthProblem("requestId", command.requestId(), MAX_ID_LENGTH), HostNames.problem(command));
        }
        if (RebalancerState.concerns(command)) {
            return first(
                    lengthProblem("requestId", command.requestId(), MAX_ID_LENGTH), BalanceMoveCheck.problem(command));
        }
        if (isOfMaintenance(command)) {
            return first(lengthProblem("requestId", command.requestId(), MAX_ID_LENGTH), maintenanceProblem(command));
        }
        String problem =
                first(vmIdProblem(command.vmId()), lengthProblem("requestId", command.requestId(), MAX_ID_LENGTH));
        if (command instanceof LedgerCommand.Create create) {
            return first(problem, problem(create.owner()));
        } else if (command instanceof LedgerCommand.Define define) {
            return first(problem, problem(define.owner()));
        } else if (command instanceof LedgerCommand.Reclaim reclaim) {
            return first(problem, problem(reclaim.owner()));
        } else if (command instanceof LedgerCommand.Claim claim) {
            return first(problem, problem(claim.owner()));
        } else if (command instanceof LedgerCommand.Prepare prepare) {
            return first(
                    problem,
                    first(
                            lengthProblem("migrationId", prepare.migrationId(), MAX_ID_LENGTH),
                            problem(prepare.target())));
        } else if (command instanceof LedgerCommand.Abort abort) {
            return first(problem, lengthProblem("migrationId", abort.migrationId(), MAX_ID_LENGTH));
        } else if (command instanceof LedgerCommand.Commit commit) {
            return first(problem, lengthProblem("migrationId", commit.migrationId(), MAX_ID_LENGTH));
        } else {
            return problem;
        }
    }

    private static @Nullable String maintenanceProblem(LedgerCommand command) {
        if (command instanceof LedgerCommand.BeginMaintenance begin) {
            int concurrency = begin.concurrency();
            return first(
                    operationProblem(begin.host(), begin.operationId()),
                    concurrency >= 1 && concurrency <= HostMaintenance.MAX_CONCURRENCY
                            ? null
                            : "concurrency " + concurrency + " is not accepted; expected 1 to "
                                    + HostMaintenance.MAX_CONCURRENCY);
        } else if (command instanceof LedgerCommand.NoteMove note) {
            return first(
                    operationProblem(note.host(), note.operationId()),
                    first(vmIdProblem(note.movedVmId()), lengthProblem("target", note.target(), MAX_HOST_LENGTH)));
        }
        LedgerCommand.EndMaintenance end = (LedgerCommand.EndMaintenance) command;
        return operationProblem(end.host(), end.operationId());
    }

    private static @Nullable String operationProblem(String host, String operationId) {
        return first(
                lengthProblem("host", host, MAX_HOST_LENGTH), lengthProblem("operationId", operationId, MAX_ID_LENGTH));
    }

    static @Nullable String vmIdProblem(String vmId) {
        return VmIds.isValid(vmId)
                ? null
                : "vmId \"" + shortened(vmId) + "\" is not accepted; expected 26 lower-case letters and digits";
    }

    private static @Nullable String problem(HostIdentity host) {
        return first(
                lengthProblem("hostId", host.hostId(), MAX_HOST_LENGTH),
                lengthProblem("incarnation", host.incarnation(), MAX_ID_LENGTH));
    }

    static @Nullable String first(@Nullable String one, @Nullable String other) {
        return one != null ? one : other;
    }

    static @Nullable String lengthProblem(String field, String value, int limit) {
        return !value.isBlank() && value.length() <= limit
                ? null
                : field + " \"" + shortened(value) + "\" is not accepted; expected 1 to " + limit + " characters";
    }

    private static String shortened(String value) {
        return value.length() > 80 ? value.substring(0, 80) + "…" : value;
    }
}
