package io.godwit.actors.migration;

import io.godwit.config.MigrationSettings;
import io.godwit.control.switchover.SwitchoverTimers;
import io.godwit.migration.convergence.SwitchoverCost;
import io.godwit.transport.stream.PageTransport;

/**
 * What migrations of this host share.
 *
 * @param bindHost address on which incoming streams listen, and which sources are told
 * @param switchoverCost what pausing and restoring cost here of late
 * @param jumboFrames whether the path between hosts carries 9000-byte frames
 */
public record MigrationServices(
        PageTransport transport,
        String bindHost,
        boolean jumboFrames,
        MigrationSettings defaults,
        SwitchoverTimers timers,
        SwitchoverCost switchoverCost) {}
