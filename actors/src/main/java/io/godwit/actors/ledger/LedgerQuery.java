package io.godwit.actors.ledger;

import io.godwit.control.ledger.LedgerFormatException;
import io.godwit.control.ledger.LedgerState;
import io.godwit.control.ledger.VmIds;
import io.godwit.control.ledger.VmRecord;
import java.util.List;

/** A linearizable read, as text: {@code v1 list} or {@code v1 find ID}. */
final class LedgerQuery {
    private static final String VERSION = "v1 ";
    private static final String LIST = VERSION + "list";
    private static final String FIND = VERSION + "find ";

    private LedgerQuery() {}

    static String list() {
        return LIST;
    }

    static String find(String vmId) {
        return FIND + vmId;
    }

    /** @throws LedgerFormatException for any other text */
    static List<VmRecord> answer(String query, LedgerState state) {
        if (query.equals(LIST)) {
            return state.list();
        }
        String id = query.startsWith(FIND) ? query.substring(FIND.length()) : "";
        if (!VmIds.isValid(id)) {
            String shown = query.length() > 80 ? query.substring(0, 80) + "…" : query;
            throw new LedgerFormatException("ledger query \"" + shown + "\" is not known; this Godwit answers \"" + LIST
                    + "\" and \"" + FIND + "ID\"");
        }
        return state.find(id).stream().toList();
    }
}
