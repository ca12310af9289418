package io.godwit.actors.migration;

import io.godwit.actors.admission.ProtocolRange;
import io.godwit.config.MigrationParameters;
import io.godwit.config.MigrationSettings;
import io.godwit.control.switchover.SwitchoverTimers;
import io.godwit.migration.convergence.HostExperience;
import io.godwit.transport.StreamEndpoint;
import io.godwit.transport.driver.NetworkPath;
import io.godwit.transport.seal.StreamSecret;
import io.godwit.transport.stream.IncomingSettings;
import io.godwit.transport.stream.OutgoingSettings;
import io.godwit.transport.stream.PageTransport;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What migrations of this host share.
 *
 * @param bindHost address on which incoming streams listen, and which sources are told
 * @param experience what migrations have shown here of late
 * @param jumboFrames whether the path between hosts carries 9000-byte frames
 * @param maxLanes most lanes that an arriving migration gets here, 1 to 16
 * @param linkTimeout how long a silent link suspends a migration before it fails
 * @param security whether pages can be sealed, and who may migrate to this host
 * @param protocol the versions of the migration protocol this host speaks
 */
public record MigrationServices(
        PageTransport transport,
        String bindHost,
        boolean jumboFrames,
        int maxLanes,
        Duration linkTimeout,
        MigrationParameters defaults,
        SwitchoverTimers timers,
        HostExperience experience,
        MigrationSecurity security,
        ProtocolRange protocol) {
    /** With the protocol that this build speaks. */
    public MigrationServices(
            PageTransport transport,
            String bindHost,
            boolean jumboFrames,
            int maxLanes,
            Duration linkTimeout,
            MigrationParameters defaults,
            SwitchoverTimers timers,
            HostExperience experience,
            MigrationSecurity security) {
        this(
                transport,
                bindHost,
                jumboFrames,
                maxLanes,
                linkTimeout,
                defaults,
                timers,
                experience,
                security,
                ProtocolRange.SPOKEN);
    }

    /** What a migration goes by that was asked for with {@code parameters}. */
    public MigrationParameters parameters(MigrationParameters parameters) {
        return defaults.with(parameters);
    }

    /** The same, as the engine uses it. */
    public MigrationSettings settings(MigrationParameters parameters) {
        return MigrationSettings.of(parameters(parameters));
    }

    /**
     * How to receive: as many lanes as the source asks for, or as this host gives.
     *
     * @param secret what the stream's keys are made of, null where it is not sealed
     */
    IncomingSettings incoming(String migrationId, int lanes, @Nullable SessionSecret secret) {
        IncomingSettings settings = IncomingSettings.on(UUID.fromString(migrationId), bindHost)
                .withLanes(Math.min(lanes, maxLanes))
                .withLinkTimeout(linkTimeout);
        return secret == null ? settings : settings.withSecret(streamSecret(secret));
    }

    /** How to send to a target's lanes, with the same secret. */
    OutgoingSettings outgoing(String migrationId, List<StreamEndpoint> lanes, @Nullable SessionSecret secret) {
        OutgoingSettings plain =
                OutgoingSettings.to(UUID.fromString(migrationId), lanes).withLinkTimeout(linkTimeout);
        OutgoingSettings settings = secret == null ? plain : plain.withSecret(streamSecret(secret));
        boolean overALink =
                !NetworkPath.staysOnThisHost(NetworkPath.literal(lanes.get(0).host()));
        return jumboFrames && overALink ? settings.withMtu(NetworkPath.JUMBO_MTU) : settings;
    }

    /** The engine that gets it wipes it when it is closed. */
    private static StreamSecret streamSecret(SessionSecret session) {
        byte[] bytes = session.bytes();
        try {
            return StreamSecret.of(bytes);
        } finally {
            Arrays.fill(bytes, (byte) 0);
        }
    }
}
