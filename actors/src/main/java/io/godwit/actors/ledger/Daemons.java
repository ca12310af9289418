package io.godwit.actors.ledger;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Threads for what may block. */
final class Daemons {
    private Daemons() {}

    /** One thread, which takes tasks in their order and is there only while there are some. */
    static ThreadPoolExecutor one(String name) {
        return upTo(1, name);
    }

    /** As many threads as there are tasks, up to {@code threads}; there only while there are some. */
    static ThreadPoolExecutor upTo(int threads, String name) {
        ThreadPoolExecutor daemons =
                new ThreadPoolExecutor(threads, threads, 30, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                    Thread created = new Thread(task, name);
                    created.setDaemon(true);
                    return created;
                });
        daemons.allowCoreThreadTimeOut(true);
        return daemons;
    }
}
