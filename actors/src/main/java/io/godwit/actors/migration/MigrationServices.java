package io.godwit.actors.migration;

import io.godwit.config.MigrationParameters;
import io.godwit.config.MigrationSettings;
import io.godwit.control.switchover.SwitchoverTimers;
import io.godwit.migration.convergence.HostExperience;
import io.godwit.transport.StreamEndpoint;
import io.godwit.transport.driver.NetworkPath;
import io.godwit.transport.stream.OutgoingSettings;
import io.godwit.transport.stream.PageTransport;
import java.util.UUID;

/**
 * What migrations of this host share.
 *
 * @param bindHost address on which incoming streams listen, and which sources are told
 * @param experience what migrations have shown here of late
 * @param jumboFrames whether the path between hosts carries 9000-byte frames
 */
public record MigrationServices(
        PageTransport transport,
        String bindHost,
        boolean jumboFrames,
        MigrationParameters defaults,
        SwitchoverTimers timers,
        HostExperience experience) {
    /** What a migration goes by that was asked for with {@code parameters}. */
    public MigrationParameters parameters(MigrationParameters parameters) {
        return defaults.with(parameters);
    }

    /** The same, as the engine uses it. */
    public MigrationSettings settings(MigrationParameters parameters) {
        return MigrationSettings.of(parameters(parameters));
    }

    /** How to send to a target's lane. */
    OutgoingSettings outgoing(String migrationId, StreamEndpoint lane) {
        OutgoingSettings settings = OutgoingSettings.to(UUID.fromString(migrationId), lane);
        boolean overALink = !NetworkPath.staysOnThisHost(NetworkPath.literal(lane.host()));
        return jumboFrames && overALink ? settings.withMtu(NetworkPath.JUMBO_MTU) : settings;
    }
}
