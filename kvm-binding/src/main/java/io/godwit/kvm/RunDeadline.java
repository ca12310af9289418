package io.godwit.kvm;

import io.godwit.kvm.linux.BoottimeClock;
import io.godwit.kvm.linux.DeadlineTimer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Until when the guest code of one machine may run: an instant of {@link BoottimeClock}, the same for all its vCPUs. At
 * first {@link #FOREVER}. Thread-safe.
 *
 * <p>A deadline that passes is a <i>lapse</i>, even if nobody looked at the clock in time: what is set afterwards does
 * not undo it. Guest code that was let run before a lapse does not run after it; it has to be resumed anew.
 *
 * <p>What stops guest code is each vCPU thread's {@link DeadlineTimer}, and that the thread looks here before it enters
 * the guest. A thread of the JVM watches too, for vCPUs that do not run and for whoever is to be told; it may come late.
 */
public final class RunDeadline implements AutoCloseable {
    public static final long FOREVER = DeadlineTimer.FOREVER;

    /** Whom a deadline stops. */
    public interface Runner {
        /** Stop by then; replaces what was set before. */
        void arm(long boottimeNs);

        /** It has passed: look at {@link RunDeadline#isOver}. */
        void wake();
    }

    private final String machine;
    private final LongConsumer onLapse;
    private final List<Runner> runners = new ArrayList<>();
    private volatile long untilNs = FOREVER;
    private volatile long lapses;
    private boolean lapsed;
    private long watchedNs = FOREVER;
    private @Nullable Future<?> watch;
    private boolean closed;

    /**
     * @param machine how errors speak of it
     * @param onLapse given the instant that passed, once for each; before anything set later takes effect, so it must not
     *     block
     */
    public RunDeadline(String machine, LongConsumer onLapse) {
        this.machine = machine;
        this.onLapse = onLapse;
    }

    /**
     * Sets the deadline. One that has passed is accepted and is a lapse soon.
     *
     * @return whether none has passed since the last call: guest code that ran then runs on
     * @throws IllegalArgumentException for a negative instant
     * @throws IllegalStateException when closed
     */
    public synchronized boolean set(long boottimeNs) {
        if (boottimeNs < 0) {
            throw new IllegalArgumentException(
                    "deadline " + boottimeNs + " ns of machine " + machine + "; accepted is 0 or more");
        }
        if (closed) {
            throw new IllegalStateException("machine " + machine + " is closed and has no deadline");
        }
        lapseIfDue();
        boolean inTime = !lapsed;
        untilNs = boottimeNs;
        lapsed = false;
        runners.forEach(runner -> runner.arm(boottimeNs));
        watch();
        return inTime;
    }

    public long untilNs() {
        return untilNs;
    }

    /** How many deadlines have passed. To be noted when guest code is asked to run. */
    public long lapses() {
        return lapses;
    }

    /** Whether guest code that was asked to run at {@code lapsesThen} may not run now. */
    public boolean isOver(long lapsesThen) {
        if (lapses != lapsesThen) {
            return true;
        }
        if (untilNs == FOREVER || BoottimeClock.nowNs() < untilNs) {
            return false;
        }
        synchronized (this) { // set() may have come first
            lapseIfDue();
            return lapses != lapsesThen || lapsed;
        }
    }

    /** Why guest code is not let run when {@link #isOver}. */
    public IllegalStateException passed() {
        return new IllegalStateException(
                "the deadline of machine " + machine + " has passed; it runs when it has a new one and is resumed");
    }

    /** At the start of a vCPU's thread. */
    public synchronized void add(Runner runner) {
        runners.add(runner);
        runner.arm(untilNs);
    }

    public synchronized void remove(Runner runner) {
        runners.remove(runner);
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // written under the monitor only
    private void lapseIfDue() {
        if (lapsed || closed || untilNs == FOREVER || BoottimeClock.nowNs() < untilNs) {
            return;
        }
        lapsed = true;
        onLapse.accept(untilNs);
        lapses = lapses + 1; // behind the telling: what is seen to have stopped was told of
        runners.forEach(Runner::wake);
    }

    /** A deadline that was moved on costs one look at the instant where it was. */
    private void watch() {
        if (untilNs >= watchedNs) {
            return;
        }
        endWatch();
        watchedNs = untilNs;
        watch = VcpuTimer.deadlines().after(Math.max(0, untilNs - BoottimeClock.nowNs()), this::look);
    }

    private synchronized void look() {
        watchedNs = FOREVER;
        lapseIfDue();
        if (!lapsed && !closed) {
            watch();
        }
    }

    private void endWatch() {
        watchedNs = FOREVER;
        if (watch != null) {
            watch.cancel(false);
        }
    }

    /** Nothing lapses any more. Idempotent; when the vCPUs have ended. */
    @Override
    public synchronized void close() {
        closed = true;
        endWatch();
    }
}
