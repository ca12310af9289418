package io.godwit.control.maintenance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.config.DirtyLogKind;
import io.godwit.config.VmSpec;
import io.godwit.control.ledger.DesiredState;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.HostMaintenance;
import io.godwit.control.ledger.HostMaintenance.Move;
import io.godwit.control.ledger.HostMaintenance.State;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.maintenance.MaintenanceRun.Running;
import io.godwit.control.maintenance.MaintenanceStep.Cancel;
import io.godwit.control.maintenance.MaintenanceStep.End;
import io.godwit.control.maintenance.MaintenanceStep.Migrate;
import io.godwit.control.maintenance.MaintenanceStep.Note;
import io.godwit.control.maintenance.VmProgress.Phase;
import io.godwit.control.recovery.HostChooser;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class MaintenanceRunTest {
    private static final HostIdentity A = new HostIdentity("a", "a1");
    private static final HostIdentity B = new HostIdentity("b", "b1");
    private static final HostIdentity C = new HostIdentity("c", "c1");
    private static final HostChooser TO_B = (vm, placed) -> new HostChooser.Choice.On(B);

    private static VmRecord vm(String name, HostIdentity owner, DesiredState desired) {
        VmSpec spec = new VmSpec(name, 64 << 20, 1, "/k", "", null, DirtyLogKind.BITMAP, new TreeSet<>());
        return new VmRecord(name, spec, owner, 1, desired, null, null);
    }

    private static VmRecord running(String name, HostIdentity owner) {
        return vm(name, owner, DesiredState.RUNNING);
    }

    private static MaintenanceRun drain(int concurrency) {
        return new MaintenanceRun(new HostMaintenance("a", State.DRAINING, "d1", concurrency, List.of()));
    }

    private static MaintenanceRun restore(Move... moves) {
        return new MaintenanceRun(new HostMaintenance("a", State.RESTORING, "r1", 2, List.of(moves)));
    }

    private static VmProgress progress(MaintenanceRun run, String vm) {
        return run.progress().stream()
                .filter(one -> one.vmId().equals(vm))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void shouldNoteEachMoveBeforeItBeginsAndMoveNoMoreThanAllowedAtATime() {
        MaintenanceRun run = drain(2);
        List<VmRecord> vms = List.of(running("v1", A), running("v2", A), running("v3", A), running("v4", C));
        assertThat(run.look(vms, TO_B, 0)).containsExactly(new Note("v1", "b"), new Note("v2", "b"));
        assertThat(run.look(vms, TO_B, 1)).isEmpty();
        assertThat(run.noted("v1")).containsExactly(new Migrate("v1", "b"));
        assertThat(run.begun("v1", "m1")).isEmpty();
        assertThat(progress(run, "v3"))
                .isEqualTo(new VmProgress("v3", "v3", Phase.WAITING, "", "its turn: 2 others are moving"));
        run.moved("v1");
        List<VmRecord> after = List.of(running("v1", B), running("v2", A), running("v3", A), running("v4", C));
        assertThat(run.look(after, TO_B, 2)).containsExactly(new Note("v3", "b"));
        assertThat(progress(run, "v1").phase()).isEqualTo(Phase.MOVED);
        assertThat(run.progress()).extracting(VmProgress::vmId).doesNotContain("v4");
    }

    @Test
    void shouldEndWhenNothingRunsThereAndSayWhatStays() {
        MaintenanceRun run = drain(2);
        assertThat(run.look(List.of(vm("v1", A, DesiredState.STOPPED)), TO_B, 0))
                .containsExactly(new End(true));
        assertThat(run.look(List.of(), TO_B, 1)).as("asked once").isEmpty();
        run.recorded(true);
        assertThat(run.isOver()).isTrue();
        assertThat(run.isCompleted()).isTrue();
        assertThat(run.abort(Running.CANCELLED)).isEmpty();
    }

    @Test
    void shouldLookAgainSeldomUntilAMoveHasEnded() {
        MaintenanceRun run = drain(1);
        List<VmRecord> vms = List.of(running("v1", A), running("v2", A));
        assertThat(run.isLookDue(0)).as("at first").isTrue();
        run.look(vms, TO_B, 0);
        assertThat(run.isLookDue(MaintenanceRun.LOOK_INTERVAL_MS - 1)).isFalse();
        assertThat(run.isLookDue(MaintenanceRun.LOOK_INTERVAL_MS)).isTrue();
        run.noted("v1");
        run.begun("v1", "m1");
        assertThat(run.isLookDue(1)).as("while it moves").isFalse();
        run.moved("v1");
        assertThat(run.isLookDue(1)).as("when it has moved").isTrue();
        run.look(vms, TO_B, 1);
        run.failed("v1", "the target is gone", 2);
        assertThat(run.isLookDue(2)).as("when it failed").isTrue();
    }

    @Test
    void shouldAskAgainForAnEndThatWasNotRecorded() {
        MaintenanceRun run = drain(2);
        run.look(List.of(), TO_B, 0);
        run.notRecorded();
        assertThat(run.look(List.of(running("v1", A)), TO_B, 1)).containsExactly(new Note("v1", "b"));
    }

    @Test
    void shouldTryAgainLaterWithTheReasonShown() {
        MaintenanceRun run = drain(2);
        List<VmRecord> vms = List.of(running("v1", A));
        run.look(vms, TO_B, 0);
        run.noted("v1");
        run.begun("v1", "m1");
        run.failed("v1", "the target is gone", 1_000);
        assertThat(run.look(vms, TO_B, 2_999)).isEmpty();
        assertThat(progress(run, "v1")).isEqualTo(new VmProgress("v1", "v1", Phase.FAILED, "", "the target is gone"));
        assertThat(run.look(vms, (vm, placed) -> new HostChooser.Choice.On(C), 3_000))
                .containsExactly(new Note("v1", "c"));
        run.failed("v1", "again", 3_000);
        assertThat(run.look(vms, TO_B, 6_999)).isEmpty();
        assertThat(run.look(vms, TO_B, 7_000)).containsExactly(new Note("v1", "b"));
    }

    @Test
    void shouldWaitWithEveryHostsReasonWhereNothingFits() {
        MaintenanceRun run = drain(2);
        HostChooser nowhere =
                (vm, placed) -> new HostChooser.Choice.Nowhere(List.of("host b is full", "host c is unreachable"));
        assertThat(run.look(List.of(running("v1", A)), nowhere, 0)).isEmpty();
        assertThat(progress(run, "v1").reason()).isEqualTo("no host takes it: host b is full; host c is unreachable");
        assertThat(run.look(List.of(running("v1", A)), TO_B, 1)).hasSize(1);
    }

    @Test
    void shouldCancelWhatMovesOnAnAbortAlsoWhatBeginsLate() {
        MaintenanceRun run = drain(3);
        List<VmRecord> vms = List.of(running("v1", A), running("v2", A), running("v3", A));
        run.look(vms, TO_B, 0);
        run.noted("v1");
        run.begun("v1", "m1");
        run.noted("v2");
        assertThat(run.abort(Running.CANCELLED)).contains(List.of(new End(false), new Cancel("v1", "m1")));
        assertThat(run.begun("v2", "m2")).containsExactly(new Cancel("v2", "m2"));
        assertThat(run.noted("v3")).as("never begins").isEmpty();
        run.recorded(false);
        assertThat(run.isOver()).isFalse();
        run.failed("v1", "cancelled", 5);
        run.moved("v2");
        assertThat(run.isOver()).isTrue();
        assertThat(run.isCompleted()).isFalse();
        assertThat(run.look(vms, TO_B, 100_000)).isEmpty();
    }

    @Test
    void shouldLetWhatMovesFinishWhereThatWasAsked() {
        MaintenanceRun run = drain(1);
        run.look(List.of(running("v1", A), running("v2", A)), TO_B, 0);
        run.noted("v1");
        run.begun("v1", "m1");
        assertThat(run.abort(Running.FINISHED)).contains(List.of(new End(false)));
        assertThat(progress(run, "v2").reason()).isEqualTo("the drain was aborted");
        run.recorded(false);
        run.moved("v1");
        assertThat(run.isOver()).isTrue();
        assertThat(progress(run, "v1").phase()).isEqualTo(Phase.MOVED);
    }

    @Test
    void shouldTakeBackOnlyWhatIsStillWhereTheDrainPutIt() {
        MaintenanceRun run =
                restore(new Move("v1", "b"), new Move("v2", "b"), new Move("v3", "b"), new Move("gone", "b"));
        List<VmRecord> vms =
                List.of(running("v1", B), running("v2", C), vm("v3", B, DesiredState.STOPPED), running("stranger", B));
        assertThat(run.look(vms, TO_B, 0)).containsExactly(new Migrate("v1", "a"));
        assertThat(progress(run, "v2").reason()).isEqualTo("it is on host c by now, not on b where the drain put it");
        assertThat(progress(run, "v3").reason()).isEqualTo("it is stopped");
        run.begun("v1", "m1");
        run.moved("v1");
        assertThat(run.look(List.of(running("v1", A)), TO_B, 1)).containsExactly(new End(true));
        assertThat(progress(run, "v1").phase()).isEqualTo(Phase.MOVED);
    }

    @Test
    void shouldTellTheChooserWhatIsOnItsWay() {
        MaintenanceRun run = drain(2);
        List<Map<String, HostIdentity>> told = new ArrayList<>();
        HostChooser chooser = (vm, placed) -> {
            told.add(placed);
            return new HostChooser.Choice.On(B);
        };
        run.look(List.of(running("v1", A), running("v2", A)), chooser, 0);
        assertThat(told).containsExactly(Map.of(), Map.of("v1", B));
    }

    @Test
    void shouldNotRunForAHostThatIsNotUnderWay() {
        assertThatThrownBy(() -> new MaintenanceRun(HostMaintenance.none("a")))
                .hasMessageContaining("ACTIVE")
                .hasMessageContaining("DRAINING or RESTORING");
    }
}
