package io.godwit.actors.ledger;

import io.godwit.control.ledger.LedgerLevel;

/** The ledger refuses this host its name: another state directory has it, or its build is too old. Nothing was done under it. */
public final class HostNameTakenException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** @param reason the ledger's */
    public HostNameTakenException(String hostId, String reason) {
        super(
                reason.contains(LedgerLevel.TOO_OLD)
                        ? reason
                        : reason
                                + "; expected a host.name that no other host of the cluster has. If the other one is gone"
                                + " for good, \"godwit host forget " + hostId + "\" frees the name");
    }
}
