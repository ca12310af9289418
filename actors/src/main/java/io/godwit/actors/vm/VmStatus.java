package io.godwit.actors.vm;

import java.util.Locale;

/** What a VM is doing, as its owner sees it. */
public enum VmStatus {
    STOPPED,
    STARTING,
    RUNNING,
    PAUSED,
    /** Being received; not runnable until the migration's Go. */
    INCOMING,
    STOPPING,
    /** The guest or its machine failed; see the detail. */
    CRASHED,
    /** Its owner's incarnation is gone: the memory is lost, the definition is not. */
    WAITING_FOR_HOST,
    /** Its owner does not answer. */
    UNKNOWN;

    /** Whether it is a step of an operation, which ends it. */
    boolean isPassing() {
        return this == STARTING || this == STOPPING || this == INCOMING;
    }

    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
