package io.godwit.actors.migration;

import io.godwit.config.MigrationParameters;
import io.godwit.config.MigrationSettings;
import io.godwit.control.switchover.SwitchoverTimers;
import io.godwit.migration.convergence.SwitchoverCost;
import io.godwit.transport.StreamEndpoint;
import io.godwit.transport.driver.NetworkPath;
import io.godwit.transport.stream.IncomingSettings;
import io.godwit.transport.stream.OutgoingSettings;
import io.godwit.transport.stream.PageTransport;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What migrations of this host share.
 *
 * @param bindHost address on which incoming streams listen, and which sources are told
 * @param switchoverCost what pausing and restoring cost here of late
 * @param jumboFrames whether the path between hosts carries 9000-byte frames
 * @param maxLanes most lanes that an arriving migration gets here, 1 to 16
 * @param linkTimeout how long a silent link suspends a migration before it fails
 * @param security whether pages can be sealed, and who may migrate to this host
 */
public record MigrationServices(
        PageTransport transport,
        String bindHost,
        boolean jumboFrames,
        int maxLanes,
        Duration linkTimeout,
        MigrationParameters defaults,
        SwitchoverTimers timers,
        SwitchoverCost switchoverCost,
        MigrationSecurity security) {
    /** What a migration goes by that was asked for with {@code parameters}. */
    public MigrationSettings settings(MigrationParameters parameters) {
        return MigrationSettings.of(defaults.with(parameters));
    }

    /**
     * How to receive: as many lanes as the source asks for, or as this host gives.
     *
     * @param secret what the stream's keys are made of, null where it is not sealed: here and in {@link #outgoing} is
     *     where streams are given it
     */
    IncomingSettings incoming(String migrationId, int lanes, @Nullable SessionSecret secret) {
        return IncomingSettings.on(UUID.fromString(migrationId), bindHost)
                .withLanes(Math.min(lanes, maxLanes))
                .withLinkTimeout(linkTimeout);
    }

    /** How to send to a target's lanes, with the same secret. */
    OutgoingSettings outgoing(String migrationId, List<StreamEndpoint> lanes, @Nullable SessionSecret secret) {
        OutgoingSettings settings =
                OutgoingSettings.to(UUID.fromString(migrationId), lanes).withLinkTimeout(linkTimeout);
        boolean overALink =
                !NetworkPath.staysOnThisHost(NetworkPath.literal(lanes.get(0).host()));
        return jumboFrames && overALink ? settings.withMtu(NetworkPath.JUMBO_MTU) : settings;
    }
}
