package io.godwit.transport.driver;

import io.aeron.driver.MediaDriver;
import io.godwit.transport.StreamFailure.DriverDied;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.agrona.concurrent.AgentInvoker;
import org.jspecify.annotations.Nullable;

/**
 * One life of the media driver, from its start to its death or close. Sender, receiver and conductor share one thread
 * of ours instead of Aeron's own runner, which would die of an {@link Error} (a full {@code /dev/shm} raises one)
 * without giving back its sockets and mappings, and without telling.
 */
final class DriverRun implements Runnable {
    private static final long DIRECTORY_CHECK_NS = TimeUnit.MILLISECONDS.toNanos(250);

    private final MediaDriver driver;
    private final AgentInvoker invoker;
    private final Path aeronDirectory;
    private final LinkMonitor monitor;
    private final DriverIdle idle;
    private final Consumer<DriverRun> onDeath;
    private final Thread thread;

    private volatile boolean closing;
    private volatile @Nullable DriverDied death;

    DriverRun(
            final MediaDriver driver,
            final LinkMonitor monitor,
            final String name,
            final DriverIdle idle,
            final Consumer<DriverRun> onDeath) {
        this.driver = driver;
        this.monitor = monitor;
        this.invoker = driver.sharedAgentInvoker();
        this.aeronDirectory = Path.of(driver.aeronDirectoryName());
        this.idle = idle;
        this.onDeath = onDeath;
        this.thread = new Thread(this, name);
        thread.setDaemon(true);
    }

    void start() {
        idle.runBy(thread);
        thread.start();
    }

    Path aeronDirectory() {
        return aeronDirectory;
    }

    LinkMonitor monitor() {
        return monitor;
    }

    /** Why this life ended, or null while it lasts. */
    @Nullable
    DriverDied death() {
        return death;
    }

    /** Ends this life without calling it a death; waits for the thread. */
    void close() throws InterruptedException {
        closing = true;
        LockSupport.unpark(thread);
        thread.join();
    }

    @Override
    public void run() {
        String cause = "its thread was stopped";
        try {
            cause = work();
        } catch (final Throwable fatal) { // also Errors: the node outlives its driver
            cause = "its thread threw " + fatal;
        } finally {
            if (!closing) {
                death = new DriverDied("media driver in " + aeronDirectory + " died: " + cause);
            }
            release();
            if (!closing) {
                onDeath.accept(this);
            }
        }
    }

    private String work() {
        final Path mark = aeronDirectory.resolve("cnc.dat");
        long nextCheckNs = System.nanoTime();
        while (!closing && invoker.isRunning()) {
            idle.idle(invoker.invoke());
            final long nowNs = System.nanoTime();
            if (nowNs - nextCheckNs >= 0) {
                nextCheckNs = nowNs + DIRECTORY_CHECK_NS;
                if (!Files.exists(mark)) {
                    return mark + " vanished";
                }
            }
        }
        return Thread.currentThread().isInterrupted() ? "its thread was interrupted" : "it terminated itself";
    }

    private void release() {
        Thread.interrupted(); // closing sockets and files must not be cut short
        try {
            driver.close();
        } catch (final Throwable secondary) { // what killed it may also hinder its clean-up
            driver.context().errorHandler().onError(secondary);
        }
    }
}
