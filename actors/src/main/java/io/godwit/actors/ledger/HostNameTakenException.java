package io.godwit.actors.ledger;

/** Another state directory has this host's name. Nothing was done under it. */
public final class HostNameTakenException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** @param reason the ledger's */
    public HostNameTakenException(String hostId, String reason) {
        super(reason
                + "; expected a host.name that no other host of the cluster has. If the other one is gone for good,"
                + " \"godwit host forget " + hostId + "\" frees the name");
    }
}
