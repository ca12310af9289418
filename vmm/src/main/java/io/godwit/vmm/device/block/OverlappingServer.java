package io.godwit.vmm.device.block;

import io.godwit.kvm.memory.GuestMemory;
import io.godwit.vmm.virtio.ActiveQueues;
import io.godwit.vmm.virtio.queue.DescriptorChain;
import io.godwit.vmm.virtio.queue.VirtQueue;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Carries out several requests of a queue at a time, each on a thread that waits for the disk, and answers them as they
 * end. The queue's own thread takes them; the rings are touched under this object's lock.
 */
final class OverlappingServer implements QueueServer {
    /** More wait in the queue. Disks gain little beyond it, and each takes a thread while it is under way. */
    static final int MAX_UNDER_WAY = 16;

    private static final int SMALL_BYTES = 32 << 10;

    private final ActiveQueues active;
    private final VirtQueue queue;
    private final int index;
    private final Executor threads;
    private final ArrayDeque<Slot> free = new ArrayDeque<>(MAX_UNDER_WAY);
    private int underWay;
    /** Whether requests were left in the queue because all slots were taken. */
    private boolean moreWait;

    private @Nullable RuntimeException fault;

    OverlappingServer(
            ActiveQueues active,
            VirtQueue queue,
            int index,
            Disk disk,
            String serial,
            DiskFailures failures,
            Executor threads) {
        this.active = active;
        this.queue = queue;
        this.index = index;
        this.threads = threads;
        for (int i = 0; i < MAX_UNDER_WAY; i++) {
            free.add(new Slot(disk, serial, failures));
        }
    }

    /** What one request needs while it is under way. */
    private final class Slot implements Runnable {
        private final DescriptorChain chain;
        private final BlockRequest request;

        Slot(Disk disk, String serial, DiskFailures failures) {
            int size = queue.layout().size();
            this.chain = new DescriptorChain(size);
            this.request = new BlockRequest(queue.toString(), disk, serial, active.dirty(), failures, size);
        }

        @Override
        public void run() {
            try (GuestMemory.Lease lease = active.memory().lease()) {
                long written = request.carryOut(lease, chain);
                answered(this, lease, written);
            } catch (RuntimeException failed) {
                broken(this, failed);
            }
        }
    }

    @Override
    public void serve() {
        try (GuestMemory.Lease lease = active.memory().lease()) {
            Slot taken = take(lease);
            while (taken != null) {
                Slot next = take(lease);
                if (next == null && isSmall(taken.chain) && isAlone()) {
                    taken.run();
                    next = take(lease);
                } else {
                    threads.execute(taken);
                }
                taken = next;
            }
        }
    }

    /** Whether it moves data, and so little that one which comes meanwhile can wait for it. */
    private static boolean isSmall(DescriptorChain chain) {
        long bytes = chain.readableBytes() + chain.writableBytes();
        return bytes >= BlockConfig.SECTOR_BYTES && bytes <= SMALL_BYTES;
    }

    /** One request at a time is not worth the hand-over to another thread, which takes a third of what the disk does. */
    private synchronized boolean isAlone() {
        return underWay == 1;
    }

    private synchronized @Nullable Slot take(GuestMemory.Lease lease) {
        if (fault != null) {
            throw fault;
        }
        if (free.isEmpty()) {
            moreWait = true;
            return null;
        }
        Slot slot = free.peek();
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
        free.add(slot);
        underWay--;
        notifyAll();
        if (moreWait) {
            moreWait = false;
            active.serveSoon(index);
        }
    }

    @Override
    public synchronized void pause() {
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
}
