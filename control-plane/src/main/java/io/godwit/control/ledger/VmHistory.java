package io.godwit.control.ledger;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The bounded memory of one VM id: the last commands with their answers, and the last decisions. */
final class VmHistory {
    private final Map<String, LedgerSnapshot.Answered> requests = new LinkedHashMap<>();
    private final Map<String, Decision> decisions = new LinkedHashMap<>();

    LedgerSnapshot.@Nullable Answered answered(String requestId) {
        return requests.get(requestId);
    }

    void record(LedgerCommand command, LedgerAnswer answer) {
        requests.put(command.requestId(), new LedgerSnapshot.Answered(command, answer));
        trim(requests, LedgerState.MAX_REQUESTS_PER_VM);
    }

    @Nullable
    Decision decision(String migrationId) {
        return decisions.get(migrationId);
    }

    /** The first decision stands: the caller has looked. */
    void decide(Decision decision) {
        decisions.put(decision.migrationId(), decision);
        trim(decisions, LedgerState.MAX_DECISIONS_PER_VM);
    }

    LedgerSnapshot.History toSnapshot(String vmId) {
        return new LedgerSnapshot.History(vmId, answered(), List.copyOf(decisions.values()));
    }

    /** The commands that are remembered, the oldest first. */
    List<LedgerSnapshot.Answered> answered() {
        return List.copyOf(requests.values());
    }

    static VmHistory of(LedgerSnapshot.History history) {
        VmHistory restored = new VmHistory();
        history.requests().forEach(entry -> restored.record(entry.command(), entry.answer()));
        history.decisions().forEach(restored::decide);
        return restored;
    }

    private static void trim(Map<String, ?> entries, int limit) {
        if (entries.size() > limit) {
            entries.remove(entries.keySet().iterator().next());
        }
    }
}
