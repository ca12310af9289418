package io.godwit.migration.harness;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.vmm.DirtyPages;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The guest of a {@link TestMachine}: a thread that walks a working set, checks the page it finds, and writes it anew.
 * Each page holds a sequence number, a sum, and words that follow from the number. The thread exists while it runs.
 */
public final class PageWriter implements AutoCloseable {
    static final int STATE_BYTES = 5 * Long.BYTES;

    private static final int PAGE = GuestLayout.PAGE_SIZE;
    private static final long BURST_NS = 1_000_000;

    private final String name;
    private final GuestMemory memory;
    private final DirtyPages dirtyPages;
    private final UnsafeBuffer page = new UnsafeBuffer(new byte[PAGE]);
    private final UnsafeBuffer found = new UnsafeBuffer(new byte[PAGE]);
    private volatile boolean running;
    private volatile CompletableFuture<Void> paused = CompletableFuture.completedFuture(null);
    private volatile long errors;
    private volatile long sequence;
    private volatile double bytesPerSecond;
    private volatile int throttlePercent;
    private volatile Thread thread = Thread.currentThread();
    private long workingSetPages;
    private long filledPages;

    PageWriter(String name, GuestMemory memory, DirtyPages dirtyPages) {
        this.name = name;
        this.memory = memory;
        this.dirtyPages = dirtyPages;
    }

    void fill(long bytes) {
        filledPages = bytes / PAGE;
        for (long i = 0; i < filledPages; i++) {
            write(i, ++sequence);
        }
    }

    void configure(long workingSetBytes, double megabytesPerSecond) {
        workingSetPages = workingSetBytes / PAGE;
        bytesPerSecond = megabytesPerSecond * 1e6;
    }

    public void dirtyAt(double megabytesPerSecond) {
        bytesPerSecond = megabytesPerSecond * 1e6;
    }

    /** Pages found damaged so far; moves with the machine. */
    public long errors() {
        return errors;
    }

    /** Pages written so far; moves with the machine. */
    public long sequence() {
        return sequence;
    }

    synchronized CompletableFuture<Void> resume() {
        if (!running) {
            running = true;
            paused = new CompletableFuture<>();
            thread = new Thread(this::run, "godwit-" + name + "-vcpu0");
            thread.setDaemon(true);
            thread.start();
        }
        return CompletableFuture.completedFuture(null);
    }

    synchronized CompletableFuture<Void> pause() {
        running = false;
        return paused;
    }

    /** Writes so much less. */
    void throttle(int percent) {
        throttlePercent = percent;
    }

    int throttlePercent() {
        return throttlePercent;
    }

    long cpuTimeNs() {
        return Math.max(0, ManagementFactory.getThreadMXBean().getThreadCpuTime(thread.getId()));
    }

    boolean isPaused() {
        return paused.isDone();
    }

    void save(ByteBuffer out) {
        out.putLong(sequence)
                .putLong(errors)
                .putLong(workingSetPages)
                .putLong(filledPages)
                .putDouble(bytesPerSecond);
    }

    void restore(ByteBuffer in) {
        sequence = in.getLong();
        errors = in.getLong();
        workingSetPages = in.getLong();
        filledPages = in.getLong();
        bytesPerSecond = in.getDouble();
    }

    /** Checks every filled page; the machine stands still. */
    public long damagedPages() {
        long damaged = 0;
        for (long i = 0; i < filledPages; i++) {
            damaged += isIntact(i) ? 0 : 1;
        }
        return damaged;
    }

    private void run() {
        CompletableFuture<Void> done = paused;
        try {
            long last = System.nanoTime();
            double written = 0;
            double due = 0;
            while (running) {
                long now = System.nanoTime();
                due += bytesPerSecond * (100 - throttlePercent) / 100 * (now - last) / 1e9;
                last = now;
                if (written >= due || workingSetPages == 0) {
                    LockSupport.parkNanos(BURST_NS);
                    continue;
                }
                if (due - written > bytesPerSecond / 10) {
                    written = due - bytesPerSecond / 10;
                }
                step();
                written += PAGE;
            }
        } catch (RuntimeException | Error e) {
            errors++;
            throw e;
        } finally {
            done.complete(null);
        }
    }

    private void step() {
        long next = sequence + 1;
        long index = Long.remainderUnsigned(mix(next), workingSetPages);
        if (index < filledPages && !isIntact(index)) {
            errors++;
        }
        write(index, next);
        sequence = next;
    }

    private void write(long index, long number) {
        long word = mix(number);
        long sum = 0;
        for (int offset = 16; offset < PAGE; offset += 8) {
            word = word * 0x5851f42d4c957f2dL + 0x14057b7ef767814fL;
            page.putLong(offset, word);
            sum += word;
        }
        page.putLong(0, number);
        page.putLong(8, sum ^ index);
        long address = memory.layout().guestAddress(index);
        try (GuestMemory.Lease lease = memory.lease()) {
            lease.write(address, page, 0, PAGE);
        }
        dirtyPages.mark(address, PAGE);
    }

    private boolean isIntact(long index) {
        try (GuestMemory.Lease lease = memory.lease()) {
            lease.read(memory.layout().guestAddress(index), found, 0, PAGE);
        }
        long sum = 0;
        for (int offset = 16; offset < PAGE; offset += 8) {
            sum += found.getLong(offset);
        }
        return found.getLong(8) == (sum ^ index);
    }

    private static long mix(long value) {
        long z = value * 0x9e3779b97f4a7c15L;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        return z ^ (z >>> 31);
    }

    @Override
    public void close() {
        pause().join();
    }
}
