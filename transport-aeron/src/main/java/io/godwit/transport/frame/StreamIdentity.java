package io.godwit.transport.frame;

import java.util.UUID;

/**
 * What every frame of a lane carries and its receiver insists on.
 *
 * @param migrationId the migration
 * @param lane number of the lane, from 0
 * @param laneCount lanes of the stream, 1 to 65,535
 * @param version of the protocol, 1 to 65,535, as both ends agreed before the stream was opened
 */
public record StreamIdentity(UUID migrationId, int lane, int laneCount, int version) {
    private static final int MAX_LANES = 0xFFFF;
    private static final int MAX_VERSION = 0xFFFF;

    /** In the version that this build has always spoken. */
    public StreamIdentity(final UUID migrationId, final int lane, final int laneCount) {
        this(migrationId, lane, laneCount, FrameHeader.VERSION);
    }

    public StreamIdentity {
        if (laneCount < 1 || laneCount > MAX_LANES || lane < 0 || lane >= laneCount) {
            throw new IllegalArgumentException("lane " + lane + " of " + laneCount + ": 0 to " + (MAX_LANES - 1)
                    + ", below the count, is expected");
        }
        if (version < 1 || version > MAX_VERSION) {
            throw new IllegalArgumentException(
                    "protocol version " + version + ": 1 to " + MAX_VERSION + " is expected");
        }
    }
}
