package io.godwit.migration.dirtyrate;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.PageBitmap;
import io.godwit.migration.convergence.CurveRecorder;
import io.godwit.vmm.DirtyPages;
import io.godwit.vmm.Machine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.LockSupport;

/**
 * Watches what a machine dirties, for a given time, on a thread of its own named {@code godwit-<vm>-dirty-rate}. Has
 * its own view of the machine's dirty pages, so a migration under way loses none.
 */
public final class DirtyRateMeasurement implements AutoCloseable {
    public static final Duration SHORTEST = Duration.ofMillis(100);

    /** QEMU's MAX_FETCH_DIRTYRATE_TIME_SEC. */
    public static final Duration LONGEST = Duration.ofSeconds(60);

    private final Machine machine;
    private final Duration duration;
    private final CompletableFuture<DirtyRate> outcome = new CompletableFuture<>();
    private final Thread thread;
    private volatile boolean closed;

    private DirtyRateMeasurement(Machine machine, Duration duration) {
        this.machine = machine;
        this.duration = duration;
        this.thread = new Thread(this::run, "godwit-" + machine.spec().name() + "-dirty-rate");
        thread.setDaemon(true);
    }

    /** Begins at once. */
    public static DirtyRateMeasurement start(Machine machine, Duration duration) {
        if (duration.compareTo(SHORTEST) < 0 || duration.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("a dirty rate over " + duration.toMillis() + " ms; accepted are "
                    + SHORTEST.toMillis() + " to " + LONGEST.toMillis() + " ms");
        }
        DirtyRateMeasurement measurement = new DirtyRateMeasurement(machine, duration);
        measurement.thread.start();
        return measurement;
    }

    /** Completes on the measurement's thread, or fails when the machine is closed or this is. */
    public CompletionStage<DirtyRate> outcome() {
        return outcome.minimalCompletionStage();
    }

    /** Ends it early, without an outcome. Idempotent. */
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }

    private void run() {
        try {
            outcome.complete(measure());
        } catch (RuntimeException | Error e) {
            outcome.completeExceptionally(e);
        }
    }

    private DirtyRate measure() {
        PageBitmap seen = new PageBitmap(machine.memory().layout().pageCount());
        try (DirtyPages.View view = machine.dirtyPages().open()) {
            view.drainTo(seen); // all pages: nothing is known of them
            seen.clearAll();
            long beganNs = System.nanoTime();
            long[] pagesBefore = machine.dirtyPages().pagesByVcpu();
            CurveRecorder recorder = new CurveRecorder(beganNs);
            long endNs = beganNs + duration.toNanos();
            while (System.nanoTime() < endNs) {
                sleepUntil(Math.min(endNs, recorder.nextNs()));
                recorder.lookIfDue(System.nanoTime(), () -> distinct(view, seen));
            }
            long bytes = distinct(view, seen);
            long nowNs = System.nanoTime();
            double seconds = (nowNs - beganNs) / 1e9;
            return new DirtyRate(
                    seconds,
                    recorder.end(nowNs, bytes),
                    perVcpu(pagesBefore, machine.dirtyPages().pagesByVcpu(), seconds),
                    ZeroPages.estimateBytes(machine.memory()));
        }
    }

    private static long distinct(DirtyPages.View view, PageBitmap seen) {
        view.drainTo(seen);
        return seen.cardinality() << GuestLayout.PAGE_SHIFT;
    }

    private static List<Double> perVcpu(long[] before, long[] after, double seconds) {
        List<Double> rates = new ArrayList<>();
        for (int i = 0; i < Math.min(before.length, after.length); i++) {
            rates.add((double) ((after[i] - before[i]) << GuestLayout.PAGE_SHIFT) / seconds);
        }
        return rates;
    }

    private void sleepUntil(long ns) {
        for (long left = ns - System.nanoTime(); left > 0; left = ns - System.nanoTime()) {
            if (closed) {
                throw new IllegalStateException("the measurement was ended early");
            }
            LockSupport.parkNanos(this, left);
        }
    }
}
