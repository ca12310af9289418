package io.godwit.vmm.device.serial;

import io.godwit.kvm.memory.GuestMemory;
import io.godwit.vmm.GuestConsole;
import io.godwit.vmm.SerialLog;
import io.godwit.vmm.state.StateReader;
import io.godwit.vmm.state.StateWriter;
import io.godwit.vmm.virtio.ActiveQueues;
import io.godwit.vmm.virtio.VirtioDevice;
import io.godwit.vmm.virtio.VirtioKind;
import io.godwit.vmm.virtio.queue.DescriptorChain;
import io.godwit.vmm.virtio.queue.VirtQueue;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * virtio-console with one port (virtio 1.2, 5.3): its output kept and streamed like the serial port's, without an exit
 * for each byte, and input that waits for the driver's buffers.
 */
public final class ConsoleDevice implements VirtioDevice, GuestConsole {
    public static final int MAX_WAITING_INPUT_BYTES = 4096;

    private static final int RECEIVE = 0;
    private static final int TRANSMIT = 1;
    private static final int QUEUE_SIZE = 64;
    private static final int CONFIG_BYTES = 12;
    private static final int CHUNK_BYTES = 4096;

    private final String id;
    private final KeptOutput output = new KeptOutput();
    private final ByteQueue waiting = new ByteQueue(MAX_WAITING_INPUT_BYTES);
    private final byte[] chunk = new byte[CHUNK_BYTES];
    private final UnsafeBuffer chunkBuffer = new UnsafeBuffer(chunk);
    private volatile @Nullable ActiveQueues active;
    /** Whether another host may have its state: what came now would be lost. Under the lock of {@code waiting}. */
    private boolean released;

    public ConsoleDevice(String id) {
        this.id = id;
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public VirtioKind kind() {
        return VirtioKind.CONSOLE;
    }

    @Override
    public long features() {
        return 0;
    }

    @Override
    public int[] queueSizes() {
        return new int[] {QUEUE_SIZE, QUEUE_SIZE};
    }

    @Override
    public byte[] config() {
        return new byte[CONFIG_BYTES]; // columns and rows, which are not offered
    }

    @Override
    public SerialLog log() {
        return output;
    }

    @Override
    public int input(byte[] bytes) {
        int accepted;
        synchronized (waiting) {
            accepted = released ? 0 : Math.min(bytes.length, waiting.free());
            for (int i = 0; i < accepted; i++) {
                waiting.offer(bytes[i]);
            }
        }
        ActiveQueues running = active;
        if (running != null) {
            running.serveSoon(RECEIVE);
        }
        return accepted;
    }

    @Override
    public void claim() {
        synchronized (waiting) {
            released = false;
        }
    }

    @Override
    public void release() {
        synchronized (waiting) {
            released = true;
        }
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
        DescriptorChain chain = new DescriptorChain(queue.layout().size());
        if (index == TRANSMIT) {
            running.answerAll(index, chain, this::take);
        } else {
            try (GuestMemory.Lease lease = running.memory().lease()) {
                receive(running, queue, lease, chain);
            }
        }
    }

    /** No more than is kept: the driver may name its buffer a thousand times over in one request. */
    private long take(GuestMemory.Lease lease, DescriptorChain request) {
        long end = Math.min(request.readableBytes(), KeptOutput.CAPACITY_BYTES);
        for (long at = 0; at < end; at += CHUNK_BYTES) {
            int bytes = request.read(lease, at, chunkBuffer, 0, (int) Math.min(CHUNK_BYTES, end - at));
            output.append(chunk, 0, bytes);
        }
        return 0;
    }

    private void receive(ActiveQueues running, VirtQueue queue, GuestMemory.Lease lease, DescriptorChain chain) {
        while (!running.isPausing() && hasInput()) {
            if (!queue.pop(lease, chain)) {
                if (queue.armNotification(lease)) {
                    continue;
                }
                return;
            }
            int bytes = takeInput((int) Math.min(CHUNK_BYTES, chain.writableBytes()));
            chain.write(lease, running.dirty(), 0, chunkBuffer, 0, bytes);
            queue.push(lease, chain.head(), bytes);
            running.interruptFor(lease, RECEIVE);
        }
    }

    private boolean hasInput() {
        synchronized (waiting) {
            return waiting.size() > 0;
        }
    }

    private int takeInput(int most) {
        synchronized (waiting) {
            int count = Math.min(most, waiting.size());
            for (int i = 0; i < count; i++) {
                chunk[i] = (byte) waiting.poll();
            }
            return count;
        }
    }

    @Override
    public void stop() {
        active = null;
    }

    @Override
    public void save(StateWriter state) {
        output.save(state);
        synchronized (waiting) {
            state.bytes(waiting.toBytes());
        }
    }

    @Override
    public void restore(StateReader state) {
        KeptOutput.read(state).apply(output);
        byte[] input = state.bytes("waiting input", MAX_WAITING_INPUT_BYTES);
        synchronized (waiting) {
            waiting.replace(input);
        }
    }

    @Override
    public void close() {}
}
