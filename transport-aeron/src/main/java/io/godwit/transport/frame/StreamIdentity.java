package io.godwit.transport.frame;

import java.util.UUID;

/**
 * What every frame of a lane carries and its receiver insists on.
 *
 * @param migrationId the migration
 * @param lane number of the lane, from 0
 * @param laneCount lanes of the stream, 1 to 65,535
 */
public record StreamIdentity(UUID migrationId, int lane, int laneCount) {
    private static final int MAX_LANES = 0xFFFF;

    public StreamIdentity {
        if (laneCount < 1 || laneCount > MAX_LANES || lane < 0 || lane >= laneCount) {
            throw new IllegalArgumentException("lane " + lane + " of " + laneCount + ": 0 to " + (MAX_LANES - 1)
                    + ", below the count, is expected");
        }
    }
}
