package io.godwit.vmm.device.entropy;

import io.godwit.kvm.memory.GuestMemory;
import io.godwit.vmm.virtio.ActiveQueues;
import io.godwit.vmm.virtio.VirtioDevice;
import io.godwit.vmm.virtio.VirtioKind;
import io.godwit.vmm.virtio.queue.DescriptorChain;
import io.godwit.vmm.virtio.queue.VirtQueue;
import java.security.SecureRandom;
import java.util.Objects;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** Fills what the driver hands it with random bytes of the host's kernel (virtio 1.2, 5.4). */
public final class EntropyDevice implements VirtioDevice {
    private static final int QUEUE_SIZE = 64;
    /** More a request is not given: a guest that wants much asks again, and others get their turn. */
    private static final int MAX_BYTES = 4096;

    private final String id;
    private final SecureRandom random = new SecureRandom();
    private final byte[] bytes = new byte[MAX_BYTES];
    private @Nullable ActiveQueues active;
    private @Nullable DescriptorChain chain;

    public EntropyDevice(String id) {
        this.id = id;
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public VirtioKind kind() {
        return VirtioKind.ENTROPY;
    }

    @Override
    public long features() {
        return 0;
    }

    @Override
    public int[] queueSizes() {
        return new int[] {QUEUE_SIZE};
    }

    @Override
    public byte[] config() {
        return new byte[0];
    }

    @Override
    public void start(ActiveQueues queues) {
        VirtQueue queue = queues.queue(0);
        active = queue == null ? null : queues;
        chain = queue == null ? null : new DescriptorChain(queue.layout().size());
    }

    @Override
    public void serve(int index) {
        ActiveQueues running = active;
        DescriptorChain request = chain;
        if (running != null && request != null) {
            running.answerAll(index, request, this::fill);
        }
    }

    private long fill(GuestMemory.Lease lease, DescriptorChain request) {
        random.nextBytes(bytes);
        return request.write(lease, Objects.requireNonNull(active).dirty(), 0, new UnsafeBuffer(bytes), 0, MAX_BYTES);
    }

    @Override
    public void stop() {
        active = null;
        chain = null;
    }

    @Override
    public void close() {}
}
