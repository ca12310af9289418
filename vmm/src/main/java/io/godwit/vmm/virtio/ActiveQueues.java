package io.godwit.vmm.virtio;

import io.godwit.kvm.memory.GuestMemory;
import io.godwit.vmm.DirtyPages;
import io.godwit.vmm.virtio.queue.DescriptorChain;
import io.godwit.vmm.virtio.queue.VirtQueue;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The queues that a driver set up, from its being ready until it resets the device. */
public final class ActiveQueues {
    private final List<@Nullable VirtQueue> queues;
    private final long features;
    private final GuestMemory memory;
    private final DirtyPages dirty;
    private final List<DeviceWorker> workers;
    private final Serving serving;
    private final Interrupts interrupts;

    private volatile boolean pausing;

    /** How the driver is told. */
    interface Interrupts {
        void queue(int index);

        void configChanged();
    }

    /** Serves a queue on its thread, and takes what goes wrong for the device's fault. */
    interface Serving {
        void serve(int index);
    }

    ActiveQueues(
            List<@Nullable VirtQueue> queues,
            long features,
            GuestMemory memory,
            DirtyPages dirty,
            List<DeviceWorker> workers,
            Serving serving,
            Interrupts interrupts) {
        this.queues = queues;
        this.features = features;
        this.memory = memory;
        this.dirty = dirty;
        this.workers = workers;
        this.serving = serving;
        this.interrupts = interrupts;
    }

    /** A queue, or null where the driver did not enable it. */
    public @Nullable VirtQueue queue(int index) {
        return index < queues.size() ? queues.get(index) : null;
    }

    /** Whether a feature was negotiated. */
    public boolean has(long feature) {
        return (features & feature) == feature;
    }

    public GuestMemory memory() {
        return memory;
    }

    public DirtyPages dirty() {
        return dirty;
    }

    /** Whether {@link VirtioDevice#serve} should come to an end, with whatever requests are left. */
    public boolean isPausing() {
        return pausing;
    }

    void pausing(boolean now) {
        pausing = now;
    }

    /** The thread that serves a queue, for waiting for more than the driver. */
    public DeviceWorker worker(int index) {
        return workers.get(index);
    }

    /** Has a queue served by {@link VirtioDevice#serve}; on its own thread. */
    public void serve(int index) {
        if (!pausing) {
            serving.serve(index);
        }
    }

    /** Has a queue served soon, on its own thread; from any thread. */
    public void serveSoon(int index) {
        CompletionStage<Void> unused = workers.get(index).run(() -> serve(index));
    }

    /** Tells the driver that the device's own configuration fields have changed. */
    public void configChanged() {
        interrupts.configChanged();
    }

    /** Carries out one request. */
    public interface RequestHandler {
        /** @return bytes written to the request's pieces, from the first on */
        long carryOut(GuestMemory.Lease lease, DescriptorChain request);
    }

    /**
     * Takes a queue's requests one after another and answers each, until none is left or a pause is asked for.
     *
     * @param request filled with one after another
     */
    public void answerAll(int index, DescriptorChain request, RequestHandler handler) {
        VirtQueue queue = queue(index);
        if (queue == null) {
            return;
        }
        try (GuestMemory.Lease lease = memory.lease()) {
            do {
                queue.disarmNotification(lease);
                while (!pausing && queue.pop(lease, request)) {
                    queue.push(lease, request.head(), handler.carryOut(lease, request));
                    interruptFor(lease, index);
                }
            } while (queue.armNotification(lease) && !pausing);
        }
    }

    /** Interrupts the driver for a queue's answers, unless it said that it does not want to be. */
    public void interruptFor(GuestMemory.Lease lease, int index) {
        VirtQueue queue = queue(index);
        if (queue != null && queue.wantsInterrupt(lease)) {
            interrupts.queue(index);
        }
    }
}
