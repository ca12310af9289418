package io.godwit.control.ledger;

import static io.godwit.control.ledger.LedgerState.first;
import static io.godwit.control.ledger.LedgerState.lengthProblem;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whose a host's name is: the state directory's that asked for it first. Two hosts of one name would each declare the
 * other's life over and take its VMs back.
 */
final class HostNames {
    /** Beyond this many no new host is let in. */
    static final int MAX_NAMES = 10_000;

    private final Map<String, String> directories = new LinkedHashMap<>();

    static boolean concerns(LedgerCommand command) {
        return command instanceof LedgerCommand.NameHost || command instanceof LedgerCommand.ReleaseName;
    }

    /** What is wrong with the command itself; null if nothing is. */
    static @Nullable String problem(LedgerCommand command) {
        if (command instanceof LedgerCommand.NameHost name) {
            return first(
                    lengthProblem("hostId", name.hostId(), LedgerState.MAX_HOST_LENGTH),
                    lengthProblem("stateId", name.stateId(), LedgerState.MAX_ID_LENGTH));
        }
        return lengthProblem("hostId", ((LedgerCommand.ReleaseName) command).hostId(), LedgerState.MAX_HOST_LENGTH);
    }

    /** Why the command is not applied; null if it was. */
    @Nullable
    String apply(LedgerCommand command) {
        return command instanceof LedgerCommand.NameHost name
                ? name(name)
                : release(((LedgerCommand.ReleaseName) command).hostId());
    }

    private @Nullable String name(LedgerCommand.NameHost command) {
        String holder = directories.get(command.hostId());
        if (holder != null) {
            return holder.equals(command.stateId())
                    ? null
                    : "host name \"" + command.hostId() + "\" belongs to another state directory (" + holder
                            + "), this one is " + command.stateId();
        } else if (directories.size() == MAX_NAMES) {
            return MAX_NAMES + " hosts have names; expected at most as many";
        }
        directories.put(command.hostId(), command.stateId());
        return null;
    }

    private @Nullable String release(String hostId) {
        return directories.remove(hostId) == null ? "no host has the name \"" + hostId + "\"" : null;
    }

    boolean holds(String hostId) {
        return directories.containsKey(hostId);
    }

    List<LedgerSnapshot.HostName> snapshot() {
        return directories.entrySet().stream()
                .map(entry -> new LedgerSnapshot.HostName(entry.getKey(), entry.getValue()))
                .toList();
    }

    void restore(List<LedgerSnapshot.HostName> names) {
        names.forEach(name -> directories.put(name.hostId(), name.stateId()));
    }
}
