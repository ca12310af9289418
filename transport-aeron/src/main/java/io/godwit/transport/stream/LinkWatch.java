package io.godwit.transport.stream;

import io.godwit.transport.StreamException;
import io.godwit.transport.StreamFailure.LinkLost;
import io.godwit.transport.driver.LastHeard;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Tells a lane how long its link has been silent: suspended after {@link #SUSPECT_NS}, lost after the link timeout.
 * Counts only time in which the lane itself was awake, so that a host which stood still for a while does not blame its
 * link. Used by the lane's thread.
 */
final class LinkWatch {
    /** Receivers speak every 200 ms, senders every 100 ms: three misses, and never because of one lost datagram. */
    static final long SUSPECT_NS = TimeUnit.MILLISECONDS.toNanos(600);

    private static final long LONGEST_STEP_NS = TimeUnit.MILLISECONDS.toNanos(100);

    private final LastHeard heard;
    private final Duration timeout;
    private final String peer;
    private long lastHeardNs;
    private long lastCheckNs;
    private long silentNs;
    private long suspendedNs;

    LinkWatch(final LastHeard heard, final Duration timeout, final String peer, final long nowNs) {
        this.heard = heard;
        this.timeout = timeout;
        this.peer = peer;
        this.lastHeardNs = heard.heardNs();
        this.lastCheckNs = nowNs;
    }

    /**
     * Called once per duty cycle.
     *
     * @return whether the link is silent
     * @throws StreamException {@link LinkLost} after the timeout
     */
    boolean isSuspended(final long nowNs) {
        final long stepNs = Math.min(nowNs - lastCheckNs, LONGEST_STEP_NS);
        lastCheckNs = nowNs;
        final long heardNs = heard.heardNs();
        if (heardNs != lastHeardNs) {
            lastHeardNs = heardNs;
            silentNs = 0;
            return false;
        }
        silentNs += stepNs;
        if (silentNs > timeout.toNanos()) {
            throw new StreamException(new LinkLost("nothing was heard from " + peer + " for " + timeout.toMillis()
                    + " ms: the link or the host is down"));
        }
        if (silentNs < Math.min(SUSPECT_NS, timeout.toNanos() / 2)) {
            return false;
        }
        suspendedNs += stepNs;
        return true;
    }

    /** Time spent suspended so far. */
    long suspendedNs() {
        return suspendedNs;
    }
}
