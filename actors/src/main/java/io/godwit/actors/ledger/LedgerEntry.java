package io.godwit.actors.ledger;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.godwit.control.ledger.LedgerCodec;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.LedgerFormatException;
import io.godwit.control.ledger.LedgerState;
import io.godwit.control.ledger.VmIds;

/**
 * What the log holds: a command as {@link LedgerCodec} writes it, or a read, as the text {@code v1 list},
 * {@code v1 parameters}, {@code v1 maintenance} or {@code v1 find ID}.
 *
 * <p>Reads go through the log too. Ratis' own linearizable reads (3.3.0) skip the round of the quorum when the commit
 * index was confirmed by an earlier read, so a leader that was paused or cut off answers from what it knew; and where
 * they do take the round, they wait for the next periodic heartbeat. An entry of the log is right by construction and
 * costs what a commit costs.
 */
sealed interface LedgerEntry {
    /**
     * @param asked whether this voter is to answer; the others need not encode it
     * @return the answer, empty if not asked
     */
    byte[] apply(LedgerState state, boolean asked);

    record Change(LedgerCommand command) implements LedgerEntry {
        @Override
        public byte[] apply(LedgerState state, boolean asked) {
            var answer = state.apply(command);
            return asked ? LedgerCodec.encode(answer) : NOTHING;
        }
    }

    record ListAll() implements LedgerEntry {
        @Override
        public byte[] apply(LedgerState state, boolean asked) {
            return asked ? LedgerCodec.encode(state.list()) : NOTHING;
        }
    }

    record Find(String vmId) implements LedgerEntry {
        @Override
        public byte[] apply(LedgerState state, boolean asked) {
            return asked ? LedgerCodec.encode(state.find(vmId).stream().toList()) : NOTHING;
        }
    }

    record Parameters() implements LedgerEntry {
        @Override
        public byte[] apply(LedgerState state, boolean asked) {
            return asked ? LedgerCodec.encode(state.clusterParameters()) : NOTHING;
        }
    }

    record Maintenance() implements LedgerEntry {
        @Override
        public byte[] apply(LedgerState state, boolean asked) {
            return asked ? LedgerCodec.encodeMaintenance(state.maintenance()) : NOTHING;
        }
    }

    byte[] NOTHING = {};
    String VERSION = "v1 ";
    String LIST = VERSION + "list";
    String FIND = VERSION + "find ";
    String PARAMETERS = VERSION + "parameters";
    String MAINTENANCE = VERSION + "maintenance";

    static byte[] maintenance() {
        return MAINTENANCE.getBytes(UTF_8);
    }

    static byte[] list() {
        return LIST.getBytes(UTF_8);
    }

    static byte[] parameters() {
        return PARAMETERS.getBytes(UTF_8);
    }

    static byte[] find(String vmId) {
        return (FIND + vmId).getBytes(UTF_8);
    }

    /** @throws LedgerFormatException for what is none of these */
    static LedgerEntry decode(byte[] bytes) {
        if (bytes.length == 0 || bytes[0] == '{') {
            return new Change(LedgerCodec.decodeCommand(bytes));
        }
        String read = new String(bytes, 0, Math.min(bytes.length, 80), UTF_8);
        if (read.equals(LIST)) {
            return new ListAll();
        } else if (read.equals(PARAMETERS)) {
            return new Parameters();
        } else if (read.equals(MAINTENANCE)) {
            return new Maintenance();
        }
        String id = read.startsWith(FIND) ? read.substring(FIND.length()) : "";
        if (!VmIds.isValid(id)) {
            throw new LedgerFormatException("ledger entry \"" + read + "\" is not known; this Godwit reads commands, \""
                    + LIST + "\", \"" + PARAMETERS + "\", \"" + MAINTENANCE + "\" and \"" + FIND + "ID\"");
        }
        return new Find(id);
    }
}
