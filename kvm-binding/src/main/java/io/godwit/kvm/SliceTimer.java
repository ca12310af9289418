package io.godwit.kvm;

import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Kicks throttled vCPUs out of the guest when their slice is over. One thread for all of them, while there are any. */
final class SliceTimer {
    private static final SliceTimer SHARED = new SliceTimer();

    private final ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1, task -> {
        Thread thread = new Thread(task, "godwit-throttle");
        thread.setDaemon(true);
        return thread;
    });

    private SliceTimer() {
        executor.setKeepAliveTime(1, TimeUnit.SECONDS);
        executor.allowCoreThreadTimeOut(true);
        executor.setRemoveOnCancelPolicy(true);
    }

    static SliceTimer shared() {
        return SHARED;
    }

    void after(long ns, Runnable kick) {
        var unused = executor.schedule(kick, ns, TimeUnit.NANOSECONDS);
    }
}
