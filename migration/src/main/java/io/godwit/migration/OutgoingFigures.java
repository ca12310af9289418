package io.godwit.migration;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.transport.stream.OutgoingCounters;
import java.util.function.LongSupplier;

/** The source half's numbers: written by the engine's thread, read by any. */
@SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes
final class OutgoingFigures {
    private final LongSupplier nanoTime;
    private final long totalBytes;
    private final long startedNs;
    private final Throughput throughput;

    private volatile MigrationPhase phase = MigrationPhase.SETUP;
    private volatile boolean converging = true;
    private volatile long connectedAfterNs;
    private volatile long endedAfterNs;
    private volatile long pausedAfterNs;
    private volatile long stoodStillNs;
    private volatile double dirtyBytesPerSecond;
    private volatile double expectedDowntimeMs;
    private volatile int throttlePercent;
    private volatile double predictedTotalMs;
    private volatile double predictedDowntimeMs;
    private volatile int harvests;
    private volatile int rounds;
    private volatile Backlog backlog;

    /** Pages harvested last, and what had been sent before them. */
    private record Backlog(long pages, long sentBefore) {}

    OutgoingFigures(LongSupplier nanoTime, long totalPages) {
        this.nanoTime = nanoTime;
        this.totalBytes = totalPages << GuestLayout.PAGE_SHIFT;
        this.backlog = new Backlog(totalPages, 0);
        this.startedNs = nanoTime.getAsLong();
        this.throughput = new Throughput(startedNs);
    }

    MigrationPhase phase() {
        return phase;
    }

    int rounds() {
        return rounds;
    }

    int harvests() {
        return harvests;
    }

    void connected() {
        connectedAfterNs = elapsedNs();
        phase = MigrationPhase.ACTIVE;
    }

    void harvested(long pages, OutgoingCounters sent, double bytesPerSecond) {
        backlog = new Backlog(pages, sent.normalPages() + sent.zeroPages());
        dirtyBytesPerSecond = bytesPerSecond;
        harvests++;
    }

    void decided(boolean isConverging, double downtimeMs) {
        converging = isConverging;
        expectedDowntimeMs = downtimeMs;
    }

    void throttled(int percent) {
        throttlePercent = percent;
    }

    /** What the first round let expect. */
    void predicted(double totalMs, double downtimeMs) {
        predictedTotalMs = totalMs;
        predictedDowntimeMs = downtimeMs;
    }

    /** @return the new round's number, from 1 */
    int roundBegins() {
        return ++rounds;
    }

    void pauseRequested() {
        pausedAfterNs = elapsedNs();
        phase = MigrationPhase.DEVICE;
    }

    void ended(MigrationPhase how) {
        endedAfterNs = elapsedNs();
        if (pausedAfterNs != 0) {
            stoodStillNs = endedAfterNs - pausedAfterNs;
        }
        phase = how;
    }

    MigrationProgress progress(OutgoingCounters sent) {
        MigrationPhase now = phase;
        long pages = sent.normalPages() + sent.zeroPages();
        long elapsedNs = now.isOver() ? endedAfterNs : elapsedNs();
        Throughput.Rates rates = throughput.at(startedNs + elapsedNs, sent.wireBytes(), pages);
        Backlog waiting = backlog;
        long remaining = Math.max(0, waiting.pages - (pages - waiting.sentBefore));
        long downtimeNs = now == MigrationPhase.DEVICE ? elapsedNs - pausedAfterNs : stoodStillNs;
        return new MigrationProgress(
                now,
                converging,
                sent.wireBytes(),
                remaining << GuestLayout.PAGE_SHIFT,
                totalBytes,
                sent.zeroPages(),
                sent.normalPages(),
                dirtyBytesPerSecond / GuestLayout.PAGE_SIZE,
                rates.mbps(),
                rates.pagesPerSecond(),
                harvests,
                rounds,
                expectedDowntimeMs,
                downtimeNs / 1e6,
                (now == MigrationPhase.SETUP ? elapsedNs : connectedAfterNs) / 1e6,
                elapsedNs / 1e6,
                throttlePercent,
                predictedTotalMs,
                predictedDowntimeMs,
                sent.codec());
    }

    double elapsedMs() {
        return elapsedNs() / 1e6;
    }

    private long elapsedNs() {
        return nanoTime.getAsLong() - startedNs;
    }
}
