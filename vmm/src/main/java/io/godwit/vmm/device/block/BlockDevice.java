package io.godwit.vmm.device.block;

import io.godwit.kvm.linux.SystemCallException;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.vmm.MachineException;
import io.godwit.vmm.virtio.ActiveQueues;
import io.godwit.vmm.virtio.VirtioDevice;
import io.godwit.vmm.virtio.VirtioKind;
import io.godwit.vmm.virtio.queue.DescriptorChain;
import io.godwit.vmm.virtio.queue.VirtQueue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A disk. Each queue has a thread of its own, which reads and writes guest memory by the system calls on the image: what
 * the driver has in flight on one queue is carried out in order.
 */
public final class BlockDevice implements VirtioDevice {
    private static final int QUEUE_SIZE = 256;

    private final String id;
    private final Disk disk;
    private final String serial;
    private final Optional<String> notMigratable;
    private final int queues;
    private final List<@Nullable Server> servers = new ArrayList<>();

    /**
     * @param id such as {@code disk/0}
     * @param serial at most 20 characters of ASCII, by which a guest recognizes the disk
     */
    public BlockDevice(String id, Disk disk, String serial, int queues) {
        this(id, disk, serial, queues, Optional.empty());
    }

    /** @param notMigratable why its machine cannot be migrated with it, if it cannot */
    public BlockDevice(String id, Disk disk, String serial, int queues, Optional<String> notMigratable) {
        this.notMigratable = notMigratable;
        this.id = id;
        this.disk = disk;
        this.serial = serial;
        this.queues = queues;
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public Optional<String> notMigratable() {
        return notMigratable;
    }

    @Override
    public OptionalLong imageBytes() {
        return OptionalLong.of(disk.sizeBytes());
    }

    @Override
    public VirtioKind kind() {
        return VirtioKind.BLOCK;
    }

    @Override
    public long features() {
        long always = BlockFeatures.SEG_MAX | BlockFeatures.BLOCK_SIZE | BlockFeatures.TOPOLOGY | BlockFeatures.FLUSH;
        long several = queues > 1 ? BlockFeatures.MULTIQUEUE : 0;
        long erasing = BlockFeatures.DISCARD | BlockFeatures.WRITE_ZEROES;
        return always | several | (disk.file().isReadOnly() ? BlockFeatures.READ_ONLY : erasing);
    }

    @Override
    public int[] queueSizes() {
        int[] sizes = new int[queues];
        Arrays.fill(sizes, QUEUE_SIZE);
        return sizes;
    }

    @Override
    public int workers() {
        return queues;
    }

    @Override
    public byte[] config() {
        return BlockConfig.of(disk.sizeBytes(), queues, QUEUE_SIZE);
    }

    @Override
    public void claim() {
        try {
            if (!disk.file().tryLock()) {
                throw new MachineException(
                        id + ": image " + disk.file().file().name() + " is locked by another process or host");
            }
        } catch (SystemCallException failed) {
            throw new MachineException(id + ": image cannot be locked: " + failed.getMessage(), failed);
        }
    }

    @Override
    public void release() {
        if (disk.syncOnRelease() && !disk.file().isReadOnly()) {
            disk.file().sync();
        }
        disk.file().unlock();
    }

    @Override
    public void start(ActiveQueues active) {
        for (int i = 0; i < queues; i++) {
            VirtQueue queue = active.queue(i);
            servers.add(queue == null ? null : new Server(active, queue, i));
        }
    }

    @Override
    public void serve(int queue) {
        Server server = servers.get(queue);
        if (server != null) {
            server.serve();
        }
    }

    @Override
    public void stop() {
        servers.clear();
    }

    @Override
    public void close() {
        disk.file().close();
    }

    /** What one thread needs for one queue. */
    private final class Server {
        private final ActiveQueues active;
        private final VirtQueue queue;
        private final int index;
        private final DescriptorChain chain;
        private final BlockRequest request;

        Server(ActiveQueues active, VirtQueue queue, int index) {
            this.active = active;
            this.queue = queue;
            this.index = index;
            int size = queue.layout().size();
            this.chain = new DescriptorChain(size);
            this.request = new BlockRequest(queue.toString(), disk, serial, active.dirty(), size);
        }

        void serve() {
            try (GuestMemory.Lease lease = active.memory().lease()) {
                do {
                    queue.disarmNotification(lease);
                    while (!active.isPausing() && queue.pop(lease, chain)) {
                        queue.push(lease, chain.head(), request.carryOut(lease, chain));
                        active.interruptFor(lease, index);
                    }
                } while (queue.armNotification(lease) && !active.isPausing());
            }
        }
    }
}
