package io.godwit.migration;

import io.godwit.migration.digest.MemoryDigest;
import org.jspecify.annotations.Nullable;

/**
 * How the target's part of the blackout went.
 *
 * @param digest of all RAM, for the source to compare; null when verification is off
 * @param pages received, those that came more than once counted each time
 * @param stateBytes size of the machine's state
 * @param verifyMs checks, and hashing all memory where that was asked for
 * @param restoreMs restoring the machine's state
 */
public record IncomingSummary(
        @Nullable MemoryDigest digest, long pages, int stateBytes, double verifyMs, double restoreMs) {
    @Override
    public String toString() {
        return "%d pages checked in %.1f ms, %d bytes of state restored in %.1f ms"
                .formatted(pages, verifyMs, stateBytes, restoreMs);
    }
}
