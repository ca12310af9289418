package io.godwit.transport.stream;

import java.util.concurrent.TimeUnit;

/**
 * A token bucket of wire bytes with a small burst: what time allows in {@value #BURST_MS} ms. A frame goes while there
 * is any token and may leave a debt, so in any second the rate is exceeded by no more than the burst and one frame.
 * The rate may be changed by any thread; all else belongs to the lane's.
 */
final class RateLimiter {
    static final long UNLIMITED = 0;

    private static final long BURST_MS = 20;
    private static final double BURST_SECONDS = BURST_MS / 1_000.0;
    private static final double SECONDS_PER_NANO = 1.0 / TimeUnit.SECONDS.toNanos(1);
    /** A frame should be no more than this share of a second's bytes, or a low rate comes in lumps. */
    private static final int FRAMES_PER_SECOND = 100;

    private volatile long bytesPerSecond;
    private double tokens;
    private long refilledNs;

    RateLimiter(final long bytesPerSecond, final long nowNs) {
        rate(bytesPerSecond);
        this.refilledNs = nowNs;
    }

    void rate(final long newBytesPerSecond) {
        if (newBytesPerSecond < 0) {
            throw new IllegalArgumentException("rate " + newBytesPerSecond + " B/s: 0 (unlimited) or more is expected");
        }
        bytesPerSecond = newBytesPerSecond;
    }

    /** Longest frame that does not make the rate lumpy. */
    long frameBytes() {
        final long rate = bytesPerSecond;
        return rate == UNLIMITED ? Long.MAX_VALUE : rate / FRAMES_PER_SECOND;
    }

    boolean permits(final long nowNs) {
        final long rate = bytesPerSecond;
        if (rate == UNLIMITED) {
            tokens = 0;
            refilledNs = nowNs;
            return true;
        }
        final double earned = (nowNs - refilledNs) * SECONDS_PER_NANO * rate;
        tokens = Math.min(rate * BURST_SECONDS, tokens + earned);
        refilledNs = nowNs;
        return tokens >= 0;
    }

    void spent(final long bytes) {
        if (bytesPerSecond != UNLIMITED) {
            tokens -= bytes;
        }
    }
}
