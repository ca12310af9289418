package io.godwit.control.placement;

import io.godwit.control.ledger.HostIdentity;

/**
 * A host of the cluster that VMs might be given to.
 *
 * @param identity this life of it
 * @param objection why it takes none just now, beside what the filters say; empty where nothing stands against it
 * @param promisedBytes memory of the VMs that are defined there and do not run: it is free, and ranks the host as if it
 *     were not
 */
public record Site(HostIdentity identity, String objection, long promisedBytes) {}
