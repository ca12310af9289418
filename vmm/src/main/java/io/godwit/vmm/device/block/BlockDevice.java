package io.godwit.vmm.device.block;

import io.godwit.kvm.linux.AsyncIo;
import io.godwit.kvm.linux.SystemCallException;
import io.godwit.vmm.MachineException;
import io.godwit.vmm.virtio.ActiveQueues;
import io.godwit.vmm.virtio.VirtioDevice;
import io.godwit.vmm.virtio.VirtioKind;
import io.godwit.vmm.virtio.queue.VirtQueue;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A disk. Each queue has a thread of its own; guest memory is read and written by the system calls on the image. With the
 * page cache between, the queue's thread carries its requests out in order; without, the kernel has several at a time.
 */
public final class BlockDevice implements VirtioDevice {
    private static final int QUEUE_SIZE = 256;
    /** Disks gain little beyond it. */
    private static final int MAX_THREADS = 16;

    private static final long IDLE_THREAD_S = 10;

    private final String id;
    private final Disk disk;
    private final String serial;
    private final Optional<String> notMigratable;
    private final int queues;
    private final List<@Nullable QueueServer> servers = new ArrayList<>();
    private final List<KernelIo> kernel = new ArrayList<>();
    private final ThreadPoolExecutor overlapping;
    private final DiskFailures failures = new DiskFailures(InstantSource.system());

    /**
     * @param id such as {@code disk/0}
     * @param serial at most 20 characters of ASCII, by which a guest recognizes the disk
     */
    public BlockDevice(String id, Disk disk, String serial, int queues) {
        this(id, disk, serial, queues, Optional.empty());
    }

    /** @param notMigratable why its machine cannot be migrated with it, if it cannot */
    public BlockDevice(String id, Disk disk, String serial, int queues, Optional<String> notMigratable) {
        this(id, disk, serial, queues, notMigratable, AsyncIo::create);
    }

    BlockDevice(
            String id, Disk disk, String serial, int queues, Optional<String> notMigratable, KernelIo.Opener kernelIo) {
        this.notMigratable = notMigratable;
        this.id = id;
        this.disk = disk;
        this.serial = serial;
        this.queues = queues;
        this.overlapping = new ThreadPoolExecutor(
                MAX_THREADS, MAX_THREADS, IDLE_THREAD_S, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), this::thread);
        overlapping.allowCoreThreadTimeOut(true);
        for (int i = 0; i < queues; i++) {
            kernel.add(new KernelIo(id + " queue " + i, disk.file().file(), kernelIo));
        }
    }

    private Thread thread(Runnable work) {
        Thread thread = new Thread(work, "godwit-" + id.replace("/", "") + "-io");
        thread.setDaemon(true);
        return thread;
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
    public Optional<String> trouble() {
        return failures.summary();
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
            servers.add(queue == null ? null : server(active, queue, i));
        }
    }

    private QueueServer server(ActiveQueues active, VirtQueue queue, int index) {
        return disk.direct()
                ? new OverlappingServer(active, queue, index, disk, serial, failures, kernel.get(index), overlapping)
                : new OrderlyServer(active, queue, index, disk, serial, failures);
    }

    @Override
    public void serve(int queue) {
        QueueServer server = servers.get(queue);
        if (server != null) {
            server.serve();
        }
    }

    @Override
    public void pause(int worker) {
        QueueServer server = worker < servers.size() ? servers.get(worker) : null;
        if (server != null) {
            server.pause();
        }
    }

    @Override
    public void stop() {
        servers.clear();
    }

    @Override
    public void close() {
        overlapping.shutdown();
        servers.stream().filter(Objects::nonNull).forEach(QueueServer::close);
        kernel.forEach(KernelIo::close);
        disk.file().close();
    }
}
