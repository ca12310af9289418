package io.godwit.transport.stream;

/**
 * An outgoing stream's counters at one moment, its lanes added up; readable from any thread, also after the end. Lanes
 * wait side by side: their times add up to more than the time that passed.
 *
 * @param normalPages pages sent with their bytes
 * @param zeroPages pages sent as zero runs
 * @param frames frames accepted by the publications
 * @param wireBytes their bytes with Aeron's and our headers and alignment, without UDP and IP headers
 * @param backPressureNs time spent waiting for the receiver's window
 * @param rateLimitedNs time spent waiting for the rate limit
 * @param suspendedNs time during which nothing was heard from the target, see {@link OutgoingSettings#linkTimeout()}
 */
public record OutgoingCounters(
        long normalPages,
        long zeroPages,
        long frames,
        long wireBytes,
        long backPressureNs,
        long rateLimitedNs,
        long suspendedNs) {
    static final OutgoingCounters NONE = new OutgoingCounters(0, 0, 0, 0, 0, 0, 0);

    OutgoingCounters plus(final OutgoingCounters other) {
        return new OutgoingCounters(
                normalPages + other.normalPages,
                zeroPages + other.zeroPages,
                frames + other.frames,
                wireBytes + other.wireBytes,
                backPressureNs + other.backPressureNs,
                rateLimitedNs + other.rateLimitedNs,
                suspendedNs + other.suspendedNs);
    }
}
