package io.godwit.vmm.simulated;

import io.godwit.kvm.memory.GuestLayout;

/** Spreads one vCPU's share of the write rate over time. Time spent paused is not caught up. */
final class Pace {
    /** A beat of the heart at least this often, also without work. */
    private static final long MAX_IDLE_NS = 1_000_000;

    private final double pagesPerNs;
    private long startNs;
    private long written;

    Pace(double bytesPerSecond) {
        this.pagesPerNs = bytesPerSecond / GuestLayout.PAGE_SIZE / 1e9;
    }

    void start(long nowNs) {
        startNs = nowNs;
        written = 0;
    }

    /** Pages to write by now. */
    long due(long nowNs) {
        return (long) ((nowNs - startNs) * pagesPerNs) - written;
    }

    void done(long pages) {
        written += pages;
    }

    long idleNs(long nowNs) {
        if (pagesPerNs == 0) {
            return MAX_IDLE_NS;
        }
        long nextNs = startNs + (long) ((written + 1) / pagesPerNs);
        return Math.min(Math.max(nextNs - nowNs, 0), MAX_IDLE_NS);
    }
}
