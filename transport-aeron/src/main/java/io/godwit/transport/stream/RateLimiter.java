package io.godwit.transport.stream;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One limit on the wire bytes of all lanes together, without a lock: a token bucket kept as the moment at which the
 * bytes sent so far are paid for (the generic cell rate algorithm, ITU-T I.371). A lane pays before it sends, by one
 * compare-and-set, and takes the payment back if the publication had no room.
 *
 * <p>A frame goes as soon as everything before it is paid, and time that nobody used is kept for {@value #BURST_MS} ms.
 * So in any second no more goes than the rate allows in {@code 1 s + BURST_MS}, and one frame, of which a rate allows a
 * hundred a second: 4 % above at most.
 */
final class RateLimiter {
    static final long UNLIMITED = 0;

    static final long BURST_MS = 30;
    private static final long BURST_NS = TimeUnit.MILLISECONDS.toNanos(BURST_MS);
    private static final double NANOS_PER_SECOND = 1e9;
    /** A frame should be no more than this share of a second's bytes, or a low rate comes in lumps. */
    private static final int FRAMES_PER_SECOND = 100;

    private final long originNs;
    private final AtomicLong paidUntil = new AtomicLong();
    private long asked;
    private long pathCap;
    private volatile long bytesPerSecond;

    RateLimiter(final long bytesPerSecond, final long nowNs) {
        this.originNs = nowNs;
        rate(bytesPerSecond, nowNs);
    }

    /** Any thread. What was sent above the former rate is forgiven: with a low rate its frame could take minutes. */
    synchronized void rate(final long newBytesPerSecond, final long nowNs) {
        if (newBytesPerSecond < 0) {
            throw new IllegalArgumentException("rate " + newBytesPerSecond + " B/s: 0 (unlimited) or more is expected");
        }
        asked = newBytesPerSecond;
        apply(nowNs);
    }

    /** What the path to the peer bears, which counts while nobody asks for a rate; 0 for any. */
    synchronized void pathCap(final long capBytesPerSecond, final long nowNs) {
        pathCap = capBytesPerSecond;
        apply(nowNs);
    }

    private void apply(final long nowNs) {
        bytesPerSecond = asked == UNLIMITED ? pathCap : asked;
        paidUntil.accumulateAndGet(nowNs - originNs, Math::min);
    }

    /** Longest frame that does not make the rate lumpy. */
    long frameBytes() {
        final long rate = bytesPerSecond;
        return rate == UNLIMITED ? Long.MAX_VALUE : rate / FRAMES_PER_SECOND;
    }

    /**
     * Pays for a frame, if it may go now.
     *
     * @return what {@link #takeBack} needs, or -1 if the frame has to wait
     */
    long tryPay(final long bytes, final long nowNs) {
        final long rate = bytesPerSecond;
        if (rate == UNLIMITED) {
            return 0;
        }
        final long now = nowNs - originNs;
        final long costNs = (long) (bytes * NANOS_PER_SECOND / rate);
        while (true) {
            final long until = paidUntil.get();
            if (until > now) {
                return -1;
            }
            if (paidUntil.compareAndSet(until, Math.max(until, now - BURST_NS) + costNs)) {
                return costNs;
            }
        }
    }

    /** The frame did not go. */
    void takeBack(final long paidNs) {
        if (paidNs > 0) {
            paidUntil.addAndGet(-paidNs);
        }
    }
}
