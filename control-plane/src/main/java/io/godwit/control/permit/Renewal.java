package io.godwit.control.permit;

import io.godwit.control.ledger.HostIdentity;

/**
 * A host asks the ledger's leader for a permit.
 *
 * @param nonce never used twice by this life of the host; the grant repeats it
 */
public record Renewal(HostIdentity host, long nonce) {}
