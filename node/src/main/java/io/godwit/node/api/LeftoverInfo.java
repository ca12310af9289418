package io.godwit.node.api;

/**
 * The half of a failed migration that its target keeps because {@code keep-dest-guest-on-failed} was set: paused for
 * good, never startable, deletable.
 *
 * @param id the migration's
 * @param vm the VM's id
 * @param reason why the migration failed
 */
public record LeftoverInfo(
        String id,
        String vm,
        String vmName,
        String host,
        String reason,
        String keptAt,
        long memoryBytes,
        String backend) {}
