package io.godwit.control.cold;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.config.DirtyLogKind;
import io.godwit.config.VmSpec;
import io.godwit.control.ledger.DesiredState;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.PreparedMigration;
import io.godwit.control.ledger.VmRecord;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class ColdMoveTest {
    private static final HostIdentity SELF = new HostIdentity("a", "2");

    private final ColdSourceMove source = new ColdSourceMove();
    private final ColdTargetMove target = new ColdTargetMove();

    @Test
    void shouldAskTheLedgerOnlyWhenTheTargetHasEverything() {
        assertThat(source.staged()).as("not even admitted").isEmpty();
        assertThat(source.admitted()).containsExactly(ColdSourceMove.Action.Send.INSTANCE);
        assertThat(source.staged()).containsExactly(ColdSourceMove.Action.Mark.INSTANCE);
        assertThat(source.marked()).containsExactly(ColdSourceMove.Action.Prepare.INSTANCE);
        assertThat(source.prepareAnswered(ColdOutcome.PREPARED, ""))
                .containsExactly(ColdSourceMove.Action.Commit.INSTANCE);
        assertThat(source.commitAnswered(ColdOutcome.UNKNOWN, ""))
                .as("asked again")
                .containsExactly(ColdSourceMove.Action.Commit.INSTANCE);
        assertThat(source.commitAnswered(ColdOutcome.COMMITTED, ""))
                .containsExactly(ColdSourceMove.Action.HandOver.INSTANCE, ColdSourceMove.Action.Clear.INSTANCE);
        assertThat(source.cleared("")).containsExactly(new ColdSourceMove.Action.End("completed", ""));
    }

    @Test
    void shouldBeCancelledUntilTheLedgerIsAsked() {
        source.admitted();
        assertThat(source.cancel())
                .containsExactly(
                        ColdSourceMove.Action.Dismiss.INSTANCE,
                        ColdSourceMove.Action.Unmark.INSTANCE,
                        new ColdSourceMove.Action.End("cancelled", "cancelled by an operator"));
        ColdSourceMove late = new ColdSourceMove();
        late.admitted();
        late.staged();
        assertThat(late.cancel()).as("too late").isEmpty();
        assertThat(late.targetGone("gone")).as("the ledger decides").isEmpty();
    }

    @Test
    void shouldKeepWhatIsStagedUntilTheLedgerHasGivenTheMoveUp() {
        target.received();
        assertThat(target.staged()).containsExactly(ColdTargetMove.Action.TellStaged.INSTANCE);
        assertThat(target.receiveFailed("the stream broke")).isEmpty();
        assertThat(target.sourceGone()).containsExactly(ColdTargetMove.Action.Abort.INSTANCE);
        assertThat(target.abortAnswered(ColdOutcome.UNKNOWN, "")).containsExactly(ColdTargetMove.Action.Abort.INSTANCE);
        assertThat(target.abortAnswered(ColdOutcome.COMMITTED, ""))
                .containsExactly(ColdTargetMove.Action.Publish.INSTANCE);
        assertThat(target.dismissed("late")).isEmpty();
        assertThat(target.published("")).containsExactly(new ColdTargetMove.Action.End(true, ""));
    }

    @Test
    void shouldNotSayThatItIsStagedOnceItWasDismissed() {
        target.received();
        assertThat(target.dismissed("cancelled")).as("files are being written").isEmpty();
        assertThat(target.staged())
                .containsExactly(
                        ColdTargetMove.Action.Discard.INSTANCE, new ColdTargetMove.Action.End(false, "cancelled"));
        assertThat(target.patienceEnded()).isEmpty();
    }

    @Test
    void shouldKeepFilesWhereTheLedgerCannotSayWhoseTheVmIs() {
        target.received();
        target.staged();
        target.sourceGone();
        assertThat(target.abortAnswered(ColdOutcome.REFUSED, "no VM has id"))
                .containsExactly(
                        new ColdTargetMove.Action.End(false, "the ledger does not say whose the VM is: no VM has id"));
    }

    @Test
    void shouldClearADiskOnlyOfAVmThatTheLedgerGaveAwayByThisMove() {
        assertThat(left(new HostIdentity("b", "1"), 4, false)).isEqualTo(ColdLeftover.Left.ASK);
        assertThat(ColdLeftover.decided(ColdOutcome.COMMITTED)).isEqualTo(ColdLeftover.Left.CLEAR);
        assertThat(ColdLeftover.decided(ColdOutcome.ABORTED))
                .as("another host took it over meanwhile")
                .isEqualTo(ColdLeftover.Left.UNMARK);
        assertThat(List.of(ColdOutcome.UNKNOWN, ColdOutcome.REFUSED, ColdOutcome.PREPARED))
                .allSatisfy(outcome -> assertThat(ColdLeftover.decided(outcome)).isEqualTo(ColdLeftover.Left.WAIT));
        assertThat(left(SELF, 3, false)).isEqualTo(ColdLeftover.Left.UNMARK);
        assertThat(left(new HostIdentity("a", "1"), 3, true)).isEqualTo(ColdLeftover.Left.WAIT);
        assertThat(ColdLeftover.left(SELF, Optional.empty(), "m1", 3)).isEqualTo(ColdLeftover.Left.WAIT);
    }

    private static ColdLeftover.Left left(HostIdentity owner, long epoch, boolean undecided) {
        VmSpec spec = new VmSpec("db", 64 << 20, 1, "/k", "", null, DirtyLogKind.BITMAP, new TreeSet<>());
        PreparedMigration prepared =
                undecided ? new PreparedMigration("m1", 3, owner, new HostIdentity("b", "1")) : null;
        VmRecord vm =
                new VmRecord("abcdefghijklmnopqrstuvwxy2", spec, owner, epoch, DesiredState.STOPPED, prepared, null);
        return ColdLeftover.left(SELF, Optional.of(vm), "m1", 3);
    }
}
