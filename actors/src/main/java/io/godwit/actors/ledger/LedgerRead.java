package io.godwit.actors.ledger;

import io.godwit.control.ledger.LedgerCodec;
import io.godwit.control.ledger.LedgerFormatException;
import io.godwit.control.ledger.LedgerState;
import io.godwit.control.ledger.VmIds;

/**
 * What is read of the ledger, as the text {@code list}, {@code parameters}, {@code maintenance}, {@code backup} or
 * {@code find ID}.
 *
 * <p>A read is answered by the leader from what it has applied, once a round of {@link TermRounds} begun after the read
 * came has shown that a majority is not past the leader's term: whatever was answered to anybody before the read was sent
 * is in it. That leaves nothing in the log and waits for no disk. Ratis' own linearizable reads (3.3.0) skip the round
 * when an earlier read confirmed the same commit index, so a leader that was paused or cut off answers from what it knew;
 * and where they do take the round, they wait for the next periodic heartbeat.
 */
sealed interface LedgerRead {
    /** The answer, as {@link LedgerCodec} writes it. */
    byte[] answer(LedgerState state);

    record ListAll() implements LedgerRead {
        @Override
        public byte[] answer(LedgerState state) {
            return LedgerCodec.encode(state.list());
        }
    }

    record Find(String vmId) implements LedgerRead {
        @Override
        public byte[] answer(LedgerState state) {
            return LedgerCodec.encode(state.find(vmId).stream().toList());
        }
    }

    record Parameters() implements LedgerRead {
        @Override
        public byte[] answer(LedgerState state) {
            return LedgerCodec.encode(state.clusterParameters());
        }
    }

    record Maintenance() implements LedgerRead {
        @Override
        public byte[] answer(LedgerState state) {
            return LedgerCodec.encodeMaintenance(state.maintenance());
        }
    }

    /** All of it, as a snapshot has it; {@link LedgerBackup} says in which form it travels. */
    record Backup() implements LedgerRead {
        @Override
        public byte[] answer(LedgerState state) {
            return LedgerCodec.encode(state.snapshot());
        }
    }

    String LIST = "list";
    String FIND = "find ";
    String PARAMETERS = "parameters";
    String MAINTENANCE = "maintenance";
    String BACKUP = "backup";

    default String text() {
        if (this instanceof Find find) {
            return FIND + find.vmId();
        }
        if (this instanceof Maintenance) {
            return MAINTENANCE;
        }
        if (this instanceof Backup) {
            return BACKUP;
        }
        return this instanceof ListAll ? LIST : PARAMETERS;
    }

    /** @throws LedgerFormatException for what is none of these */
    static LedgerRead of(String text) {
        if (text.equals(LIST)) {
            return new ListAll();
        } else if (text.equals(PARAMETERS)) {
            return new Parameters();
        } else if (text.equals(MAINTENANCE)) {
            return new Maintenance();
        } else if (text.equals(BACKUP)) {
            return new Backup();
        }
        String id = text.startsWith(FIND) ? text.substring(FIND.length()) : "";
        if (!VmIds.isValid(id)) {
            throw new LedgerFormatException("voter message's read \"" + text.substring(0, Math.min(text.length(), 80))
                    + "\" is not known; this Godwit answers \"" + LIST + "\", \"" + PARAMETERS + "\", \"" + MAINTENANCE
                    + "\", \"" + BACKUP + "\" and \""
                    + FIND + "ID\"");
        }
        return new Find(id);
    }
}
