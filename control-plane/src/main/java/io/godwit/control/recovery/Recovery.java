package io.godwit.control.recovery;

import io.godwit.control.ledger.HostIdentity;

/**
 * One VM's way from a host that is silent to another.
 *
 * @param id the VM's and the epoch that it is to be taken from: the same under each leader
 * @param from who owns it
 * @param to who was chosen; empty while nobody is
 * @param reason what it waits for, or why it ended
 * @param beganAtMs when this leader took it up, and
 * @param changedAtMs when its state or reason changed last, both by the leader's {@code CLOCK_BOOTTIME}
 */
public record Recovery(
        String id,
        String vmId,
        String vmName,
        HostIdentity from,
        String to,
        State state,
        String reason,
        long beganAtMs,
        long changedAtMs) {
    /** Where it stands. */
    public enum State {
        /** For what the reason says. */
        WAITING,
        /** Its holder is being fenced. */
        FENCING,
        /** Its undecided migration's target is asked to decide. */
        OFFERED,
        /** The chosen host asks the ledger for it. */
        CLAIMING,
        /** The chosen host owns it and starts it. */
        STARTING,
        /** It runs there. */
        COMPLETED,
        /** It is not needed any more, or was overtaken. */
        ENDED;

        public boolean isOver() {
            return this == COMPLETED || this == ENDED;
        }
    }

    Recovery in(State next, String why, long nowMs) {
        return next == state && why.equals(reason)
                ? this
                : new Recovery(id, vmId, vmName, from, to, next, why, beganAtMs, nowMs);
    }

    Recovery towards(String host, State next, String why, long nowMs) {
        return new Recovery(id, vmId, vmName, from, host, next, why, beganAtMs, nowMs);
    }
}
