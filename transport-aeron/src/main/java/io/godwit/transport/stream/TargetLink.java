package io.godwit.transport.stream;

import io.godwit.transport.StreamException;
import io.godwit.transport.StreamFailure.PeerGone;
import io.godwit.transport.driver.LastHeard;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** An outgoing lane's link: while it is silent, the target's host is asked whether the target is still there. */
final class TargetLink implements AutoCloseable {
    private final InetSocketAddress target;
    private final LinkWatch watch;
    private final LaneCounters counters;
    private @Nullable PeerProbe probe;
    private long countedNs;

    TargetLink(
            final InetSocketAddress target,
            final LastHeard heard,
            final Duration timeout,
            final LaneCounters counters,
            final long nowNs) {
        this.target = target;
        this.watch = new LinkWatch(heard, timeout, target.toString(), nowNs);
        this.counters = counters;
    }

    /**
     * Called once per duty cycle.
     *
     * @return whether the link is silent
     * @throws StreamException if it was for too long, or the target is not there
     */
    boolean isSuspended(final long nowNs) {
        final boolean suspended = watch.isSuspended(nowNs);
        if (suspended) {
            askTarget(nowNs);
            counters.suspended(watch.suspendedNs() - countedNs);
            countedNs = watch.suspendedNs();
        } else if (probe != null) {
            close();
        }
        return suspended;
    }

    private void askTarget(final long nowNs) {
        try {
            final PeerProbe open = probe == null ? PeerProbe.of(target, nowNs) : probe;
            probe = open;
            if (open.isNobodyThere(nowNs)) {
                throw new StreamException(new PeerGone(target + " fell silent and its host says that it is gone"));
            }
        } catch (final IOException noSocket) {
            probe = null; // then only time tells
        }
    }

    @Override
    public void close() {
        if (probe != null) {
            probe.close();
            probe = null;
        }
    }
}
