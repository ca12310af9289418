package io.godwit.transport.stream;

import io.godwit.transport.StreamEndpoint;
import java.time.Duration;
import java.util.UUID;

/**
 * How a source sends one stream. {@link #to} gives defaults, the {@code with} methods change one of them.
 *
 * @param migrationId carried by every frame and checked by the target
 * @param endpoint the target's answer
 * @param rateBytesPerSecond limit on wire bytes (see {@link io.godwit.transport.RoundSent}), 0 for none
 * @param termLengthBytes Aeron term length, a power of two, 64 KiB to 1 GiB; three of them are reserved at each end
 * @param jumboFrames whether the path carries 9000-byte Ethernet frames; loopback is found out without it
 * @param connectTimeout how long the target may take to appear
 * @param stallTimeout how long a connected target may take nothing
 * @param queuedRanges page ranges that wait in the lane before demand stops
 */
public record OutgoingSettings(
        UUID migrationId,
        StreamEndpoint endpoint,
        long rateBytesPerSecond,
        int termLengthBytes,
        boolean jumboFrames,
        Duration connectTimeout,
        Duration stallTimeout,
        int queuedRanges) {

    public static OutgoingSettings to(final UUID migrationId, final StreamEndpoint endpoint) {
        return new OutgoingSettings(
                migrationId,
                endpoint,
                0,
                StreamDefaults.TERM_LENGTH_BYTES,
                false,
                StreamDefaults.CONNECT_TIMEOUT,
                StreamDefaults.STALL_TIMEOUT,
                StreamDefaults.QUEUED_RANGES);
    }
}
