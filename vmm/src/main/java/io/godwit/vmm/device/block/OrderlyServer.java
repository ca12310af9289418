package io.godwit.vmm.device.block;

import io.godwit.vmm.virtio.ActiveQueues;
import io.godwit.vmm.virtio.queue.DescriptorChain;
import io.godwit.vmm.virtio.queue.VirtQueue;

/**
 * Carries out one request after another on the queue's own thread: with the page cache between, a request is a copy, and
 * handing it to another thread would cost more than it takes.
 */
final class OrderlyServer implements QueueServer {
    private final ActiveQueues active;
    private final int index;
    private final DescriptorChain chain;
    private final BlockRequest request;

    OrderlyServer(ActiveQueues active, VirtQueue queue, int index, Disk disk, String serial, DiskFailures failures) {
        this.active = active;
        this.index = index;
        int size = queue.layout().size();
        this.chain = new DescriptorChain(size);
        this.request = new BlockRequest(queue.toString(), disk, serial, active.dirty(), failures, size);
    }

    @Override
    public void serve() {
        active.answerAll(index, chain, request::carryOut);
    }
}
