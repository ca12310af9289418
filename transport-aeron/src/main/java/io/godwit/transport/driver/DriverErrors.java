package io.godwit.transport.driver;

import java.util.concurrent.TimeUnit;
import org.agrona.ErrorHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the driver complains about and survives: one line a second at most, since an unreachable peer brings one
 * complaint a datagram.
 */
final class DriverErrors implements ErrorHandler {
    private static final Logger LOG = LoggerFactory.getLogger(DriverErrors.class);
    private static final long QUIET_NS = TimeUnit.SECONDS.toNanos(1);

    private volatile String last = "";
    private long nextLineNs = System.nanoTime();
    private int suppressed;

    @Override
    public synchronized void onError(final Throwable error) {
        last = error.toString();
        final long nowNs = System.nanoTime();
        if (nowNs - nextLineNs < 0) {
            suppressed++;
            return;
        }
        LOG.warn("media driver: {} ({} more not shown before)", last, suppressed);
        LOG.debug("media driver", error);
        nextLineNs = nowNs + QUIET_NS;
        suppressed = 0;
    }

    String last() {
        return last;
    }
}
