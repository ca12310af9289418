package io.godwit.migration;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.transport.StreamCounts;
import io.godwit.transport.codec.CodecFigures;
import java.util.function.LongSupplier;

/** The target half's numbers: each written by one thread, read by any. */
final class IncomingFigures {
    private final LongSupplier nanoTime;
    private final long totalPages;
    private final long startedNs;
    private final Throughput throughput;
    private volatile MigrationPhase end = MigrationPhase.ACTIVE;
    private volatile int rounds;
    private volatile boolean stateReceived;
    private volatile long listeningAfterNs;
    private volatile long stateAfterNs;
    private volatile long endedAfterNs;

    IncomingFigures(LongSupplier nanoTime, long totalPages) {
        this.nanoTime = nanoTime;
        this.totalPages = totalPages;
        this.startedNs = nanoTime.getAsLong();
        this.throughput = new Throughput(startedNs);
    }

    void listening() {
        listeningAfterNs = elapsedNs();
    }

    void roundEnded(int round) {
        rounds = round;
    }

    void stateReceived() {
        stateAfterNs = elapsedNs();
        stateReceived = true;
    }

    void ended(MigrationPhase how) {
        endedAfterNs = elapsedNs();
        end = how;
    }

    MigrationProgress progress(StreamCounts counts, long distinctPages) {
        MigrationPhase phase = phase(counts);
        long elapsedNs = phase.isOver() ? endedAfterNs : elapsedNs();
        long bytes = counts.normalPages() << GuestLayout.PAGE_SHIFT;
        Throughput.Rates rates = throughput.at(startedNs + elapsedNs, bytes, counts.pages());
        return new MigrationProgress(
                phase,
                true,
                bytes,
                (totalPages - distinctPages) << GuestLayout.PAGE_SHIFT,
                totalPages << GuestLayout.PAGE_SHIFT,
                counts.zeroPages(),
                counts.normalPages(),
                0,
                rates.mbps(),
                rates.pagesPerSecond(),
                rounds,
                rounds,
                0,
                stateReceived ? (elapsedNs - stateAfterNs) / 1e6 : 0,
                (listeningAfterNs == 0 ? elapsedNs : listeningAfterNs) / 1e6,
                elapsedNs / 1e6,
                0,
                0,
                0,
                CodecFigures.NONE);
    }

    private MigrationPhase phase(StreamCounts counts) {
        MigrationPhase ended = end;
        if (ended.isOver()) {
            return ended;
        }
        if (stateReceived) {
            return MigrationPhase.DEVICE;
        }
        return counts.pages() == 0 ? MigrationPhase.SETUP : MigrationPhase.ACTIVE;
    }

    private long elapsedNs() {
        return nanoTime.getAsLong() - startedNs;
    }
}
