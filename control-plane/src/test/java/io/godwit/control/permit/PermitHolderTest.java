package io.godwit.control.permit;

import static io.godwit.control.permit.Records.NORTH;
import static io.godwit.control.permit.Records.SOUTH;
import static io.godwit.control.permit.Records.VM;
import static io.godwit.control.permit.Records.migrating;
import static io.godwit.control.permit.Records.owned;
import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.permit.PermitAction.GiveUp;
import io.godwit.control.permit.PermitAction.Pause;
import io.godwit.control.permit.PermitAction.Read;
import io.godwit.control.permit.PermitAction.RunUntil;
import io.godwit.control.permit.PermitAction.SendRenewal;
import io.godwit.control.permit.PermitHolder.Role;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** South sends renewal 1 at 0, 2 at 1000 and so on. */
class PermitHolderTest {
    private final PermitHolder holder = new PermitHolder(SOUTH, PermitTimes.DEFAULT);

    @Test
    void shouldRenewEachSecondUnderANonceOfItsOwn() {
        assertThat(holder.tick(0)).containsExactly(new SendRenewal(new Renewal(SOUTH, 1)));
        assertThat(holder.tick(999)).isEmpty();
        assertThat(holder.nextTickMs()).isEqualTo(1_000);
        assertThat(holder.tick(1_000)).containsExactly(new SendRenewal(new Renewal(SOUTH, 2)));
    }

    @Test
    void shouldGiveUpATargetsMachineWhenTheVmChangedHandsBehindItsCommit() {
        holder.tick(0);
        grant(1, 10);
        holder.hold(VM, 1, Role.TARGET, true, holder.period(10), 10);

        assertThat(holder.hold(VM, 2, Role.OWNER, true, holder.period(20), 20))
                .as("the commit itself")
                .noneMatch(GiveUp.class::isInstance);
        holder.hold("0123456789abcdefghjkmnpqrt", 1, Role.TARGET, true, holder.period(30), 30);
        assertThat(holder.hold("0123456789abcdefghjkmnpqrt", 4, Role.OWNER, true, holder.period(40), 40))
                .as("claimed by another host and back")
                .anyMatch(GiveUp.class::isInstance);
    }

    @Test
    void shouldCountThePermitFromWhenTheRenewalThatTheGrantNamesWasSent() {
        run();
        holder.tick(1_000);
        holder.tick(2_000);

        assertThat(grant(2, 3_500)).containsExactly(new RunUntil(VM, 6_000));
        assertThat(holder.mayRunUntilMs(VM, 5_999)).hasValue(6_000);
        assertThat(holder.mayRunUntilMs(VM, 6_000)).isEmpty();
    }

    @Test
    void shouldIgnoreGrantsThatAreLateRepeatedUnknownOrAnothers() {
        run();
        holder.tick(1_000);
        grant(2, 1_010);

        assertThat(grant(2, 1_020)).isEmpty();
        assertThat(grant(77, 1_030)).isEmpty();
        holder.tick(2_000);
        assertThat(holder.granted(new Grant(new HostIdentity("south", "s0"), 3), 2_010))
                .isEmpty();
        holder.tick(3_000);
        assertThat(grant(4, 3_010)).hasSize(1);
        assertThat(grant(3, 3_020)).as("an earlier one").isEmpty();
        assertThat(holder.mayRunUntilMs(VM, 3_020)).hasValue(8_000);
    }

    @Test
    void shouldTakeNoGrantWhoseTimeIsOver() {
        holder.tick(0);
        assertThat(grant(1, 5_000)).isEmpty();
        assertThat(holder.period(5_000)).isEqualTo(PermitHolder.NEVER);
    }

    @Test
    void shouldPauseAGuardedVmWhenThePermitRunsOutAndLeaveOthersRunning() {
        run();
        String sticky = "zzzzzzzzzzzzzzzzzzzzzzzzzz";
        holder.hold(sticky, 1, Role.OWNER, false, PermitHolder.NEVER, 20);

        assertThat(holder.nextTickMs()).isEqualTo(1_000);
        assertThat(holder.tick(5_000)).startsWith(new Pause(VM)).doesNotContain(new Pause(sticky));
        assertThat(holder.mayRunUntilMs(sticky, 5_000)).hasValue(PermitHolder.FOREVER);
    }

    @Test
    void shouldResumeOnlyOnAReadThatWasSentAfterContactWasBack() {
        run();
        long before = holder.period(10);
        holder.tick(6_000);
        List<PermitAction> back = grant(2, 6_010);

        assertThat(back).containsExactly(new Read(VM, before + 1));
        assertThat(read(before, owned(SOUTH, 1), 6_020)).as("asked before").isEmpty();
        assertThat(holder.mayRunUntilMs(VM, 6_020)).isEmpty();
        assertThat(read(before + 1, owned(SOUTH, 1), 6_030)).containsExactly(new RunUntil(VM, 11_000));
    }

    @Test
    void shouldNoticeAGapThatItsJvmSleptThroughEvenIfAGrantBehindItIsLonger() {
        run();
        holder.tick(4_000);

        List<PermitAction> woken = grant(2, 7_000);

        assertThat(woken).containsExactly(new Pause(VM), new Read(VM, 2));
    }

    @Test
    void shouldAskAgainUntilTheReadIsAnswered() {
        run();
        holder.tick(6_000);
        grant(2, 6_010);
        assertThat(holder.tick(7_000)).contains(new Read(VM, 2));
        read(2, owned(SOUTH, 1), 7_010);
        assertThat(holder.tick(8_000)).doesNotContain(new Read(VM, 2));
    }

    @Test
    void shouldGiveUpAVmThatIsAnothersAndNeverRunItAgainUnderThatEpoch() {
        run();
        holder.tick(6_000);
        grant(2, 6_010);

        assertThat(read(2, owned(NORTH, 2), 6_020)).singleElement().isInstanceOf(GiveUp.class);
        assertThat(holder.hold(VM, 1, Role.OWNER, true, 2, 6_030)).isEmpty();
        assertThat(holder.isOwned(VM, 1)).isFalse();
        assertThat(holder.hold(VM, 3, Role.OWNER, true, 2, 6_040)).containsExactly(new RunUntil(VM, 11_000));
    }

    @Test
    void shouldGiveUpAStickyVmThatWasConfirmedAway() {
        holder.tick(0);
        grant(1, 10);
        holder.hold(VM, 1, Role.OWNER, false, 1, 10);
        holder.tick(6_000);
        assertThat(grant(2, 6_010)).containsExactly(new Read(VM, 2));
        assertThat(read(2, owned(NORTH, 2), 6_020)).singleElement().isInstanceOf(GiveUp.class);
    }

    @Test
    void shouldTakeAnAnswerForEvidenceOnlyInThePeriodInWhichItWasAskedFor() {
        holder.tick(0);
        grant(1, 10);
        holder.tick(6_000);
        grant(2, 6_010);

        assertThat(holder.hold(VM, 1, Role.OWNER, true, 1, 6_020)).containsExactly(new Read(VM, 2));
        assertThat(holder.mayRunUntilMs(VM, 6_020)).isEmpty();
    }

    @Test
    void shouldNotTakeAnAnswerFromBeforeAChangeOfOwnerForALoss() {
        run();
        holder.hold(VM, 2, Role.OWNER, true, PermitHolder.NEVER, 20);
        assertThat(read(1, owned(NORTH, 1), 30)).isEmpty();
        assertThat(holder.isOwned(VM, 2)).isTrue();
        holder.hold(VM, 1, Role.OWNER, true, 1, 40);
        assertThat(holder.isOwned(VM, 2)).isTrue();
    }

    @Test
    void shouldLetATargetRunWithoutAskingWhileItsPermitLastsSinceTheReservation() {
        holder.tick(0);
        grant(1, 10);
        assertThat(holder.hold(VM, 3, Role.TARGET, true, holder.period(20), 20))
                .containsExactly(new RunUntil(VM, 5_000));
    }

    @Test
    void shouldHaveATargetReadAfterAGap() {
        holder.tick(0);
        grant(1, 10);
        holder.hold(VM, 3, Role.TARGET, true, 1, 20);
        holder.tick(6_000);
        grant(2, 6_010);

        assertThat(read(2, owned(NORTH, 3), 6_020)).as("not prepared").isEmpty();
        assertThat(read(2, migrating(NORTH, SOUTH, 3), 6_030)).containsExactly(new RunUntil(VM, 11_000));
        assertThat(read(2, owned(NORTH, 5), 6_040)).singleElement().isInstanceOf(GiveUp.class);
    }

    @Test
    void shouldHoldATargetsVmNoLongerThanSomebodyDrivesItsMigration() {
        run();
        holder.hold("other", 3, Role.TARGET, true, 1, 20);
        holder.releaseTargets("other"::equals);
        assertThat(holder.isHeld("other")).as("driven").isTrue();

        holder.releaseTargets(vm -> false);
        assertThat(holder.isHeld("other")).isFalse();
        assertThat(holder.mayRunUntilMs("other", 20)).isEmpty();
        assertThat(holder.isHeld(VM)).as("its owner's").isTrue();
    }

    @Test
    void shouldNotRunAVmThatItHandedOver() {
        run();
        holder.handedOver(VM, 1);
        assertThat(holder.hold(VM, 1, Role.OWNER, true, 1, 20)).isEmpty();
        assertThat(holder.mayRunUntilMs(VM, 20)).isEmpty();
    }

    @Test
    void shouldEndWhatItStillHasOfAnOlderEpochBeforeTheVmComesBackToIt() {
        run();
        List<PermitAction> actions = holder.hold(VM, 3, Role.OWNER, true, 1, 20);

        assertThat(actions).hasSize(2);
        assertThat(actions.get(0)).isInstanceOf(GiveUp.class);
        assertThat(actions.get(1)).isEqualTo(new RunUntil(VM, 5_000));
    }

    @Test
    void shouldKeepAVmThatCameBackBeforeItsOldMigrationWasSettled() {
        run();
        holder.hold(VM, 3, Role.OWNER, true, 1, 20);
        holder.handedOver(VM, 1);
        holder.release(VM, 1);

        assertThat(holder.isOwned(VM, 3)).isTrue();
        holder.release(VM, 3);
        assertThat(holder.isHeld(VM)).isFalse();
    }

    /** The VM at epoch 1, under the permit of renewal 1. */
    private void run() {
        holder.tick(0);
        grant(1, 10);
        assertThat(holder.hold(VM, 1, Role.OWNER, true, 1, 10)).containsExactly(new RunUntil(VM, 5_000));
    }

    private List<PermitAction> grant(long nonce, long nowMs) {
        return holder.granted(new Grant(SOUTH, nonce), nowMs);
    }

    private List<PermitAction> read(long period, VmRecord record, long nowMs) {
        return holder.read(VM, period, Optional.of(record), nowMs);
    }
}
