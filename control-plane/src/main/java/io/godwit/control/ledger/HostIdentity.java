package io.godwit.control.ledger;

/**
 * Who can own a VM: a host and the life of its machine vault.
 *
 * @param hostId the host's name in the cluster
 * @param incarnation random, made with the vault; survives an actor-system restart and ends with the JVM
 */
public record HostIdentity(String hostId, String incarnation) {}
