package io.godwit.transport.stream;

import io.godwit.transport.StreamEndpoint;
import io.godwit.transport.driver.NetworkPath;
import java.time.Duration;
import java.util.UUID;

/**
 * How a source sends one stream. {@link #to} gives defaults, the {@code with} methods change one of them.
 *
 * @param migrationId carried by every frame and checked by the target
 * @param endpoint the target's answer
 * @param rateBytesPerSecond limit on wire bytes (see {@link io.godwit.transport.RoundSent}), 0 for none
 * @param termLengthBytes Aeron term length, a power of two, 64 KiB to 1 GiB; three of them are reserved at each end
 * @param mtuLength Aeron's MTU, a multiple of 32 from 512 to 65504; 0 to choose by path: 65504 within this host, else
 *     1472. Set {@link NetworkPath#JUMBO_MTU} where every hop carries 9000-byte frames
 * @param connectTimeout how long the target may take to appear
 * @param stallTimeout how long a connected target may take nothing
 * @param queuedRanges page ranges that wait in the lane before demand stops
 */
public record OutgoingSettings(
        UUID migrationId,
        StreamEndpoint endpoint,
        long rateBytesPerSecond,
        int termLengthBytes,
        int mtuLength,
        Duration connectTimeout,
        Duration stallTimeout,
        int queuedRanges) {

    public OutgoingSettings {
        StreamDefaults.checkTermLength(termLengthBytes);
        StreamDefaults.checkMtu(mtuLength);
        StreamDefaults.checkTimeout("connectTimeout", connectTimeout);
        StreamDefaults.checkTimeout("stallTimeout", stallTimeout);
    }

    public static OutgoingSettings to(final UUID migrationId, final StreamEndpoint endpoint) {
        return new OutgoingSettings(
                migrationId,
                endpoint,
                0,
                StreamDefaults.TERM_LENGTH_BYTES,
                0,
                StreamDefaults.CONNECT_TIMEOUT,
                StreamDefaults.STALL_TIMEOUT,
                StreamDefaults.QUEUED_RANGES);
    }

    public OutgoingSettings withRate(final long bytesPerSecond) {
        return new OutgoingSettings(
                migrationId,
                endpoint,
                bytesPerSecond,
                termLengthBytes,
                mtuLength,
                connectTimeout,
                stallTimeout,
                queuedRanges);
    }

    public OutgoingSettings withMtu(final int length) {
        return new OutgoingSettings(
                migrationId,
                endpoint,
                rateBytesPerSecond,
                termLengthBytes,
                length,
                connectTimeout,
                stallTimeout,
                queuedRanges);
    }

    public OutgoingSettings withTermLength(final int bytes) {
        return new OutgoingSettings(
                migrationId,
                endpoint,
                rateBytesPerSecond,
                bytes,
                mtuLength,
                connectTimeout,
                stallTimeout,
                queuedRanges);
    }

    public OutgoingSettings withTimeouts(final Duration connect, final Duration stall) {
        return new OutgoingSettings(
                migrationId, endpoint, rateBytesPerSecond, termLengthBytes, mtuLength, connect, stall, queuedRanges);
    }

    public OutgoingSettings withQueuedRanges(final int ranges) {
        return new OutgoingSettings(
                migrationId,
                endpoint,
                rateBytesPerSecond,
                termLengthBytes,
                mtuLength,
                connectTimeout,
                stallTimeout,
                ranges);
    }
}
