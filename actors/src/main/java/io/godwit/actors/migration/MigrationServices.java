package io.godwit.actors.migration;

import io.godwit.actors.admission.ProtocolRange;
import io.godwit.config.MigrationParameters;
import io.godwit.config.MigrationSettings;
import io.godwit.control.switchover.SwitchoverTimers;
import io.godwit.migration.convergence.SwitchoverCost;
import io.godwit.transport.StreamEndpoint;
import io.godwit.transport.driver.NetworkPath;
import io.godwit.transport.stream.IncomingSettings;
import io.godwit.transport.stream.OutgoingSettings;
import io.godwit.transport.stream.PageTransport;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What migrations of this host share.
 *
 * @param bindHost address on which incoming streams listen, and which sources are told
 * @param switchoverCost what pausing and restoring cost here of late
 * @param jumboFrames whether the path between hosts carries 9000-byte frames
 * @param security whether pages can be sealed, and who may migrate to this host
 * @param protocol the versions of the migration protocol this host speaks
 */
public record MigrationServices(
        PageTransport transport,
        String bindHost,
        boolean jumboFrames,
        MigrationParameters defaults,
        SwitchoverTimers timers,
        SwitchoverCost switchoverCost,
        MigrationSecurity security,
        ProtocolRange protocol) {
    /** With the protocol that this build speaks. */
    public MigrationServices(
            PageTransport transport,
            String bindHost,
            boolean jumboFrames,
            MigrationParameters defaults,
            SwitchoverTimers timers,
            SwitchoverCost switchoverCost,
            MigrationSecurity security) {
        this(transport, bindHost, jumboFrames, defaults, timers, switchoverCost, security, ProtocolRange.SPOKEN);
    }

    /** What a migration goes by that was asked for with {@code parameters}. */
    public MigrationSettings settings(MigrationParameters parameters) {
        return MigrationSettings.of(defaults.with(parameters));
    }

    /**
     * How to send to a target's lane.
     *
     * @param secret what the stream's keys are made of, null where it is not sealed: here and in {@link #incoming} is
     *     where streams are given it
     */
    OutgoingSettings outgoing(String migrationId, StreamEndpoint lane, @Nullable SessionSecret secret) {
        OutgoingSettings settings = OutgoingSettings.to(UUID.fromString(migrationId), lane);
        boolean overALink = !NetworkPath.staysOnThisHost(NetworkPath.literal(lane.host()));
        return jumboFrames && overALink ? settings.withMtu(NetworkPath.JUMBO_MTU) : settings;
    }

    /** How to receive, with the same secret. */
    IncomingSettings incoming(String migrationId, @Nullable SessionSecret secret) {
        return IncomingSettings.on(UUID.fromString(migrationId), bindHost);
    }
}
