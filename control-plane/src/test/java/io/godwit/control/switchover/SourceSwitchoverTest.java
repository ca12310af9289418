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

/** The source's answers one by one; what they add up to under faults is the simulator's to show. */
class SourceSwitchoverTest {
    private static final HostIdentity SOUTH = new HostIdentity("south", "s1");
    private static final HostIdentity NORTH = new HostIdentity("north", "n1");
    private static final String PREPARE = "m1/source/prepare";
    private static final String ABORT = "m1/source/abort";
    private static final String COMMIT = "m1/source/commit";
    private static final Verification MATCHES = new Verification(true, "everything");
    private static final LedgerAnswer APPLIED = new LedgerAnswer.Applied(null);

    private final SourceSwitchover source = new SourceSwitchover("m1", "vm", 7, SOUTH, SwitchoverTimers.DEFAULT, false);

    /** A migration without trouble, event by event. */
    private static final List<SourceEvent> WAY = List.of(
            new SourceEvent.Start(),
            new SourceEvent.Reserved(NORTH),
            new SourceEvent.EngineActive(),
            new SourceEvent.Converged(),
            new SourceEvent.LedgerAnswered(PREPARE, APPLIED),
            new SourceEvent.Pausing(),
            new SourceEvent.Paused(),
            new SourceEvent.FinalSent(),
            new SourceEvent.TargetReady(MATCHES),
            new SourceEvent.TargetRunning(),
            new SourceEvent.LedgerAnswered(COMMIT, APPLIED));

    private List<SourceAction> upTo(int events) {
        List<SourceAction> last = List.of();
        for (SourceEvent event : WAY.subList(0, events)) {
            last = source.on(event);
        }
        return last;
    }

    @Test
    void shouldPassThroughTheStatusesOperatorsKnow() {
        List<String> labels = new ArrayList<>();
        labels.add(source.status().label());
        for (SourceEvent event : WAY) {
            source.on(event);
            String label = source.status().label();
            if (!labels.get(labels.size() - 1).equals(label)) {
                labels.add(label);
            }
        }

        assertThat(labels).containsExactly("none", "setup", "active", "pre-switchover", "device", "completed");
        assertThat(source.finished()).isTrue();
        assertThat(source.waitingFor()).isEmpty();
    }

    @Test
    void shouldGoOnWithRoundsWhileTheLedgerRecordsPrepare() {
        assertThat(upTo(4))
                .contains(new SourceAction.Submit(new LedgerCommand.Prepare(PREPARE, "vm", "m1", 7, SOUTH, NORTH)))
                .noneMatch(SourceAction.Pause.class::isInstance);
        assertThat(source.on(WAY.get(4))).anyMatch(SourceAction.Pause.class::isInstance);
    }

    @Test
    void shouldSendGoOnReadyAndRepeatItUntilTheTargetRuns() {
        assertThat(upTo(9)).contains(new SourceAction.SendGo());
        assertThat(source.on(new SourceEvent.TimerFired(SourceTimer.GO_RESEND))).contains(new SourceAction.SendGo());
        assertThat(source.on(new SourceEvent.TargetRunning())).contains(new SourceAction.Release());
        assertThat(source.on(new SourceEvent.TimerFired(SourceTimer.GO_RESEND))).isEmpty();
    }

    @Test
    void shouldUseAReadyThatCameBeforeItsOwnFinalSent() {
        upTo(7);

        assertThat(source.on(new SourceEvent.TargetReady(MATCHES))).contains(new SourceAction.SendGo());
    }

    @Test
    void shouldTellEveryReasonOfARefusedAdmission() {
        upTo(1);
        source.on(new SourceEvent.AdmissionRefused(List.of("no memory", "no avx2")));

        assertThat(source.status()).isEqualTo(MigrationStatus.FAILED);
        assertThat(source.detail()).contains("no memory").contains("no avx2");
    }

    @Test
    void shouldEndACancelWithoutTheLedgerBeforePrepareAndThroughItAfter() {
        for (int events = 1; events <= 3; events++) {
            SourceSwitchover fresh = new SourceSwitchover("m1", "vm", 7, SOUTH, SwitchoverTimers.DEFAULT, false);
            WAY.subList(0, events).forEach(fresh::on);
            assertThat(fresh.on(new SourceEvent.Cancel("asked"))).noneMatch(SourceAction.Submit.class::isInstance);
            assertThat(fresh.status()).isEqualTo(MigrationStatus.CANCELLED);
        }
        for (int events = 4; events <= 8; events++) {
            SourceSwitchover fresh = new SourceSwitchover("m1", "vm", 7, SOUTH, SwitchoverTimers.DEFAULT, false);
            WAY.subList(0, events).forEach(fresh::on);
            assertThat(fresh.on(new SourceEvent.Cancel("asked")))
                    .contains(new SourceAction.Submit(new LedgerCommand.Abort(ABORT, "vm", "m1")))
                    .noneMatch(SourceAction.ResumeHere.class::isInstance);
            assertThat(fresh.status()).isEqualTo(MigrationStatus.CANCELLING);
            boolean resumes = fresh.on(new SourceEvent.LedgerAnswered(ABORT, APPLIED)).stream()
                    .anyMatch(SourceAction.ResumeHere.class::isInstance);
            assertThat(resumes).as("after %d events", events).isEqualTo(events > 4);
            assertThat(fresh.status()).isEqualTo(MigrationStatus.CANCELLED);
        }
    }

    @Test
    void shouldRefuseACancelOnceGoWasSent() {
        upTo(9);

        assertThat(source.cancellable()).isFalse();
        assertThat(source.on(new SourceEvent.Cancel("too late"))).isEmpty();
        assertThat(source.status()).isEqualTo(MigrationStatus.DEVICE);
    }

    @Test
    void shouldAskForCommitAndNothingElseWhenGoMayBeLost() {
        upTo(9);

        assertThat(source.on(new SourceEvent.TimerFired(SourceTimer.ACKNOWLEDGE)))
                .containsExactly(new SourceAction.Submit(new LedgerCommand.Commit(COMMIT, "vm", "m1")));
        assertThat(source.on(new SourceEvent.LedgerAnswered(
                        COMMIT, new LedgerAnswer.AlreadyDecided(new Decision("m1", Outcome.ABORTED)))))
                .contains(new SourceAction.ResumeHere());
        assertThat(source.status()).isEqualTo(MigrationStatus.FAILED);
    }

    @Test
    void shouldNotRunOnADecisionOfAnotherMigration() {
        upTo(9);
        source.on(new SourceEvent.TargetLost("gone"));

        assertThat(source.on(new SourceEvent.LedgerAnswered(
                        COMMIT, new LedgerAnswer.AlreadyDecided(new Decision("m0", Outcome.ABORTED)))))
                .noneMatch(SourceAction.ResumeHere.class::isInstance)
                .noneMatch(SourceAction.Release.class::isInstance);
    }

    @Test
    void shouldStayPausedAndSaySoWhileTheLedgerIsOutOfReach() {
        upTo(8);
        source.on(new SourceEvent.TargetLost("gone"));

        assertThat(source.on(new SourceEvent.LedgerUnreachable(ABORT, "no majority")))
                .containsExactly(
                        new SourceAction.ArmTimer(SourceTimer.LEDGER_RETRY, SwitchoverTimers.DEFAULT.ledgerRetryMs()));
        assertThat(source.waitingFor()).contains("Abort").contains("paused").contains("out of reach");
        assertThat(source.on(new SourceEvent.TimerFired(SourceTimer.LEDGER_RETRY)))
                .containsExactly(new SourceAction.Submit(new LedgerCommand.Abort(ABORT, "vm", "m1")));
        assertThat(source.on(new SourceEvent.LedgerAnswered(ABORT, APPLIED))).contains(new SourceAction.ResumeHere());
    }

    @Test
    void shouldAbortAMachineThatDiffersFromItsOwn() {
        upTo(8);

        assertThat(source.on(new SourceEvent.TargetReady(new Verification(false, "page 5"))))
                .contains(new SourceAction.Submit(new LedgerCommand.Abort(ABORT, "vm", "m1")));
        assertThat(source.detail()).contains("page 5");
    }

    @Test
    void shouldDoNothingTwiceForEventsThatComeTwice() {
        for (int events = 1; events <= WAY.size(); events++) {
            source.on(WAY.get(events - 1));
            List<SourceAction> again = source.on(WAY.get(events - 1));
            assertThat(again).as("%s again", WAY.get(events - 1)).allMatch(SourceAction.SendGo.class::isInstance);
        }
    }

    @Test
    void shouldDismissATargetWhoseReservationComesTooLate() {
        upTo(1);
        source.on(new SourceEvent.TimerFired(SourceTimer.SETUP));

        assertThat(source.on(new SourceEvent.Reserved(NORTH))).anyMatch(SourceAction.DismissTarget.class::isInstance);
    }

    private static SourceSwitchover held() {
        SourceSwitchover held = new SourceSwitchover("m1", "vm", 7, SOUTH, SwitchoverTimers.DEFAULT, true);
        WAY.subList(0, 7).forEach(held::on);
        return held;
    }

    @Test
    void shouldSendNothingOfAHeldGuestUntilToldToContinue() {
        SourceSwitchover held = held();
        assertThat(held.isHeld()).isTrue();
        assertThat(held.status()).isEqualTo(MigrationStatus.PRE_SWITCHOVER);
        assertThat(held.waitingFor()).contains("an operator to continue").contains("paused");
        assertThat(held.cancellable()).isTrue();
        assertThat(held.on(new SourceEvent.TimerFired(SourceTimer.READY))).isEmpty();
        assertThat(held.on(new SourceEvent.TargetReady(MATCHES))).isEmpty();
        assertThat(held.on(new SourceEvent.Continue())).contains(new SourceAction.SendRest());
        assertThat(held.on(new SourceEvent.Continue())).as("a second time").isEmpty();
        assertThat(held.status()).isEqualTo(MigrationStatus.DEVICE);
        WAY.subList(7, WAY.size()).forEach(held::on);
        assertThat(held.status()).isEqualTo(MigrationStatus.COMPLETED);
    }

    @Test
    void shouldLetAHeldGuestRunAgainOnceTheLedgerShowsAbort() {
        SourceSwitchover held = held();
        assertThat(held.on(new SourceEvent.Cancel("asked")))
                .contains(new SourceAction.Submit(new LedgerCommand.Abort(ABORT, "vm", "m1")))
                .noneMatch(SourceAction.ResumeHere.class::isInstance);
        assertThat(held.status()).isEqualTo(MigrationStatus.CANCELLING);
        assertThat(held.on(new SourceEvent.LedgerAnswered(ABORT, APPLIED))).contains(new SourceAction.ResumeHere());
        assertThat(held.status()).isEqualTo(MigrationStatus.CANCELLED);
    }

    @Test
    void shouldAbortAHeldMigrationWhoseTargetIsLost() {
        assertThat(held().on(new SourceEvent.TargetLost("gone")))
                .contains(new SourceAction.Submit(new LedgerCommand.Abort(ABORT, "vm", "m1")));
    }

    @Test
    void shouldGiveTheRestAllTheTimeItTakesAndTheTargetItsTimerAfterwards() {
        upTo(7);
        assertThat(source.on(new SourceEvent.TimerFired(SourceTimer.READY))).isEmpty();
        assertThat(source.on(new SourceEvent.FinalSent()))
                .contains(new SourceAction.ArmTimer(SourceTimer.READY, SwitchoverTimers.DEFAULT.readyMs()));
        assertThat(source.on(new SourceEvent.TimerFired(SourceTimer.READY)))
                .contains(new SourceAction.Submit(new LedgerCommand.Abort(ABORT, "vm", "m1")));
    }

    @Test
    void shouldGiveAGuestThatDirtiesMoreAgainItsRoundsAfterPrepare() {
        List<SourceAction> prepared = upTo(5);
        assertThat(prepared).contains(new SourceAction.Pause()).noneMatch(SourceAction.ArmTimer.class::isInstance);
        assertThat(source.on(new SourceEvent.TimerFired(SourceTimer.READY)))
                .as("a timer that was armed before")
                .isEmpty();
        assertThat(source.cancellable()).isTrue();
    }

    @Test
    void shouldCountAsActiveUntilTheEngineAsksForThePause() {
        upTo(5);
        assertThat(source.status()).isEqualTo(MigrationStatus.ACTIVE);
        assertThat(source.waitingFor()).isEqualTo("the rest to fit the downtime limit again");
        assertThat(source.on(new SourceEvent.Pausing())).isEmpty();
        assertThat(source.status()).isEqualTo(MigrationStatus.PRE_SWITCHOVER);
        assertThat(source.waitingFor()).isEqualTo("the guest to pause");
    }

    @Test
    void shouldTakeThePauseThatWasNotAnnounced() {
        upTo(5);
        assertThat(source.on(new SourceEvent.Paused())).contains(new SourceAction.SendRest());
        assertThat(source.on(new SourceEvent.Pausing())).as("behind it").isEmpty();
        assertThat(source.status()).isEqualTo(MigrationStatus.DEVICE);
    }

    /** The guest is let run after an abort whether it was heard to be paused or not; only the words differ. */
    @Test
    void shouldSayWhetherTheGuestRunsWhileAbortIsRecorded() {
        upTo(5);
        source.on(new SourceEvent.Cancel("asked"));
        assertThat(source.waitingFor()).contains("running here");
        source.on(new SourceEvent.Pausing());
        assertThat(source.waitingFor()).as("paused before it was stopped").contains("the guest paused");
        assertThat(source.status()).isEqualTo(MigrationStatus.CANCELLING);
        assertThat(source.on(new SourceEvent.LedgerAnswered(ABORT, APPLIED))).contains(new SourceAction.ResumeHere());
    }

    @Test
    void shouldSayThatTheGuestIsPausedWhenAnAnnouncedPauseFails() {
        upTo(6);
        source.on(new SourceEvent.EngineFailed("a vCPU did not stop"));
        assertThat(source.waitingFor()).contains("the guest paused");
    }
}
