package io.godwit.vmm.device.block;

import io.godwit.kvm.linux.AsyncIo;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.vmm.virtio.ActiveQueues;
import io.godwit.vmm.virtio.queue.DescriptorChain;
import io.godwit.vmm.virtio.queue.VirtQueue;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Has several requests of a queue under way at a time and answers them as they end. The queue's own thread takes them and
 * gives reads and writes to the kernel, all that it found at once; other requests, and what the kernel does not take, are
 * each carried out on a thread that waits for the disk. The rings are touched under this object's lock.
 */
final class OverlappingServer implements QueueServer {
    private static final int SMALL_BYTES = 32 << 10;

    /**
     * After so many requests in a row that came alone the next is waited for by the queue's own thread: that takes 70 µs
     * where the kernel's telling of its end takes 90. Those that come at once with others would wait behind it.
     */
    private static final int LONE_BEFORE_WAITING = 8;

    private final ActiveQueues active;
    private final VirtQueue queue;
    private final int index;
    private final Disk disk;
    private final String serial;
    private final DiskFailures failures;
    private final Executor threads;
    private final KernelIo kernel;
    private final @Nullable AsyncIo io;
    private final int mostUnderWay;

    /** By their tags, made as they are needed. */
    private final List<Slot> slots = new ArrayList<>();

    private final ArrayDeque<Slot> free = new ArrayDeque<>();
    private int underWay;
    /** Answers in the ring that the driver was not shown yet. */
    private int staged;
    /** Whether requests were left in the queue because all slots were taken. */
    private boolean moreWait;

    private @Nullable RuntimeException fault;

    private final AsyncIo.Refusal onRefusal = this::refused;
    private final AsyncIo.Completion onEnd = this::ended;

    /** The fields from here on are the queue's thread's own. Whether it waits for the kernel's requests too. */
    private boolean watched;

    /** Whether the kernel said that requests have ended. */
    private boolean someEnded;

    /** How many requests came, one after another, while no other was under way. */
    private int loneInARow;

    /** Out while the kernel has requests: until it told their ends it may touch guest memory. */
    private GuestMemory.@Nullable Lease kernelsLease;

    OverlappingServer(
            ActiveQueues active,
            VirtQueue queue,
            int index,
            Disk disk,
            String serial,
            DiskFailures failures,
            KernelIo kernel,
            Executor threads) {
        this.active = active;
        this.queue = queue;
        this.index = index;
        this.disk = disk;
        this.serial = serial;
        this.failures = failures;
        this.threads = threads;
        this.kernel = kernel;
        this.io = kernel.open();
        this.mostUnderWay = Math.min(queue.layout().size(), KernelIo.MAX_UNDER_WAY);
    }

    /** What one request needs while it is under way. */
    private final class Slot implements Runnable {
        private final int tag;
        private final DescriptorChain chain;
        private final BlockRequest request;

        Slot(int tag) {
            int size = queue.layout().size();
            this.tag = tag;
            this.chain = new DescriptorChain(size);
            this.request = new BlockRequest(queue.toString(), disk, serial, active.dirty(), failures, size);
        }

        /** Whether it moves data, and so little that one which comes meanwhile can wait for it. */
        boolean isSmall() {
            long bytes = chain.readableBytes() + chain.writableBytes();
            return bytes >= BlockConfig.SECTOR_BYTES && bytes <= SMALL_BYTES;
        }

        @Override
        public void run() {
            try (GuestMemory.Lease lease = active.memory().lease()) {
                long written = request.carryOn(lease, chain);
                answered(this, lease, written);
            } catch (RuntimeException failed) {
                broken(this, failed);
            }
        }
    }

    @Override
    public void serve() {
        try (GuestMemory.Lease lease = active.memory().lease()) {
            watch();
            if (someEnded) {
                someEnded = false;
                reap(0);
            }
            Slot taken = take(lease);
            try {
                while (taken != null) {
                    taken = start(taken, lease);
                }
            } finally {
                submit();
            }
        }
    }

    private void watch() {
        if (io != null && !watched) {
            active.worker(index).watch(io.completions().file(), this::someEnded);
            watched = true;
        }
    }

    /**
     * Has one that was taken carried out.
     *
     * @return the next one
     */
    private @Nullable Slot start(Slot slot, GuestMemory.Lease lease) {
        try {
            slot.request.begin(lease, slot.chain);
        } catch (RuntimeException broken) {
            broken(slot, broken);
            throw broken;
        }
        Slot next;
        try {
            next = take(lease);
        } catch (RuntimeException broken) {
            threads.execute(slot); // whatever the one behind it is, a pause waits for this one
            throw broken;
        }
        loneInARow = next == null && isAlone() ? loneInARow + 1 : 0;
        boolean kernelTakes = io != null && !kernel.isRefusing();
        if (loneInARow > (kernelTakes ? LONE_BEFORE_WAITING : 0) && slot.isSmall()) {
            slot.run();
            next = take(lease);
            loneInARow = next == null ? loneInARow : 0;
        } else if (io == null || !kernelTakes || !slot.request.queueOn(io, slot.tag, lease, slot.chain)) {
            threads.execute(slot);
        }
        return next;
    }

    private synchronized boolean isAlone() {
        return underWay == 1;
    }

    private synchronized @Nullable Slot take(GuestMemory.Lease lease) {
        if (fault != null) {
            throw fault;
        }
        if (free.isEmpty() && slots.size() == mostUnderWay) {
            moreWait = true;
            return null;
        }
        if (free.isEmpty()) {
            Slot another = new Slot(slots.size());
            slots.add(another);
            free.add(another);
        }
        Slot slot = free.element();
        do {
            queue.disarmNotification(lease);
            if (!active.isPausing() && queue.pop(lease, slot.chain)) {
                free.remove();
                underWay++;
                return slot;
            }
        } while (queue.armNotification(lease) && !active.isPausing());
        return null;
    }

    private void submit() {
        if (io == null || io.queued() == 0) {
            return;
        }
        if (kernelsLease == null) {
            kernelsLease = active.memory().lease();
        }
        io.submit(onRefusal);
        returnLease(io);
    }

    private synchronized void refused(int tag, int errno) {
        kernel.refused(errno);
        threads.execute(slots.get(tag));
    }

    private void someEnded() {
        if (io != null) {
            io.completions().drain();
            someEnded = true;
            active.serve(index);
        }
    }

    /** Answers what the kernel has done, all of it at once. */
    private synchronized void reap(int atLeast) {
        GuestMemory.Lease lease = kernelsLease;
        if (io == null || lease == null) {
            return;
        }
        moreWait = false; // they are taken next, or a pause is asked for
        io.reap(atLeast, onEnd);
        if (staged > 0) {
            queue.publish(lease, staged);
            staged = 0;
            active.interruptFor(lease, index);
        }
        returnLease(io);
    }

    private void ended(int tag, long result) {
        Slot slot = slots.get(tag);
        try {
            GuestMemory.Lease lease = Objects.requireNonNull(kernelsLease);
            long written = slot.request.ended(lease, slot.chain, result);
            if (written == BlockRequest.UNFINISHED) {
                threads.execute(slot);
                return;
            }
            if (fault == null) {
                queue.stage(lease, staged, slot.chain.head(), written);
                staged++;
            }
            release(slot);
        } catch (RuntimeException failed) {
            broken(slot, failed);
        }
    }

    private void returnLease(AsyncIo kernels) {
        GuestMemory.Lease lease = kernelsLease;
        if (lease != null && kernels.underWay() == 0) {
            kernelsLease = null;
            lease.close();
        }
    }

    private synchronized void answered(Slot slot, GuestMemory.Lease lease, long written) {
        if (fault == null) {
            queue.push(lease, slot.chain.head(), written);
            active.interruptFor(lease, index);
        }
        release(slot);
    }

    /** The queue's thread has to say so: it is asked to serve, and finds the fault. */
    private synchronized void broken(Slot slot, RuntimeException failed) {
        fault = fault == null ? failed : fault;
        moreWait = true;
        release(slot);
    }

    private void release(Slot slot) {
        free.push(slot);
        underWay--;
        notifyAll();
        if (moreWait) {
            moreWait = false;
            active.serveSoon(index);
        }
    }

    @Override
    public void pause() {
        if (io != null) {
            while (io.underWay() > 0) {
                reap(1);
            }
            active.worker(index).unwatch(io.completions().file());
            watched = false;
        }
        awaitThreads();
    }

    private synchronized void awaitThreads() {
        boolean interrupted = false;
        while (underWay > 0) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        GuestMemory.Lease lease = kernelsLease;
        if (kernel.close() && lease != null) {
            lease.close();
        }
    }
}
