package io.godwit.control.switchover;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.control.ledger.Decision;
import io.godwit.control.ledger.Decision.Outcome;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.LedgerAnswer;
import io.godwit.control.ledger.LedgerCommand;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TargetSwitchoverTest {
    private static final HostIdentity SOUTH = new HostIdentity("south", "s1");
    private static final HostIdentity NORTH = new HostIdentity("north", "n1");
    private static final String ABORT = "m1/target/abort";
    private static final String COMMIT = "m1/target/commit";
    private static final Verification MATCHES = new Verification(true, "everything");
    private static final LedgerAnswer APPLIED = new LedgerAnswer.Applied(null);
    private static final TargetAction ASK_ABORT = new TargetAction.Submit(new LedgerCommand.Abort(ABORT, "vm", "m1"));
    private static final TargetAction ASK_COMMIT =
            new TargetAction.Submit(new LedgerCommand.Commit(COMMIT, "vm", "m1"));

    private static final List<TargetEvent> WAY = List.of(
            new TargetEvent.Start(),
            new TargetEvent.StreamActive(),
            new TargetEvent.FinalReceived(),
            new TargetEvent.Restored(MATCHES),
            new TargetEvent.Go(),
            new TargetEvent.Running(),
            new TargetEvent.LedgerAnswered(COMMIT, APPLIED));

    private final TargetSwitchover target = new TargetSwitchover("m1", "vm", 7, SOUTH, NORTH, SwitchoverTimers.DEFAULT);

    private List<TargetAction> upTo(int events) {
        List<TargetAction> last = List.of();
        for (TargetEvent event : WAY.subList(0, events)) {
            last = target.on(event);
        }
        return last;
    }

    private static LedgerAnswer decided(Outcome outcome) {
        return new LedgerAnswer.AlreadyDecided(new Decision("m1", outcome));
    }

    @Test
    void shouldPassThroughTheStatusesOperatorsKnow() {
        List<MigrationStatus> statuses = new ArrayList<>();
        for (TargetEvent event : WAY) {
            target.on(event);
            statuses.add(target.status());
        }

        assertThat(statuses)
                .containsSubsequence(
                        MigrationStatus.SETUP,
                        MigrationStatus.ACTIVE,
                        MigrationStatus.DEVICE,
                        MigrationStatus.COMPLETED);
        assertThat(target.finished()).isTrue();
    }

    @Test
    void shouldRunOnGoBeforeItAsksTheLedger() {
        List<TargetAction> actions = upTo(5);

        assertThat(actions.get(0)).isEqualTo(new TargetAction.RunMachine());
        assertThat(actions.get(actions.size() - 1)).isEqualTo(ASK_COMMIT);
    }

    @Test
    void shouldBeReadyOnlyAfterAVerificationThatMatches() {
        assertThat(upTo(3)).noneMatch(TargetAction.SendReady.class::isInstance);

        assertThat(target.on(new TargetEvent.Restored(new Verification(false, "page 5"))))
                .contains(new TargetAction.DiscardMachine(), ASK_ABORT)
                .noneMatch(TargetAction.SendReady.class::isInstance);
        assertThat(target.detail()).contains("page 5");
    }

    @Test
    void shouldAskForAbortWhenTheSourceIsGoneBeforeItIsReadyAndRefuseGoFromThen() {
        for (int events = 1; events <= 3; events++) {
            TargetSwitchover fresh = new TargetSwitchover("m1", "vm", 7, SOUTH, NORTH, SwitchoverTimers.DEFAULT);
            WAY.subList(0, events).forEach(fresh::on);

            assertThat(fresh.on(new TargetEvent.SourceGone("died"))).contains(ASK_ABORT);

            assertThat(fresh.on(new TargetEvent.Go())).singleElement().isInstanceOf(TargetAction.SendFailed.class);
            fresh.on(new TargetEvent.LedgerAnswered(ABORT, APPLIED));
            assertThat(fresh.status()).isEqualTo(MigrationStatus.FAILED);
            assertThat(fresh.on(new TargetEvent.Go())).singleElement().isInstanceOf(TargetAction.SendFailed.class);
        }
    }

    @Test
    void shouldAskForCommitWhenTheSourceIsGoneAndObeyTheAnswer() {
        upTo(4);
        assertThat(target.on(new TargetEvent.SourceGone("died"))).containsExactly(ASK_COMMIT);
        assertThat(target.on(new TargetEvent.LedgerAnswered(COMMIT, decided(Outcome.ABORTED))))
                .contains(new TargetAction.DiscardMachine())
                .noneMatch(TargetAction.RunMachine.class::isInstance);
    }

    @Test
    void shouldRunWithoutGoWhenTheLedgerSaysCommitted() {
        upTo(4);
        target.on(new TargetEvent.TimerFired(TargetTimer.GO));

        assertThat(target.on(new TargetEvent.LedgerAnswered(COMMIT, APPLIED))).contains(new TargetAction.RunMachine());
        assertThat(target.on(new TargetEvent.Running())).containsExactly(new TargetAction.SendRunning());
    }

    @Test
    void shouldRunOnAGoThatComesWhileTheLedgerIsOutOfReach() {
        upTo(4);
        target.on(new TargetEvent.SourceGone("suspected"));
        target.on(new TargetEvent.LedgerUnreachable(COMMIT, "no majority"));
        assertThat(target.waitingFor()).contains("out of reach").contains("paused");

        assertThat(target.on(new TargetEvent.Go())).contains(new TargetAction.RunMachine());

        assertThat(target.on(new TargetEvent.TimerFired(TargetTimer.LEDGER_RETRY)))
                .containsExactly(ASK_COMMIT);
    }

    @Test
    void shouldKeepAReadyMachineUntilTheLedgerSaysAborted() {
        upTo(4);
        assertThat(target.on(new TargetEvent.Dismissed("cancelled")))
                .contains(ASK_ABORT)
                .noneMatch(TargetAction.DiscardMachine.class::isInstance);

        assertThat(target.on(new TargetEvent.LedgerAnswered(ABORT, decided(Outcome.COMMITTED))))
                .contains(new TargetAction.RunMachine());
        assertThat(target.status()).isEqualTo(MigrationStatus.COMPLETED);
    }

    @Test
    void shouldNotBeCancelledHereOnceItMayHoldTheOnlyCopy() {
        upTo(4);

        assertThat(target.cancellable()).isFalse();
        assertThat(target.on(new TargetEvent.Cancel("shutting down"))).isEmpty();
    }

    @Test
    void shouldPauseAGuestWhoseCommitTheLedgerContradicts() {
        upTo(6);

        assertThat(target.on(new TargetEvent.LedgerAnswered(COMMIT, decided(Outcome.ABORTED))))
                .anyMatch(TargetAction.StopMachine.class::isInstance);
    }

    @Test
    void shouldReportAVmThatIsItsOwnButHasNoMemory() {
        upTo(3);
        target.on(new TargetEvent.Failed("bad frame"));

        assertThat(target.on(new TargetEvent.LedgerAnswered(ABORT, decided(Outcome.COMMITTED))))
                .anyMatch(TargetAction.ReportLost.class::isInstance)
                .noneMatch(TargetAction.RunMachine.class::isInstance);
    }

    @Test
    void shouldSayAgainThatItRunsToASourceThatDidNotHear() {
        upTo(7);

        assertThat(target.on(new TargetEvent.Go())).containsExactly(new TargetAction.SendRunning());
    }

    @Test
    void shouldGiveUpAReservationThatNobodyUses() {
        upTo(1);

        assertThat(target.on(new TargetEvent.TimerFired(TargetTimer.STREAM)))
                .contains(new TargetAction.DiscardMachine(), ASK_ABORT);
    }
}
