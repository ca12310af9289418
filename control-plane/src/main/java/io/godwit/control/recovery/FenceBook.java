package io.godwit.control.recovery;

import io.godwit.config.InvalidValueException;
import io.godwit.control.ledger.HostIdentity;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Which hosts were fenced, and when one is to be tried again. A success is of one life of a host, and counts only while
 * that is silent: one that is heard afterwards was not fenced, whatever the command said. Not thread-safe; instants are
 * those of {@code CLOCK_BOOTTIME}, in ms.
 */
public final class FenceBook {
    /** Pauses between attempts double from here. */
    static final long FIRST_PAUSE_MS = 2_000;

    static final long LONGEST_PAUSE_MS = 60_000;

    /**
     * How a host's fencing stands.
     *
     * @param attempts that ended without success, one after the other
     * @param nextAtMs when the next may begin
     * @param lastFailure what went wrong; empty before the first attempt ended
     */
    private record Standing(boolean running, boolean succeeded, int attempts, long nextAtMs, String lastFailure) {}

    private static final Standing FRESH = new Standing(false, false, 0, Long.MIN_VALUE, "");

    private final int retries;
    private final Map<HostIdentity, Standing> standings = new HashMap<>();

    /** @param retries attempts after the first that follow each other; then an operator is called, and it goes on slowly */
    public FenceBook(int retries) {
        if (retries < 0) {
            throw new InvalidValueException("retries", retries, "0 or more");
        }
        this.retries = retries;
    }

    public boolean isFenced(HostIdentity host) {
        return standing(host).succeeded();
    }

    /** Whether an attempt is to begin now. It counts as under way from then on, until it {@link #ended}. */
    public boolean begin(HostIdentity host, long nowMs) {
        Standing now = standing(host);
        if (now.running() || now.succeeded() || nowMs < now.nextAtMs()) {
            return false;
        }
        standings.put(host, new Standing(true, false, now.attempts(), now.nextAtMs(), now.lastFailure()));
        return true;
    }

    /** @param failure empty if the command says that the host is fenced */
    public void ended(HostIdentity host, Optional<String> failure, long nowMs) {
        Standing now = standing(host);
        if (!now.running()) {
            return;
        }
        if (failure.isEmpty()) {
            standings.put(host, new Standing(false, true, 0, nowMs, ""));
            return;
        }
        int attempts = now.attempts() + 1;
        long pauseMs = attempts > retries
                ? LONGEST_PAUSE_MS
                : Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS << Math.min(attempts - 1, 16));
        standings.put(host, new Standing(false, false, attempts, nowMs + pauseMs, failure.get()));
    }

    /**
     * Forgets what was done about hosts that are not silent any more.
     *
     * @return one that was said to be fenced and is heard: its fence lies. Empty if there is none
     */
    public Optional<HostIdentity> heard(Predicate<HostIdentity> heard) {
        Optional<HostIdentity> liar = standings.entrySet().stream()
                .filter(entry -> entry.getValue().succeeded() && heard.test(entry.getKey()))
                .map(Map.Entry::getKey)
                .findFirst();
        standings.entrySet().removeIf(entry -> !entry.getValue().running() && heard.test(entry.getKey()));
        return liar;
    }

    /** For the operator: what a recovery that waits for the host's fence waits for. */
    public String describe(HostIdentity host, String pool) {
        Standing now = standing(host);
        String who = "fencing host \"" + host.hostId() + "\" (incarnation " + host.incarnation() + ") for pool " + pool;
        if (now.attempts() == 0) {
            return who;
        }
        String tried = who + ": attempt " + now.attempts() + " failed: " + now.lastFailure();
        return now.attempts() > retries
                ? tried + "; an operator has to confirm the host dead, or mend its fence"
                : tried + "; it is tried again";
    }

    private Standing standing(HostIdentity host) {
        return standings.getOrDefault(host, FRESH);
    }
}
