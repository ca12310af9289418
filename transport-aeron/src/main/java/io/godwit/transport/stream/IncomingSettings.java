package io.godwit.transport.stream;

import java.time.Duration;
import java.util.UUID;

/**
 * How a target receives one stream. {@link #on} gives defaults.
 *
 * @param migrationId the only one accepted
 * @param bindHost address literal of this host to listen on
 * @param termLengthBytes largest Aeron term length accepted; three of them are reserved here
 * @param connectTimeout how long the source may take to appear, from the moment the endpoint is known
 * @param maxDeviceStateBytes largest device state accepted
 */
public record IncomingSettings(
        UUID migrationId, String bindHost, int termLengthBytes, Duration connectTimeout, int maxDeviceStateBytes) {

    public IncomingSettings {
        StreamDefaults.checkTermLength(termLengthBytes);
        StreamDefaults.checkTimeout("connectTimeout", connectTimeout);
        if (maxDeviceStateBytes < 1) {
            throw new IllegalArgumentException(
                    "maxDeviceStateBytes " + maxDeviceStateBytes + ": at least 1 is expected");
        }
    }

    public static IncomingSettings on(final UUID migrationId, final String bindHost) {
        return new IncomingSettings(
                migrationId,
                bindHost,
                StreamDefaults.TERM_LENGTH_BYTES,
                StreamDefaults.CONNECT_TIMEOUT.multipliedBy(2),
                StreamDefaults.MAX_DEVICE_STATE_BYTES);
    }

    public IncomingSettings withTermLength(final int bytes) {
        return new IncomingSettings(migrationId, bindHost, bytes, connectTimeout, maxDeviceStateBytes);
    }

    public IncomingSettings withConnectTimeout(final Duration timeout) {
        return new IncomingSettings(migrationId, bindHost, termLengthBytes, timeout, maxDeviceStateBytes);
    }

    public IncomingSettings withMaxDeviceState(final int bytes) {
        return new IncomingSettings(migrationId, bindHost, termLengthBytes, connectTimeout, bytes);
    }
}
