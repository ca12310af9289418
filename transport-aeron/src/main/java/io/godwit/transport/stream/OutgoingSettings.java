package io.godwit.transport.stream;

import io.godwit.transport.LaneStripes;
import io.godwit.transport.StreamEndpoint;
import io.godwit.transport.driver.NetworkPath;
import java.time.Duration;
import java.util.List;
import java.util.UUID;

/**
 * How a source sends one stream. {@link #to} gives defaults, the {@code with} methods change one of them.
 *
 * @param migrationId carried by every frame and checked by the target
 * @param endpoints the target's answer, one a lane, in the lanes' order
 * @param rateBytesPerSecond limit on wire bytes (see {@link io.godwit.transport.RoundSent}) of all lanes together, 0
 *     for what the path bears
 * @param termLengthBytes Aeron term length, a power of two, 64 KiB to 1 GiB; three of them are reserved for each lane
 *     at each end
 * @param mtuLength Aeron's MTU, a multiple of 32 from 512 to 65504; 0 to choose by path: 65504 within this host, else
 *     1472. Set {@link NetworkPath#JUMBO_MTU} where every hop carries 9000-byte frames
 * @param connectTimeout how long the target may take to appear
 * @param stallTimeout how long a connected target may take nothing
 * @param linkTimeout how long nothing may be heard from a target: before, the stream is suspended and goes on when the
 *     link is back; after, it fails. Less than the driver's {@code peerLiveness}
 * @param queuedRanges page ranges that wait in each lane before demand stops
 */
public record OutgoingSettings(
        UUID migrationId,
        List<StreamEndpoint> endpoints,
        long rateBytesPerSecond,
        int termLengthBytes,
        int mtuLength,
        Duration connectTimeout,
        Duration stallTimeout,
        Duration linkTimeout,
        int queuedRanges) {

    public OutgoingSettings {
        endpoints = List.copyOf(endpoints);
        if (endpoints.isEmpty() || endpoints.size() > LaneStripes.MAX_LANES) {
            throw new IllegalArgumentException(
                    "endpoints of " + endpoints.size() + " lanes: 1 to " + LaneStripes.MAX_LANES + " are expected");
        }
        if (endpoints.stream().distinct().count() < endpoints.size()) {
            throw new IllegalArgumentException("endpoints " + endpoints + ": another one for each lane is expected");
        }
        StreamDefaults.checkTermLength(termLengthBytes);
        StreamDefaults.checkMtu(mtuLength);
        StreamDefaults.checkTimeout("connectTimeout", connectTimeout);
        StreamDefaults.checkTimeout("stallTimeout", stallTimeout);
        StreamDefaults.checkTimeout("linkTimeout", linkTimeout);
    }

    public static OutgoingSettings to(final UUID migrationId, final List<StreamEndpoint> endpoints) {
        return new OutgoingSettings(
                migrationId,
                endpoints,
                0,
                StreamDefaults.termLengthBytes(endpoints.size()),
                0,
                StreamDefaults.CONNECT_TIMEOUT,
                StreamDefaults.STALL_TIMEOUT,
                StreamDefaults.LINK_TIMEOUT,
                StreamDefaults.QUEUED_RANGES);
    }

    public OutgoingSettings withRate(final long bytesPerSecond) {
        return with(bytesPerSecond, termLengthBytes, mtuLength, queuedRanges);
    }

    public OutgoingSettings withMtu(final int length) {
        return with(rateBytesPerSecond, termLengthBytes, length, queuedRanges);
    }

    public OutgoingSettings withTermLength(final int bytes) {
        return with(rateBytesPerSecond, bytes, mtuLength, queuedRanges);
    }

    public OutgoingSettings withQueuedRanges(final int ranges) {
        return with(rateBytesPerSecond, termLengthBytes, mtuLength, ranges);
    }

    public OutgoingSettings withTimeouts(final Duration connect, final Duration stall) {
        return withTimeouts(connect, stall, linkTimeout);
    }

    public OutgoingSettings withLinkTimeout(final Duration timeout) {
        return withTimeouts(connectTimeout, stallTimeout, timeout);
    }

    private OutgoingSettings withTimeouts(final Duration connect, final Duration stall, final Duration link) {
        return new OutgoingSettings(
                migrationId,
                endpoints,
                rateBytesPerSecond,
                termLengthBytes,
                mtuLength,
                connect,
                stall,
                link,
                queuedRanges);
    }

    private OutgoingSettings with(final long rate, final int term, final int mtu, final int ranges) {
        return new OutgoingSettings(
                migrationId, endpoints, rate, term, mtu, connectTimeout, stallTimeout, linkTimeout, ranges);
    }
}
