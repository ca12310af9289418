package io.godwit.control.cold;

import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.PreparedMigration;
import io.godwit.control.ledger.VmRecord;
import java.util.Optional;

/**
 * What a host does with a file that a move left there whose side died over it, once it has read the ledger. Files of moves
 * that are under way are not looked at.
 */
public final class ColdLeftover {
    /** What becomes of a note that a disk was leaving. */
    public enum Left {
        /** The VM is another's: whether by this move, only the ledger's decision says. See {@link #decided}. */
        ASK,
        /** The VM is the target's: the disk was copied and goes, then the note. */
        CLEAR,
        /** The VM stays: only the note goes. */
        UNMARK,
        /** Nothing is decided, or nothing can be known: both are left. */
        WAIT
    }

    private ColdLeftover() {}

    /**
     * @param vm as the ledger has it now; empty if it has none
     * @param epoch of the VM when it was to leave
     */
    public static Left left(HostIdentity self, Optional<VmRecord> vm, String migrationId, long epoch) {
        if (vm.isEmpty()) {
            return Left.WAIT;
        }
        PreparedMigration prepared = vm.get().prepared();
        if (prepared != null && prepared.migrationId().equals(migrationId)) {
            return Left.WAIT;
        }
        boolean gone =
                !vm.get().owner().hostId().equals(self.hostId()) && vm.get().epoch() > epoch;
        return gone ? Left.ASK : Left.UNMARK;
    }

    /**
     * A VM that another host took over, with disks of its own, left this one's behind: they are the last ones of their kind.
     *
     * @param abort what the ledger answered to the move's {@code Abort}
     */
    public static Left decided(ColdOutcome abort) {
        return switch (abort) {
            case COMMITTED -> Left.CLEAR;
            case ABORTED -> Left.UNMARK;
            case PREPARED, REFUSED, UNKNOWN -> Left.WAIT;
        };
    }
}
