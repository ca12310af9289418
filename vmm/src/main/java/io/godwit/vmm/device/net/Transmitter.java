package io.godwit.vmm.device.net;

import io.godwit.kvm.linux.SystemCallException;
import io.godwit.kvm.linux.Tap;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.kvm.memory.GuestVector;
import io.godwit.vmm.virtio.ActiveQueues;
import io.godwit.vmm.virtio.queue.DescriptorChain;
import io.godwit.vmm.virtio.queue.VirtQueue;

/** Brings a transmit queue's packets to a tap, on the queue's thread; the kernel reads them out of guest memory. */
final class Transmitter {
    private final ActiveQueues active;
    private final int index;
    private final Tap tap;
    private final NetCounters counters;
    private final DescriptorChain chain;
    private final GuestVector pieces;

    Transmitter(ActiveQueues active, VirtQueue queue, int index, Tap tap, NetCounters counters) {
        this.active = active;
        this.index = index;
        this.tap = tap;
        this.counters = counters;
        this.chain = new DescriptorChain(queue.layout().size());
        this.pieces = new GuestVector(queue.layout().size());
    }

    void serve() {
        active.answerAll(index, chain, this::send);
    }

    /** A packet that the kernel does not take, whatever the reason, is lost, as on a wire. */
    private long send(GuestMemory.Lease lease, DescriptorChain packet) {
        pieces.begin(lease);
        for (int i = 0; i < packet.readableCount(); i++) {
            pieces.add(packet.address(i), packet.length(i));
        }
        try {
            if (pieces.bytes() > Tap.HEADER_BYTES && pieces.write(tap.file()) > 0) {
                counters.sent(pieces.bytes() - Tap.HEADER_BYTES);
                return 0;
            }
        } catch (SystemCallException refused) {
            counters.refused(refused);
        }
        counters.dropped();
        return 0;
    }
}
