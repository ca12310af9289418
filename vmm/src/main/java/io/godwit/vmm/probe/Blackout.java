package io.godwit.vmm.probe;

import java.util.Optional;

/**
 * How long a guest stood still, as seen from outside.
 *
 * @param longest the longest silence of vCPU 0, by {@link Silence#atLeastNs}
 * @param handover the silence that ended with the first beat at the target, if it ended
 * @param polls how often the heartbeats were read
 * @param longestPollGapNs the longest time from one reading to the next: a silence shorter than this may have gone unseen
 */
public record Blackout(Silence longest, Optional<Silence> handover, long polls, long longestPollGapNs) {

    /**
     * A time without a heartbeat. Its ends lie between two readings each, so its length is known within bounds.
     *
     * @param atLeastNs from the first reading of the last beat to the last reading of the same beat
     * @param atMostNs from the reading before these to the reading after them
     */
    public record Silence(long atLeastNs, long atMostNs) {
        static final Silence NONE = new Silence(0, 0);

        public double atMostMs() {
            return atMostNs / 1e6;
        }
    }
}
