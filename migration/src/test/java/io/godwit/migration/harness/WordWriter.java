package io.godwit.migration.harness;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.vmm.Machine;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A second writer beside a machine's vCPU, with none of its manners: changes single words of compressible pages,
 * whatever is being read, and marks them afterwards, as a guest's own writes are.
 */
public final class WordWriter implements AutoCloseable {
    private static final int PAGE = GuestLayout.PAGE_SIZE;

    private static final long PAUSE_NS = 1_000_000;

    private final GuestMemory memory;
    private final Machine machine;
    private final long firstPage;
    private final int pages;
    private final AtomicLong written = new AtomicLong();
    private final Thread thread;
    private volatile boolean running = true;

    /** Fills the pages with something that shrinks to a few per cent; nothing is changed before {@link #start()}. */
    public WordWriter(Machine machine, long firstPage, int pages) {
        this.machine = machine;
        this.memory = machine.memory();
        this.firstPage = firstPage;
        this.pages = pages;
        this.thread = new Thread(this::run, "word-writer");
        thread.setDaemon(true);
        fill();
    }

    private void fill() {
        UnsafeBuffer page = new UnsafeBuffer(new byte[PAGE]);
        try (GuestMemory.Lease lease = memory.lease()) {
            for (int i = 0; i < pages; i++) {
                for (int at = 0; at < PAGE; at += 8) {
                    page.putLong(at, (at & 0xF8) * 0x0101_0101L + i);
                }
                long address = address(i);
                lease.write(address, page, 0, PAGE);
                machine.dirtyPages().mark(address, PAGE);
            }
        }
    }

    public WordWriter start() {
        thread.start();
        return this;
    }

    /** Words changed so far. */
    public long written() {
        return written.get();
    }

    private void run() {
        SplittableRandom random = new SplittableRandom(1);
        while (running) {
            int page = random.nextInt(pages);
            try (GuestMemory.Lease lease = memory.lease()) {
                for (int words = 1 + random.nextInt(4); words > 0; words--) {
                    lease.putLong(address(page) + 8L * random.nextInt(PAGE / 8), random.nextLong());
                }
            }
            machine.dirtyPages().mark(address(page), PAGE);
            if ((written.incrementAndGet() & 0xFF) == 0) {
                LockSupport.parkNanos(PAUSE_NS);
            }
        }
    }

    private long address(int page) {
        return memory.layout().guestAddress(firstPage + page);
    }

    /** Returns when nothing is written any more. */
    @Override
    public void close() {
        running = false;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
