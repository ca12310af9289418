package io.godwit.actors.host;

import io.godwit.actors.serialization.Wire;
import io.godwit.actors.vault.KeptHalf;

/**
 * The half of a failed migration that its target keeps: paused for good, and deletable.
 *
 * @param id the migration's
 * @param reason why the migration failed
 */
public record LeftoverView(
        String id,
        String vmId,
        String vmName,
        String host,
        String reason,
        long keptAtEpochMs,
        long memoryBytes,
        String backend)
        implements Wire {
    static LeftoverView of(KeptHalf kept, String host) {
        return new LeftoverView(
                kept.id(),
                kept.vmId(),
                kept.vmName(),
                host,
                kept.reason(),
                kept.keptAtEpochMs(),
                kept.memoryBytes(),
                kept.backend());
    }
}
