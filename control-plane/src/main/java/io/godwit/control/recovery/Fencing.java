package io.godwit.control.recovery;

/** What a pool of shared, writable disks wants before another host writes them. */
public enum Fencing {
    /** That a fence has succeeded: power, a watchdog, a reservation, a lock that the server takes from a stale holder. */
    FENCED,
    /**
     * That the old host's permit ran out. A write that it had begun before may still arrive: the operator accepts that.
     */
    TRUST_PERMIT,
    /** There is no fence and the permit is not trusted: an operator has to confirm the old host dead. */
    NONE
}
