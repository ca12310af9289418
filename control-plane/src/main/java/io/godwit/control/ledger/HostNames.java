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
        return command instanceof LedgerCommand.NameHost
                || command instanceof LedgerCommand.AdmitHost
                || command instanceof LedgerCommand.ReleaseName;
    }

    /** What is wrong with the command itself; null if nothing is. */
    static @Nullable String problem(LedgerCommand command) {
        if (command instanceof LedgerCommand.NameHost name) {
            return problem(name.hostId(), name.stateId());
        } else if (command instanceof LedgerCommand.AdmitHost admit) {
            return problem(admit.hostId(), admit.stateId());
        }
        return lengthProblem("hostId", ((LedgerCommand.ReleaseName) command).hostId(), LedgerState.MAX_HOST_LENGTH);
    }

    private static @Nullable String problem(String hostId, String stateId) {
        return first(
                lengthProblem("hostId", hostId, LedgerState.MAX_HOST_LENGTH),
                lengthProblem("stateId", stateId, LedgerState.MAX_ID_LENGTH));
    }

    /**
     * Why the command is not applied; null if it was.
     *
     * @param level the ledger's: a host that is older would misread it
     */
    @Nullable
    String apply(LedgerCommand command, int level) {
        if (command instanceof LedgerCommand.NameHost name) {
            return first(tooOld(name.hostId(), LedgerLevel.FIRST, level), name(name.hostId(), name.stateId()));
        } else if (command instanceof LedgerCommand.AdmitHost admit) {
            return first(tooOld(admit.hostId(), admit.speaks(), level), name(admit.hostId(), admit.stateId()));
        }
        return release(((LedgerCommand.ReleaseName) command).hostId());
    }

    private static @Nullable String tooOld(String hostId, int speaks, int level) {
        return speaks >= level
                ? null
                : "host \"" + hostId + "\"" + LedgerLevel.TOO_OLD + level
                        + ", and the host's build of Godwit speaks "
                        + (speaks == LedgerLevel.FIRST ? "only level 1" : "levels 1 to " + speaks)
                        + "; start it with a build that speaks level " + level;
    }

    private @Nullable String name(String hostId, String stateId) {
        String holder = directories.get(hostId);
        if (holder != null) {
            return holder.equals(stateId)
                    ? null
                    : "host name \"" + hostId + "\" belongs to another state directory (" + holder + "), this one is "
                            + stateId;
        } else if (directories.size() == MAX_NAMES) {
            return MAX_NAMES + " hosts have names; expected at most as many";
        }
        directories.put(hostId, stateId);
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
