package io.godwit.transport.stream;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The thread of one lane's end, from its first step until everything it took is given back. */
final class LaneThread implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(LaneThread.class);

    private static final int SPINS = 10;
    private static final int YIELDS = 10;
    private static final long MIN_PARK_NS = 10_000;
    private static final long MAX_PARK_NS = 200_000;

    private final IdleStrategy idle = new BackoffIdleStrategy(SPINS, YIELDS, MIN_PARK_NS, MAX_PARK_NS);
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private final LaneAgent agent;
    private final Thread thread;

    LaneThread(final LaneAgent agent) {
        this(agent, Thread::new);
    }

    LaneThread(final LaneAgent agent, final ThreadFactory threads) {
        this.agent = agent;
        this.thread = threads.newThread(this);
        thread.setName("godwit-" + agent.roleName());
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** Instead of a start that failed: whoever waits for this lane is told, and nothing waits for its end. */
    void giveUp() {
        close();
    }

    /** Ends a pause early: there is work. */
    void wake() {
        LockSupport.unpark(thread);
    }

    CompletableFuture<Void> closed() {
        return closed;
    }

    @Override
    public void run() {
        try {
            agent.onStart();
            while (!agent.isDone()) {
                idle.idle(agent.doWork());
            }
        } catch (final Throwable error) { // Errors too: memory that is gone raises them
            tellError(error);
        } finally {
            close();
        }
    }

    private void close() {
        try {
            agent.onClose();
        } catch (final Throwable error) {
            LOG.error("{} did not close cleanly", agent.roleName(), error);
        }
        closed.complete(null);
    }

    private void tellError(final Throwable error) {
        try {
            agent.onError(error);
        } catch (final Throwable secondary) {
            LOG.error("{} could not tell of {}", agent.roleName(), error.toString(), secondary);
        }
    }
}
