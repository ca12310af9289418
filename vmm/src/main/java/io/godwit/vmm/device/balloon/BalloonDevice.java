package io.godwit.vmm.device.balloon;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.vmm.state.StateReader;
import io.godwit.vmm.state.StateWriter;
import io.godwit.vmm.virtio.ActiveQueues;
import io.godwit.vmm.virtio.VirtioDevice;
import io.godwit.vmm.virtio.VirtioKind;
import io.godwit.vmm.virtio.queue.DescriptorChain;
import io.godwit.vmm.virtio.queue.VirtQueue;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Takes pages that the driver gives up (virtio 1.2, 5.5): those it was asked for, on the inflate queue, and those that
 * are free anyway, on the reporting queue. They read as zero from then on and take no memory of the host until the guest
 * touches them again; nothing has to be done to deflate. Configuration: pages wanted u32, pages given u32.
 */
public final class BalloonDevice implements VirtioDevice {
    private static final long TELL_HOST = 1;
    private static final long DEFLATE_ON_OOM = 1L << 2;
    private static final long PAGE_REPORTING = 1L << 5;
    private static final int INFLATE = 0;
    private static final int REPORTING = 2;
    private static final int QUEUE_SIZE = 128;
    private static final int CONFIG_BYTES = 8;
    private static final int NUMBER_BYTES = 4;
    /** So many page numbers are looked at in one go. */
    private static final int BATCH_BYTES = 1024;

    private final String id;
    private final UnsafeBuffer numbers = new UnsafeBuffer(new byte[BATCH_BYTES]);
    private @Nullable ActiveQueues active;
    private volatile int pagesWanted;
    private volatile int pagesGiven;

    public BalloonDevice(String id) {
        this.id = id;
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public VirtioKind kind() {
        return VirtioKind.BALLOON;
    }

    @Override
    public long features() {
        return TELL_HOST | DEFLATE_ON_OOM | PAGE_REPORTING;
    }

    @Override
    public int[] queueSizes() {
        return new int[] {QUEUE_SIZE, QUEUE_SIZE, QUEUE_SIZE};
    }

    @Override
    public byte[] config() {
        return ByteBuffer.allocate(CONFIG_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(pagesWanted)
                .putInt(pagesGiven)
                .array();
    }

    /** The driver says how many pages it has given. */
    @Override
    public void writeConfig(int offset, byte value) {
        if (offset >= NUMBER_BYTES && offset < CONFIG_BYTES) {
            int shift = 8 * (offset - NUMBER_BYTES);
            pagesGiven = (pagesGiven & ~(0xff << shift)) | (value & 0xff) << shift;
        }
    }

    /** Asks the driver for so many pages in all; it learns of it by the function's notice of a changed configuration. */
    public void want(int pages) {
        pagesWanted = pages;
    }

    /** Pages that the driver said it has given. */
    public int given() {
        return pagesGiven;
    }

    @Override
    public void start(ActiveQueues queues) {
        active = queues;
    }

    @Override
    public void serve(int index) {
        ActiveQueues running = active;
        VirtQueue queue = running == null ? null : running.queue(index);
        if (running == null || queue == null) {
            return;
        }
        running.answerAll(index, new DescriptorChain(queue.layout().size()), (lease, request) -> {
            carryOut(index, running, lease, request);
            return 0;
        });
    }

    private void carryOut(int index, ActiveQueues running, GuestMemory.Lease lease, DescriptorChain chain) {
        if (index == INFLATE) {
            inflate(running, lease, chain);
        } else if (index == REPORTING) {
            for (int i = chain.readableCount(); i < chain.count(); i++) {
                giveBack(running, lease, chain.address(i), chain.length(i));
            }
        }
        // What comes on the deflate queue, between the two, is simply touched again.
    }

    private void inflate(ActiveQueues running, GuestMemory.Lease lease, DescriptorChain chain) {
        long at = 0;
        while (!running.isPausing()) {
            int bytes = chain.read(lease, at, numbers, 0, BATCH_BYTES);
            for (int i = 0; i + NUMBER_BYTES <= bytes; i += NUMBER_BYTES) {
                long address = Integer.toUnsignedLong(numbers.getInt(i)) << GuestLayout.PAGE_SHIFT;
                giveBack(running, lease, address, GuestLayout.PAGE_SIZE);
            }
            at += bytes;
            if (bytes < BATCH_BYTES) {
                return;
            }
        }
    }

    /** Whole pages of RAM only; what else a driver names is none of its memory. */
    private static void giveBack(ActiveQueues running, GuestMemory.Lease lease, long address, long length) {
        GuestLayout ram = running.memory().layout();
        long mask = GuestLayout.PAGE_SIZE - 1;
        long first = address + mask & ~mask;
        long end = address + length & ~mask;
        if (first < end && ram.contains(first, end - first)) {
            lease.discard(first, end - first);
            running.dirty().mark(first, end - first);
        }
    }

    @Override
    public void stop() {
        active = null;
    }

    @Override
    public void save(StateWriter state) {
        state.u32(pagesWanted).u32(pagesGiven);
    }

    @Override
    public void restore(StateReader state) {
        pagesWanted = state.u32("pages wanted");
        pagesGiven = state.u32("pages given");
    }

    @Override
    public void close() {}
}
