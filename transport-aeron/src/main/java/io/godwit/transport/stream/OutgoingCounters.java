package io.godwit.transport.stream;

/**
 * An outgoing stream's counters at one moment; readable from any thread, also after the end.
 *
 * @param normalPages pages sent with their bytes
 * @param zeroPages pages sent as zero runs
 * @param frames frames accepted by the publication
 * @param wireBytes their bytes with Aeron's and our headers and alignment, without UDP and IP headers
 * @param backPressureNs time spent waiting for the receiver's window
 * @param rateLimitedNs time spent waiting for the rate limit
 */
public record OutgoingCounters(
        long normalPages, long zeroPages, long frames, long wireBytes, long backPressureNs, long rateLimitedNs) {}
