package io.godwit.transport.driver;

/** What a driver last heard of one lane's other end. Written by the driver's thread, read by the lane's. */
public final class LastHeard {
    private volatile long heardNs = System.nanoTime();
    private volatile long consumedPosition;

    void heard(final long nowNs) {
        heardNs = nowNs;
    }

    void consumed(final long position) {
        consumedPosition = position;
    }

    /** When anything arrived last, in {@link System#nanoTime()}; when the lane opened, if nothing did. */
    public long heardNs() {
        return heardNs;
    }

    /** Up to where a receiver said that it has consumed the lane's stream. */
    public long consumedPosition() {
        return consumedPosition;
    }
}
