package io.godwit.transport.stream;

/** An outgoing lane's counters: written by its thread, read by any. */
final class LaneCounters {
    private volatile OutgoingCounters published = new OutgoingCounters(0, 0, 0, 0, 0, 0);

    long normalPages;
    long zeroPages;
    long frames;
    long wireBytes;
    long backPressureNs;
    long rateLimitedNs;

    OutgoingCounters published() {
        return published;
    }

    /** On the lane's thread, once per duty cycle. */
    void publish() {
        final OutgoingCounters last = published;
        if (last.frames() != frames
                || last.backPressureNs() != backPressureNs
                || last.rateLimitedNs() != rateLimitedNs) {
            published = new OutgoingCounters(normalPages, zeroPages, frames, wireBytes, backPressureNs, rateLimitedNs);
        }
    }
}
