package io.godwit.kvm;

import io.godwit.kvm.linux.DeadlineTimer;
import java.lang.management.ManagementFactory;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owns the thread on which one vCPU runs. Requests return at once and are carried out by that thread in order; their
 * stages complete on it, so what depends on them must be short or go elsewhere. Created paused.
 *
 * <p>Paused means consistent: the exit that was pending is answered and its instruction completed. A vCPU on which that
 * failed is stopped, but its registers are those of half an instruction: it can only be closed.
 */
public final class VcpuThread implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VcpuThread.class);
    private static final long JOIN_TIMEOUT_MS = 5_000;

    private final KvmVcpu vcpu;
    private final VcpuExitHandler handler;
    private final Thread thread;
    private final Queue<Request<?>> requests = new ConcurrentLinkedQueue<>();
    private volatile boolean running;
    private volatile boolean closing;
    private volatile boolean ended;
    private final Throttle throttle = new Throttle();
    private volatile boolean sliceTimed;
    private final RunDeadline deadline;

    /** Of the deadline when guest code was let run; of the thread alone. */
    private long lapsesThen;

    /** Whether guest code has run: here, or where its state was saved. Its clock has then stood still. */
    private volatile boolean ranBefore;

    /** Why an exit was left unanswered; for good, since KVM would finish it on whatever registers are set later. */
    private volatile @Nullable Throwable defect;

    /** One whose guest code may run for ever. */
    public VcpuThread(String threadName, KvmVcpu vcpu, VcpuExitHandler handler) {
        this(threadName, vcpu, handler, new RunDeadline(vcpu.vm().name(), passedNs -> {}));
    }

    /** @param deadline of the machine; outlives the thread */
    public VcpuThread(String threadName, KvmVcpu vcpu, VcpuExitHandler handler, RunDeadline deadline) {
        this.vcpu = vcpu;
        this.handler = handler;
        this.deadline = deadline;
        this.thread = new Thread(this::loop, threadName);
        thread.setDaemon(true); // a JVM that ends does not wait for its guests
    }

    public KvmVcpu vcpu() {
        return vcpu;
    }

    /** Starts the thread; guest code runs from {@link #resume()} on. Once. */
    public void start() {
        thread.start();
    }

    /**
     * Lets guest code run until it is paused, or its deadline passes: it then stops as if paused. Completes when the thread
     * is about to enter the guest; fails when a deadline has passed since the call, or before it and none was set since.
     * Idempotent.
     */
    public CompletionStage<Void> resume() {
        long lapses = deadline.lapses();
        return submit(() -> {
            requireConsistent();
            if (deadline.isOver(lapses)) {
                throw deadline.passed();
            }
            if (!running && ranBefore) {
                tellGuestItWasPaused();
            }
            ranBefore = true;
            lapsesThen = lapses;
            running = true;
            return null;
        });
    }

    /** Stops guest code; completes when registers are consistent. Idempotent. */
    public CompletionStage<Void> pause() {
        return submit(() -> {
            if (running) {
                stopOrFail();
            }
            return null;
        });
    }

    /** Whether guest code is stopped, on request, by the handler, or by a failure: {@link #requireConsistent()}. */
    public boolean isPaused() {
        return !running;
    }

    /** @throws IllegalStateException when the vCPU failed inside an instruction, so that its state is worth nothing */
    public void requireConsistent() {
        Throwable cause = defect;
        if (cause != null) {
            throw new IllegalStateException(vcpu + " failed inside an instruction and can only be closed", cause);
        }
    }

    /** To be told when the vCPU was given the state of a guest that ran elsewhere; before it is resumed. */
    public void ranElsewhere() {
        ranBefore = true;
    }

    /**
     * Holds the vCPU back from now on; 0 lets it run freely. Everything else that is asked of it is done as soon as ever.
     *
     * @param percent of its time that it does not run, 0 to {@link Throttle#MAX_PERCENT}
     */
    public void throttle(int percent) {
        throttle.set(percent);
        nudge();
    }

    public int throttlePercent() {
        return throttle.percent();
    }

    /** CPU time the thread has used, in the guest and out of it, in ns. */
    public long cpuTimeNs() {
        return Math.max(0, ManagementFactory.getThreadMXBean().getThreadCpuTime(thread.getId()));
    }

    /** Does something with the vCPU on its thread; fails with {@link IllegalStateException} when it is not paused, or not consistent. */
    public <T> CompletionStage<T> whilePaused(Callable<T> work) {
        return submit(() -> {
            if (running) {
                throw new IllegalStateException(vcpu + " is not paused");
            }
            requireConsistent();
            return work.call();
        });
    }

    /**
     * Stops guest code and ends the thread; waits up to 5 s for it, then leaves it behind, loudly. The vCPU stays open.
     * Idempotent; not to be called on the vCPU's thread.
     */
    @Override
    public void close() {
        if (Thread.currentThread() == thread) {
            throw new IllegalStateException(thread.getName() + " cannot wait for its own end");
        }
        closing = true;
        nudge();
        boolean interrupted = false;
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(JOIN_TIMEOUT_MS);
        while (thread.isAlive() && System.nanoTime() < deadline) {
            try {
                TimeUnit.NANOSECONDS.timedJoin(thread, deadline - System.nanoTime());
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (thread.isAlive()) {
            LOG.error(
                    "LEAKED thread {}: its exit handler did not return within {} ms",
                    thread.getName(),
                    JOIN_TIMEOUT_MS);
        }
        refuseRequests();
    }

    private <T> CompletionStage<T> submit(Callable<T> work) {
        Request<T> request = new Request<>(work);
        requests.add(request);
        if (ended || closing) {
            refuseRequests();
        } else {
            nudge();
        }
        return request.outcome;
    }

    private void nudge() {
        vcpu.kick();
        LockSupport.unpark(thread);
    }

    private void loop() {
        DeadlineStop stop = null;
        try {
            vcpu.bindToCurrentThread();
            stop = new DeadlineStop(DeadlineTimer.ofThisThread(thread.getName()));
            deadline.add(stop);
            while (!closing) {
                carryOutRequests();
                if (!running) {
                    if (requests.isEmpty() && !closing) {
                        LockSupport.park(this);
                    }
                    continue;
                }
                // Cleared before the last look at the queue: a request that comes later sets it again.
                vcpu.requestImmediateExit(false);
                if (requests.isEmpty() && !closing) {
                    runOrRest();
                }
            }
        } catch (Throwable e) {
            fail(e);
        } finally {
            running = false;
            ended = true;
            vcpu.unbind();
            refuseRequests();
            if (stop != null) {
                deadline.remove(stop);
                stop.timer.close();
            }
        }
    }

    /** Has the kernel end {@code KVM_RUN} at the deadline. */
    private final class DeadlineStop implements RunDeadline.Runner {
        private final DeadlineTimer timer;

        DeadlineStop(DeadlineTimer timer) {
            this.timer = timer;
        }

        @Override
        public void arm(long boottimeNs) {
            timer.arm(boottimeNs);
        }

        @Override
        public void wake() {
            nudge();
        }
    }

    /** A rest ends early when something is asked of the thread, and is taken up again. */
    private void runOrRest() {
        if (!throttle.isOn() || deadline.isOver(lapsesThen)) {
            runOnce();
            return;
        }
        long beganNs = System.nanoTime();
        long restNs = throttle.restNs(beganNs);
        if (restNs > 0) {
            LockSupport.parkNanos(this, restNs);
            return;
        }
        timeSlice();
        runOnce();
        long endedNs = System.nanoTime();
        throttle.ran(endedNs - beganNs, endedNs);
    }

    /** One kick is under way at most. It comes after it is noted as gone: the thread then arms another, or is kicked. */
    private void timeSlice() {
        if (!sliceTimed) {
            sliceTimed = true;
            var unused = VcpuTimer.slices().after(throttle.leftOfSliceNs(), () -> {
                sliceTimed = false;
                vcpu.kick();
            });
        }
    }

    private void runOnce() {
        try {
            if (deadline.isOver(lapsesThen) || !dispatch(vcpu.run())) {
                stop();
            }
        } catch (Throwable e) {
            breakDown(e);
        }
    }

    private void stop() {
        completePendingExit();
        running = false;
    }

    private void stopOrFail() {
        try {
            stop();
        } catch (Throwable e) {
            breakDown(e);
            throw e;
        }
    }

    /** The defect is there before the vCPU looks paused, so that nobody saves it in between. */
    private void breakDown(Throwable cause) {
        defect = cause;
        running = false;
        fail(cause);
    }

    /** Whether to go on. */
    private boolean dispatch(VcpuExit exit) {
        if (exit instanceof VcpuExit.Interrupted) {
            return true;
        }
        if (exit instanceof VcpuExit.DirtyRingFull && vcpu.vm().dirtyLog() instanceof RingDirtyLog rings) {
            rings.drainFull(vcpu);
            return true;
        }
        return handler.handle(vcpu, exit);
    }

    /**
     * KVM carries out the rest of an instruction, such as storing what a port answered, at the next {@code KVM_RUN}.
     * With an immediate exit it does that, and what further exits the instruction needs, and no guest code more.
     */
    private void completePendingExit() {
        VcpuExit exit;
        do {
            vcpu.requestImmediateExit(true);
            exit = vcpu.run();
            dispatch(exit);
        } while (!(exit instanceof VcpuExit.Interrupted));
    }

    /** Spares the guest's watchdogs; EINVAL only says that the guest does not use kvmclock. */
    private void tellGuestItWasPaused() {
        vcpu.file().tryCall(KvmIoctl.KVM_KVMCLOCK_CTRL, 0);
    }

    private void fail(Throwable cause) {
        try {
            handler.failed(vcpu, cause);
        } catch (RuntimeException e) {
            e.addSuppressed(cause);
            LOG.error("the exit handler of {} failed while it was told of a failure", vcpu, e);
        }
    }

    private void carryOutRequests() {
        for (Request<?> request = requests.poll(); request != null; request = requests.poll()) {
            request.carryOut();
        }
    }

    private void refuseRequests() {
        for (Request<?> request = requests.poll(); request != null; request = requests.poll()) {
            request.outcome.completeExceptionally(new IllegalStateException(thread.getName() + " has ended"));
        }
    }

    /** Something the vCPU's thread is asked to do. */
    private static final class Request<T> {
        private final Callable<T> work;
        private final CompletableFuture<T> outcome = new CompletableFuture<>();

        Request(Callable<T> work) {
            this.work = work;
        }

        void carryOut() {
            try {
                outcome.complete(work.call());
            } catch (Throwable e) {
                outcome.completeExceptionally(e);
            }
        }
    }
}
