package io.godwit.control.inventory;

import java.util.Locale;

/** What a host is there for. */
public enum HostState {
    /** Takes VMs. */
    UP,
    /** Its VMs are to leave. */
    DRAINING,
    /** An operator works on it: its VMs are to leave. */
    MAINTENANCE,
    /** Keeps the ledger and runs no VMs, whatever room it has. */
    WITNESS,
    /** Nobody hears it. Its VMs may run: they can neither be moved nor started elsewhere before it is known dead. */
    UNREACHABLE;

    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** To follow "it is". */
    public String inWords() {
        return switch (this) {
            case MAINTENANCE -> "in maintenance";
            case WITNESS -> "a witness, which runs no VMs";
            default -> label();
        };
    }

    /** Whether its VMs have to leave, and can. */
    public boolean empties() {
        return this == DRAINING || this == MAINTENANCE;
    }
}
