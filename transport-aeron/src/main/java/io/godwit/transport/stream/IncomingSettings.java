package io.godwit.transport.stream;

import io.godwit.transport.LaneStripes;
import java.time.Duration;
import java.util.UUID;

/**
 * How a target receives one stream. {@link #on} gives defaults, the {@code with} methods change one of them.
 *
 * @param migrationId the only one accepted
 * @param bindHost address literal of this host to listen on
 * @param lanes how many to open, 1 to 16
 * @param termLengthBytes largest Aeron term length accepted; three of them are reserved here for each lane
 * @param connectTimeout how long the source may take to appear, from the moment the endpoint is known
 * @param linkTimeout how long nothing may be heard from a source that has appeared, see
 *     {@link OutgoingSettings#linkTimeout()}
 * @param maxDeviceStateBytes largest device state accepted
 */
public record IncomingSettings(
        UUID migrationId,
        String bindHost,
        int lanes,
        int termLengthBytes,
        Duration connectTimeout,
        Duration linkTimeout,
        int maxDeviceStateBytes) {

    public IncomingSettings {
        new LaneStripes(lanes); // says what is expected
        StreamDefaults.checkTermLength(termLengthBytes);
        StreamDefaults.checkTimeout("connectTimeout", connectTimeout);
        StreamDefaults.checkTimeout("linkTimeout", linkTimeout);
        if (maxDeviceStateBytes < 1) {
            throw new IllegalArgumentException(
                    "maxDeviceStateBytes " + maxDeviceStateBytes + ": at least 1 is expected");
        }
    }

    /** One lane. */
    public static IncomingSettings on(final UUID migrationId, final String bindHost) {
        return new IncomingSettings(
                migrationId,
                bindHost,
                1,
                StreamDefaults.termLengthBytes(1),
                StreamDefaults.CONNECT_TIMEOUT.multipliedBy(2),
                StreamDefaults.LINK_TIMEOUT,
                StreamDefaults.MAX_DEVICE_STATE_BYTES);
    }

    /** So many lanes, with the term length that suits them. */
    public IncomingSettings withLanes(final int count) {
        final LaneStripes checked = new LaneStripes(count);
        return new IncomingSettings(
                migrationId,
                bindHost,
                checked.lanes(),
                StreamDefaults.termLengthBytes(checked.lanes()),
                connectTimeout,
                linkTimeout,
                maxDeviceStateBytes);
    }

    public IncomingSettings withTermLength(final int bytes) {
        return with(bytes, connectTimeout, linkTimeout, maxDeviceStateBytes);
    }

    public IncomingSettings withConnectTimeout(final Duration timeout) {
        return with(termLengthBytes, timeout, linkTimeout, maxDeviceStateBytes);
    }

    public IncomingSettings withLinkTimeout(final Duration timeout) {
        return with(termLengthBytes, connectTimeout, timeout, maxDeviceStateBytes);
    }

    public IncomingSettings withMaxDeviceState(final int bytes) {
        return with(termLengthBytes, connectTimeout, linkTimeout, bytes);
    }

    private IncomingSettings with(final int term, final Duration connect, final Duration link, final int maxState) {
        return new IncomingSettings(migrationId, bindHost, lanes, term, connect, link, maxState);
    }
}
