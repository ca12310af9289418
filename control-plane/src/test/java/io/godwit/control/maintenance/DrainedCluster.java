package io.godwit.control.maintenance;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.config.DirtyLogKind;
import io.godwit.config.VmSpec;
import io.godwit.control.ledger.DesiredState;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.HostMaintenance;
import io.godwit.control.ledger.HostMaintenance.State;
import io.godwit.control.ledger.LedgerAnswer;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.LedgerState;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.maintenance.MaintenanceRun.Running;
import io.godwit.control.maintenance.MaintenanceStep.Cancel;
import io.godwit.control.maintenance.MaintenanceStep.End;
import io.godwit.control.maintenance.MaintenanceStep.Migrate;
import io.godwit.control.maintenance.MaintenanceStep.Note;
import io.godwit.control.recovery.HostChooser;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Host a of three hosts is drained, restored, aborted and restarted at random. Steps are carried out late, in any order
 * of VMs; a ledger's answer may be lost; migrations fail; hosts refuse. What must always hold is asserted on the way.
 */
final class DrainedCluster {
    private static final int STEPS = 400;
    private static final List<HostIdentity> OTHERS = List.of(new HostIdentity("b", "b1"), new HostIdentity("c", "c1"));

    private record Migration(String id, String vmId, HostIdentity source, HostIdentity target) {}

    int aborts;
    int restarts;
    int maintenances;
    int restored;

    private final long seed;
    private final SplittableRandom random;
    private final LedgerState ledger = new LedgerState();
    private final Map<String, Migration> migrations = new LinkedHashMap<>();
    private final List<MaintenanceStep> pending = new ArrayList<>();
    private HostIdentity a = new HostIdentity("a", "a1");
    private @Nullable HostIdentity lost;
    private @Nullable MaintenanceRun run;
    private int concurrency;
    private int ids;
    private long nowMs;
    private boolean faults = true;

    DrainedCluster(long seed) {
        this.seed = seed;
        this.random = new SplittableRandom(seed);
        int vms = 1 + random.nextInt(5);
        for (int i = 0; i < vms; i++) {
            String id = "v".repeat(25) + i;
            VmSpec spec = new VmSpec("vm" + i, 64 << 20, 1, "/k", "", null, DirtyLogKind.BITMAP, new TreeSet<>());
            apply(new LedgerCommand.Create(id(), id, spec, a));
            if (random.nextInt(5) > 0) {
                apply(new LedgerCommand.SetDesired(id(), id, a, 1, DesiredState.RUNNING));
            }
        }
    }

    private String id() {
        return "r" + ids++;
    }

    private LedgerAnswer apply(LedgerCommand command) {
        return ledger.apply(command);
    }

    private HostMaintenance maintenance() {
        return ledger.maintenance().stream()
                .filter(host -> host.hostId().equals("a"))
                .findFirst()
                .orElse(HostMaintenance.none("a"));
    }

    void run() {
        for (int i = 0; i < STEPS; i++) {
            step();
        }
        settle();
    }

    void abortAt(int step) {
        begin(false);
        for (int i = 0; i < step; i++) {
            advance();
        }
        abort();
        settle();
        if (maintenance().state() == State.ACTIVE) {
            begin(true);
            settle();
        }
    }

    private void step() {
        int what = random.nextInt(100);
        if (what < 3) {
            begin(random.nextBoolean());
        } else if (what < 5) {
            abort();
        } else if (what < 6) {
            restart();
        } else if (what < 8) {
            lost = lost == null ? OTHERS.get(random.nextInt(2)) : null;
        } else if (what < 10) {
            operatorActs();
        } else {
            advance();
        }
    }

    private void advance() {
        nowMs += random.nextInt(3_000);
        switch (random.nextInt(3)) {
            case 0 -> look();
            case 1 -> carryOutOne();
            default -> endOneMigration();
        }
        check();
    }

    /** Without further faults everything comes to its end. */
    private void settle() {
        faults = false;
        lost = null;
        for (int i = 0; i < 2_000 && run != null; i++) {
            advance();
        }
        assertThat(run).as("it ends; seed %d", seed).isNull();
        assertThat(maintenance().state()).as("seed %d", seed).isIn(State.ACTIVE, State.MAINTENANCE);
    }

    private void begin(boolean restore) {
        int atATime = 1 + random.nextInt(3);
        if (run == null && applied(new LedgerCommand.BeginMaintenance(id(), "a", id(), restore, atATime))) {
            concurrency = atATime;
            run = new MaintenanceRun(maintenance());
        }
    }

    private boolean applied(LedgerCommand command) {
        return apply(command) instanceof LedgerAnswer.Applied;
    }

    private void abort() {
        if (run != null) {
            Running running = random.nextBoolean() ? Running.CANCELLED : Running.FINISHED;
            Optional<List<MaintenanceStep>> steps = run.abort(running);
            steps.ifPresent(pending::addAll);
            aborts += steps.isPresent() ? 1 : 0;
            carryOutAnyEnd();
        }
    }

    /** The operator is answered when the ledger has recorded it, so that a restart does not forget it. */
    private void carryOutAnyEnd() {
        pending.stream().filter(End.class::isInstance).findFirst().ifPresent(this::carryOut);
    }

    /** The node's JVM ends: its guests too; the next one takes its VMs back and goes on from the ledger. */
    private void restart() {
        restarts++;
        pending.clear();
        run = null;
        for (Migration migration : List.copyOf(migrations.values())) {
            if (migration.source().equals(a) || migration.target().equals(a)) {
                migrations.remove(migration.id());
                apply(new LedgerCommand.Abort(id(), migration.vmId(), migration.id()));
            }
        }
        HostIdentity next = new HostIdentity("a", "a" + (2 + restarts));
        for (VmRecord vm : ledger.list()) {
            if (vm.owner().equals(a)) {
                apply(new LedgerCommand.Reclaim(id(), vm.id(), a, vm.epoch(), next));
            }
        }
        a = next;
        State state = maintenance().state();
        if (state == State.DRAINING || state == State.RESTORING) {
            run = new MaintenanceRun(maintenance());
        }
    }

    private void operatorActs() {
        List<VmRecord> vms = ledger.list();
        VmRecord vm = vms.get(random.nextInt(vms.size()));
        DesiredState other = vm.desired() == DesiredState.STOPPED ? DesiredState.RUNNING : DesiredState.STOPPED;
        boolean moving = migrations.values().stream().anyMatch(one -> one.vmId().equals(vm.id()));
        if (!moving) {
            apply(new LedgerCommand.SetDesired(id(), vm.id(), vm.owner(), vm.epoch(), other));
        }
    }

    private void look() {
        if (run == null || !run.isLookDue(nowMs)) {
            return;
        }
        pending.addAll(run.look(ledger.list(), chooser(), nowMs));
        forgetIfOver();
    }

    private HostChooser chooser() {
        return (vm, placed) -> {
            HostIdentity host = OTHERS.get(random.nextInt(2));
            return host.equals(lost)
                    ? new HostChooser.Choice.Nowhere(List.of("host " + host.hostId() + " is gone"))
                    : new HostChooser.Choice.On(host);
        };
    }

    private void carryOutOne() {
        if (!pending.isEmpty()) {
            carryOut(pending.get(random.nextInt(pending.size())));
        }
    }

    private void carryOut(MaintenanceStep step) {
        pending.remove(step);
        MaintenanceRun now = run;
        if (now == null) {
            return;
        }
        if (step instanceof Note note) {
            boolean done =
                    applied(new LedgerCommand.NoteMove(id(), "a", now.operationId(), note.vmId(), note.target()));
            if (done && !isAnswerLost()) {
                pending.addAll(now.noted(note.vmId()));
            } else {
                now.failed(note.vmId(), "not noted", nowMs);
            }
        } else if (step instanceof Migrate migrate) {
            migrate(now, migrate);
        } else if (step instanceof Cancel cancel) {
            endMigration(cancel.migrationId(), false);
        } else {
            end(now, (End) step);
        }
        forgetIfOver();
    }

    /** As the shell does: what the ledger then says of the host decides, if it can be read. */
    private void end(MaintenanceRun now, End step) {
        apply(new LedgerCommand.EndMaintenance(id(), "a", now.operationId(), step.completed()));
        State state = maintenance().state();
        if (isAnswerLost() || state == State.DRAINING || state == State.RESTORING) {
            now.notRecorded();
        } else {
            maintenances += state == State.MAINTENANCE ? 1 : 0;
            now.recorded(now.isRestore() ? maintenance().moves().isEmpty() : state == State.MAINTENANCE);
        }
    }

    private boolean isAnswerLost() {
        return faults && random.nextInt(10) == 0;
    }

    private void migrate(MaintenanceRun now, Migrate step) {
        assertThat(now.isAborted() && maintenance().state() == State.DRAINING)
                .as("a move of an aborted drain that is recorded; seed %d", seed)
                .isFalse();
        VmRecord vm = ledger.find(step.vmId()).orElseThrow();
        HostIdentity target = step.target().equals("a") ? a : host(step.target());
        Migration migration = new Migration(id(), vm.id(), vm.owner(), target);
        boolean moving = migrations.values().stream().anyMatch(one -> one.vmId().equals(vm.id()));
        if (moving
                || target.equals(lost)
                || vm.owner().equals(target)
                || vm.desired() != DesiredState.RUNNING
                || (faults && random.nextInt(8) == 0)
                || !applied(new LedgerCommand.Prepare(id(), vm.id(), migration.id(), vm.epoch(), vm.owner(), target))) {
            now.failed(vm.id(), "not admitted", nowMs);
            return;
        }
        migrations.put(migration.id(), migration);
        pending.addAll(now.begun(vm.id(), migration.id()));
    }

    private static HostIdentity host(String hostId) {
        return OTHERS.stream()
                .filter(host -> host.hostId().equals(hostId))
                .findFirst()
                .orElseThrow();
    }

    private void endOneMigration() {
        List<String> all = List.copyOf(migrations.keySet());
        if (!all.isEmpty()) {
            String id = all.get(random.nextInt(all.size()));
            boolean survives = !migrations.get(id).target().equals(lost);
            endMigration(id, survives && (!faults || random.nextInt(4) > 0));
        }
    }

    private void endMigration(String migrationId, boolean completes) {
        Migration migration = migrations.remove(migrationId);
        if (migration == null) {
            return;
        }
        apply(
                completes
                        ? new LedgerCommand.Commit(id(), migration.vmId(), migrationId)
                        : new LedgerCommand.Abort(id(), migration.vmId(), migrationId));
        MaintenanceRun now = run;
        if (now == null || !migrationId.equals(now.migrations().get(migration.vmId()))) {
            return;
        }
        if (completes) {
            restored += migration.target().equals(a) ? 1 : 0;
            now.moved(migration.vmId());
        } else {
            now.failed(migration.vmId(), "it failed", nowMs);
        }
        forgetIfOver();
    }

    private void forgetIfOver() {
        if (run != null && run.isOver()) {
            run = null;
            pending.clear();
        }
    }

    private void check() {
        if (maintenance().state() == State.MAINTENANCE) {
            assertThat(ledger.list())
                    .as("nothing runs on a host in maintenance; seed %d", seed)
                    .noneMatch(vm -> vm.owner().hostId().equals("a") && vm.desired() != DesiredState.STOPPED);
        }
        MaintenanceRun now = run;
        if (now != null) {
            assertThat(now.migrations().size())
                    .as("migrations at a time; seed %d", seed)
                    .isLessThanOrEqualTo(concurrency);
        }
    }
}
