package io.godwit.kvm;

import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Runs short things for vCPUs when their time has come. One thread each for all vCPUs, while there are any. */
final class VcpuTimer {
    private static final VcpuTimer SLICES = new VcpuTimer("godwit-throttle");
    private static final VcpuTimer DEADLINES = new VcpuTimer("godwit-deadline");

    private final ScheduledThreadPoolExecutor executor;

    private VcpuTimer(String threadName) {
        executor = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, threadName);
            thread.setDaemon(true);
            return thread;
        });
        executor.setKeepAliveTime(1, TimeUnit.SECONDS);
        executor.allowCoreThreadTimeOut(true);
        executor.setRemoveOnCancelPolicy(true);
    }

    /** Kicks throttled vCPUs out of the guest when their slice is over. */
    static VcpuTimer slices() {
        return SLICES;
    }

    /** Tells of deadlines that passed; what stops guests at them is the kernel. */
    static VcpuTimer deadlines() {
        return DEADLINES;
    }

    Future<?> after(long ns, Runnable task) {
        return executor.schedule(task, ns, TimeUnit.NANOSECONDS);
    }
}
