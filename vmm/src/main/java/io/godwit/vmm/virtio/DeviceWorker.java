package io.godwit.vmm.virtio;

import io.godwit.kvm.linux.Epoll;
import io.godwit.kvm.linux.FileDescriptor;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A thread that serves queues of one device: it waits for descriptors (notifications, taps) and runs what it is given.
 * Nobody waits for it but {@link #close()}.
 */
public final class DeviceWorker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DeviceWorker.class);
    private static final int FOR_EVER = -1;
    /** As long as the closing of guest memory waits for its users. */
    private static final long CLOSE_TIMEOUT_MS = 5_000;

    private final Epoll epoll;
    private final Thread thread;
    private final Queue<Task> tasks = new ArrayDeque<>();
    private final Map<Long, Runnable> watched = new HashMap<>();
    private final Map<FileDescriptor, Long> tokens = new HashMap<>();
    private long nextToken;
    private boolean closed;

    private record Task(Runnable action, CompletableFuture<Void> done) {}

    /** @param name of the thread */
    public DeviceWorker(String name) {
        this.epoll = Epoll.create(name);
        this.thread = new Thread(this::loop, name);
        thread.setDaemon(true);
    }

    public void start() {
        thread.start();
    }

    /** Has the thread run something, behind what it was given before. Fails once this is closed. */
    public CompletionStage<Void> run(Runnable action) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        synchronized (this) {
            if (closed) {
                return CompletableFuture.failedFuture(new IllegalStateException(thread.getName() + " is closed"));
            }
            tasks.add(new Task(action, done));
        }
        epoll.wakeUp();
        return done;
    }

    /** From now on {@code ready} is run whenever the descriptor can be read. On this thread. */
    public void watch(FileDescriptor file, Runnable ready) {
        if (tokens.containsKey(file)) {
            return;
        }
        long token = nextToken++;
        epoll.add(file, Epoll.IN, token);
        tokens.put(file, token);
        watched.put(token, ready);
    }

    /** On this thread; before the descriptor is closed. */
    public void unwatch(FileDescriptor file) {
        Long token = tokens.remove(file);
        if (token != null) {
            watched.remove(token);
            epoll.remove(file);
        }
    }

    private void loop() {
        while (runTasks()) {
            epoll.await(FOR_EVER, (token, events) -> {
                Runnable ready = watched.get(token);
                if (ready != null) { // else one before it in this round took it away
                    guarded(ready);
                }
            });
        }
    }

    /** @return false when there is nothing more to come */
    private boolean runTasks() {
        while (true) {
            Task task;
            synchronized (this) {
                task = tasks.poll();
                if (task == null) {
                    return !closed;
                }
            }
            try {
                task.action.run();
                task.done.complete(null);
            } catch (RuntimeException | Error failed) {
                task.done.completeExceptionally(failed);
            }
        }
    }

    private void guarded(Runnable ready) {
        try {
            ready.run();
        } catch (RuntimeException | Error failed) {
            LOG.error("{} goes on after a fault of its own", thread.getName(), failed);
        }
    }

    /**
     * Runs what it was given, then ends the thread and waits for that; a thread that hangs in I/O is left
     * behind. Not to be called by that thread. Idempotent.
     */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        epoll.wakeUp();
        if (joined()) {
            epoll.close();
        } else {
            LOG.error("LEAKED thread {}: it did not end within {} ms", thread.getName(), CLOSE_TIMEOUT_MS);
        }
    }

    private boolean joined() {
        try {
            thread.join(CLOSE_TIMEOUT_MS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        return !thread.isAlive();
    }
}
