package io.godwit.control.switchover;

import io.godwit.control.ledger.Decision;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.LedgerAnswer;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.VmRecord;
import org.jspecify.annotations.Nullable;

/** What an answer to {@code Commit} or {@code Abort} means for the migration it was asked for. */
enum Verdict {
    /** The target has the VM. */
    COMMITTED,
    /** The source has the VM. */
    ABORTED,
    /** Another host has it, claimed while neither side's permit guarded it. */
    CLAIMED,
    /** Neither has: it was deleted or has moved on. */
    GONE,
    /** The answer settles nothing: nobody may run on it. */
    UNSETTLED;

    /**
     * @param asked the command that was answered
     * @param epoch the VM's epoch at the source
     */
    static Verdict of(
            LedgerCommand asked,
            LedgerAnswer answer,
            String migrationId,
            HostIdentity source,
            HostIdentity target,
            long epoch) {
        if (answer instanceof LedgerAnswer.Applied) {
            return asked instanceof LedgerCommand.Commit ? COMMITTED : ABORTED;
        }
        if (answer instanceof LedgerAnswer.AlreadyDecided decided) {
            return ofDecision(decided.decision(), migrationId);
        }
        return ofRecord(((LedgerAnswer.Refused) answer).vm(), source, target, epoch);
    }

    private static Verdict ofDecision(Decision decision, String migrationId) {
        if (!decision.migrationId().equals(migrationId)) {
            return UNSETTLED;
        }
        return switch (decision.outcome()) {
            case COMMITTED -> COMMITTED;
            case ABORTED -> ABORTED;
            case CLAIMED -> CLAIMED;
        };
    }

    /** A refusal carries the record as it stands: owner and epoch say whose the VM is, if nothing is undecided. */
    private static Verdict ofRecord(@Nullable VmRecord vm, HostIdentity source, HostIdentity target, long epoch) {
        if (vm == null || vm.epoch() > epoch + 1) {
            return GONE;
        }
        if (vm.epoch() == epoch + 1) {
            return vm.owner().equals(target) ? COMMITTED : GONE;
        }
        boolean sources =
                vm.prepared() == null && vm.epoch() == epoch && vm.owner().equals(source);
        return sources ? ABORTED : UNSETTLED;
    }
}
