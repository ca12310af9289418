package io.godwit.vmm.probe;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Measures from outside how long a probe guest stands still while it moves from one process to another. One thread
 * reads the heartbeat of vCPU 0 in the source's and the target's memory; another looks for the target's memory file,
 * which appears during the migration.
 */
public final class BlackoutWatch implements AutoCloseable {
    /** Reads without a rest, which takes a core; a reading costs about a microsecond. */
    public static final Duration BUSY = Duration.ZERO;

    private static final long DISCOVERY_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(2);
    /** Once a file was found: another one is possible, but looking through a JVM's descriptors takes a millisecond of CPU. */
    private static final long FURTHER_DISCOVERY_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(50);

    private static final long JOIN_LIMIT_MS = 5_000;

    private final GuestMemoryFile targetMemory;
    private final long pollIntervalNs;
    private final ProbeWatch source;
    private final List<ProbeWatch> targets = new CopyOnWriteArrayList<>();
    private final CountDownLatch handedOver = new CountDownLatch(1);
    private final SilenceMeter meter;
    private final Thread poller;
    private final Thread discovery;
    private volatile boolean stopped;
    private volatile @Nullable RuntimeException failure;

    private BlackoutWatch(ProbeWatch source, SilenceMeter meter, GuestMemoryFile targetMemory, Duration pollInterval) {
        this.source = source;
        this.meter = meter;
        this.targetMemory = targetMemory;
        this.pollIntervalNs = pollInterval.toNanos();
        poller = new Thread(() -> guarded(this::poll), "godwit-blackout-poll");
        discovery = new Thread(() -> guarded(this::discover), "godwit-blackout-find");
        poller.setDaemon(true);
        discovery.setDaemon(true);
    }

    /**
     * Starts watching. The target may be the source's own process: its memory is then another file of that name.
     *
     * @param pollInterval rest between two readings; {@link #BUSY} for none
     * @throws NoSuchElementException when there is no source memory
     */
    public static BlackoutWatch start(GuestMemoryFile source, GuestMemoryFile target, Duration pollInterval) {
        ProbeWatch opened = ProbeWatch.open(source);
        long startNs = System.nanoTime();
        SilenceMeter meter = new SilenceMeter(opened.heartbeat(0), startNs, System.nanoTime());
        BlackoutWatch watch = new BlackoutWatch(opened, meter, target, pollInterval);
        watch.discovery.start();
        watch.poller.start();
        return watch;
    }

    /** Waits until the guest was seen to run at the target; false when the time is up. */
    public boolean awaitHandover(Duration limit) throws InterruptedException {
        return handedOver.await(limit.toNanos(), TimeUnit.NANOSECONDS);
    }

    /**
     * Stops watching and tells what was seen. Idempotent.
     *
     * @throws IllegalStateException when watching ended early; its cause says why
     */
    public Blackout stop() {
        close();
        if (poller.isAlive()) {
            throw new IllegalStateException(
                    "the thread that reads the heartbeats did not end in " + JOIN_LIMIT_MS + " ms");
        }
        RuntimeException cause = failure;
        if (cause != null) {
            throw new IllegalStateException("the guest's heartbeat could not be read to the end", cause);
        }
        return meter.result();
    }

    @Override
    public synchronized void close() {
        stopped = true;
        if (join(discovery) && join(poller)) {
            source.close();
            targets.forEach(ProbeWatch::close);
        }
    }

    private void poll() {
        long reading = System.nanoTime();
        while (!stopped) {
            long target = 0;
            for (ProbeWatch watch : targets) {
                target = Math.max(target, watch.heartbeat(0));
            }
            long sourceBeat = source.heartbeat(0);
            meter.reading(target, sourceBeat, reading, System.nanoTime());
            if (handedOver.getCount() > 0 && meter.isAtTarget()) {
                handedOver.countDown();
            }
            rest();
            reading = System.nanoTime();
        }
    }

    private void rest() {
        if (pollIntervalNs > 0) {
            LockSupport.parkNanos(pollIntervalNs);
        } else {
            Thread.onSpinWait();
        }
    }

    private void discover() {
        Set<String> known = new HashSet<>(Set.of(source.identity()));
        while (!stopped && handedOver.getCount() > 0) {
            for (ProbeWatch found : ProbeWatch.openAll(targetMemory, known)) {
                known.add(found.identity());
                targets.add(found);
            }
            LockSupport.parkNanos(targets.isEmpty() ? DISCOVERY_INTERVAL_NS : FURTHER_DISCOVERY_INTERVAL_NS);
        }
    }

    private void guarded(Runnable work) {
        try {
            work.run();
        } catch (RuntimeException e) {
            failure = e;
        }
    }

    /** Interrupting the waiting caller does not cut this short: the files must not be closed under a reader. */
    private static boolean join(Thread thread) {
        boolean interrupted = false;
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(JOIN_LIMIT_MS);
        while (thread.isAlive() && System.nanoTime() < deadline) {
            try {
                thread.join(100);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return !thread.isAlive();
    }
}
