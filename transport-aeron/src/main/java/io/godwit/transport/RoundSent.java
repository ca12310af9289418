package io.godwit.transport;

/**
 * One round as the source saw it, from its first page to the acceptance of its last lane's round-end frame by the
 * publication (up to half a term a lane may still be on its way).
 *
 * @param round the number given to the round
 * @param normalPages pages sent with their bytes in this round
 * @param zeroPages pages sent as zero runs in this round
 * @param wireBytes bytes in this round with Aeron's and our headers and alignment, without UDP and IP headers
 * @param elapsedNs first page taken by a lane to last round end accepted
 * @param backPressureNs part of {@code elapsedNs} spent waiting for the receiver's window, not for the rate limit; the
 *     lanes' mean
 */
public record RoundSent(
        int round, long normalPages, long zeroPages, long wireBytes, long elapsedNs, long backPressureNs) {}
