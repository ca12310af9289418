package io.godwit.vmm.simulated;

import io.godwit.kvm.RunDeadline;
import io.godwit.kvm.Throttle;
import io.godwit.vmm.Vcpu;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A thread in a vCPU's place. Carries out requests in order, and slices of "guest code" in between while it runs. At a
 * deadline it stops behind the slice that it is at: no kernel stops it, a JVM that stalls delays it.
 */
final class SimulatedVcpu implements Vcpu, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SimulatedVcpu.class);
    private static final long CLOSE_LIMIT_MS = 5_000;

    /** What runs on the thread. */
    interface Guest {
        /** Why guest code may not run; null when it may. */
        @Nullable
        String notRunnable();

        /** Called before guest code runs again after a pause. */
        void entered();

        /** One short piece of guest code; returns the ns to idle before the next, or -1 when the vCPU stops. */
        long slice();

        void failed(RuntimeException cause);
    }

    private enum Kind {
        RESUME,
        PAUSE,
        CLOSE
    }

    /** @param lapses of the deadline when it was asked */
    private record Request(Kind kind, long lapses, CompletableFuture<Void> done) {}

    private final int index;
    private final Guest guest;
    private final Queue<Request> requests = new ConcurrentLinkedQueue<>();
    private final Thread thread;
    private final Throttle throttle = new Throttle();
    private final RunDeadline deadline;
    private final RunDeadline.Runner waker = new Waker();
    private volatile boolean running;
    private volatile boolean closed;

    /** Of the deadline when guest code was let run; of the thread alone. */
    private long lapsesThen;

    SimulatedVcpu(String machine, int index, Guest guest, RunDeadline deadline) {
        this.index = index;
        this.guest = guest;
        this.deadline = deadline;
        this.thread = new Thread(this::loop, "godwit-" + machine + "-vcpu" + index);
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** All or none: those that have started end again when one cannot. */
    static void startAll(List<SimulatedVcpu> vcpus) {
        try {
            vcpus.forEach(SimulatedVcpu::start);
        } catch (RuntimeException | Error e) {
            vcpus.forEach(SimulatedVcpu::close);
            throw e;
        }
    }

    @Override
    public int index() {
        return index;
    }

    @Override
    public CompletionStage<Void> resume() {
        return request(Kind.RESUME);
    }

    @Override
    public CompletionStage<Void> pause() {
        return request(Kind.PAUSE);
    }

    @Override
    public boolean isPaused() {
        return !running;
    }

    @Override
    public void throttle(int percent) {
        throttle.set(percent);
        LockSupport.unpark(thread);
    }

    @Override
    public int throttlePercent() {
        return throttle.percent();
    }

    @Override
    public long cpuTimeNs() {
        return Math.max(0, ManagementFactory.getThreadMXBean().getThreadCpuTime(thread.getId()));
    }

    private CompletableFuture<Void> request(Kind kind) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        requests.add(new Request(kind, deadline.lapses(), done));
        LockSupport.unpark(thread);
        if (closed) {
            refuseWaiting();
        }
        return done;
    }

    private final class Waker implements RunDeadline.Runner {
        @Override
        public void arm(long boottimeNs) {
            // looked at before each slice
        }

        @Override
        public void wake() {
            LockSupport.unpark(thread);
        }
    }

    private void loop() {
        deadline.add(waker);
        while (!closed) {
            Request request = requests.poll();
            if (request != null) {
                carryOut(request);
            } else if (running && deadline.isOver(lapsesThen)) {
                running = false;
            } else if (running) {
                runOrRest();
            } else {
                LockSupport.park(this);
            }
        }
        deadline.remove(waker);
        refuseWaiting();
    }

    private void carryOut(Request request) {
        switch (request.kind) {
            case PAUSE -> running = false;
            case CLOSE -> {
                running = false;
                closed = true;
            }
            case RESUME -> {
                String reason = guest.notRunnable();
                if (reason != null) {
                    request.done.completeExceptionally(new IllegalStateException(reason));
                    return;
                }
                if (deadline.isOver(request.lapses)) {
                    request.done.completeExceptionally(deadline.passed());
                    return;
                }
                lapsesThen = request.lapses;
                if (!running) {
                    guest.entered();
                    running = true;
                }
            }
        }
        request.done.complete(null);
    }

    /** What a rest took is not caught up, as little as what a pause took. */
    private void runOrRest() {
        if (!throttle.isOn()) {
            runSlice();
            return;
        }
        long beganNs = System.nanoTime();
        long restNs = throttle.restNs(beganNs);
        if (restNs > 0) {
            LockSupport.parkNanos(this, restNs);
            guest.entered();
            return;
        }
        runSlice();
        long endedNs = System.nanoTime();
        throttle.ran(endedNs - beganNs, endedNs);
    }

    private void runSlice() {
        try {
            long idleNs = guest.slice();
            if (idleNs < 0) {
                running = false;
            } else if (idleNs > 0 && requests.isEmpty()) {
                LockSupport.parkNanos(this, idleNs);
            }
        } catch (RuntimeException e) {
            running = false;
            guest.failed(e);
        }
    }

    private void refuseWaiting() {
        for (Request request = requests.poll(); request != null; request = requests.poll()) {
            if (request.kind == Kind.RESUME) {
                request.done.completeExceptionally(new IllegalStateException(thread.getName() + " has ended"));
            } else {
                request.done.complete(null);
            }
        }
    }

    /** Ends the thread. */
    @Override
    public void close() {
        if (thread.getState() == Thread.State.NEW) {
            closed = true;
            return;
        }
        CompletableFuture<Void> ending = request(Kind.CLOSE);
        try {
            thread.join(CLOSE_LIMIT_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (!ending.isDone() || thread.isAlive()) {
            LOG.error("{} did not end within {} ms", thread.getName(), CLOSE_LIMIT_MS);
        }
    }
}
