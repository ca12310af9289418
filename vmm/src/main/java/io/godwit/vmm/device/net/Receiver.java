package io.godwit.vmm.device.net;

import io.godwit.kvm.linux.FileDescriptor;
import io.godwit.kvm.linux.NativeBuffers;
import io.godwit.kvm.linux.Tap;
import io.godwit.kvm.linux.VectorIo;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.vmm.virtio.ActiveQueues;
import io.godwit.vmm.virtio.queue.DescriptorChain;
import io.godwit.vmm.virtio.queue.VirtQueue;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Brings packets from a tap into one receive queue, on the queue's thread. A packet is read whole before buffers are
 * looked for, as only then its length is known; one that finds no room waits, and the tap with it.
 */
final class Receiver {
    /** The longest that segmentation offload makes, the Ethernet header with two tags, and the virtio header. */
    private static final int MAX_PACKET_BYTES = 65_535 + 22 + Tap.HEADER_BYTES;

    /** Of the header: in how many buffers the packet lies. */
    private static final int BUFFERS_AT = 10;

    private static final int MAX_MERGED = 64;
    private static final int PACKETS_AT_A_TIME = 256;

    private final ActiveQueues active;
    private final VirtQueue queue;
    private final int index;
    private final Tap tap;
    private final NetCounters counters;
    private final boolean mergeable;
    private final DescriptorChain[] chains = new DescriptorChain[MAX_MERGED];
    private final UnsafeBuffer packet = NativeBuffers.allocate(MAX_PACKET_BYTES);
    private final UnsafeBuffer piece = NativeBuffers.allocate(VectorIo.PIECE_BYTES);
    private int waitingBytes;

    Receiver(ActiveQueues active, VirtQueue queue, int index, Tap tap, NetCounters counters) {
        this.active = active;
        this.queue = queue;
        this.index = index;
        this.tap = tap;
        this.counters = counters;
        this.mergeable = active.has(NetFeatures.MERGEABLE_BUFFERS);
    }

    /**
     * Until the tap is empty, the driver has no more buffers, or so many packets were delivered that this thread's other
     * work gets its turn.
     */
    void serve() {
        FileDescriptor file = tap.file();
        try (GuestMemory.Lease lease = active.memory().lease()) {
            queue.disarmNotification(lease);
            for (int delivered = 0; delivered < PACKETS_AT_A_TIME && !active.isPausing(); delivered++) {
                if (waitingBytes == 0 && !readPacket()) {
                    break;
                }
                if (deliver(lease)) {
                    waitingBytes = 0;
                } else if (!queue.armNotification(lease)) {
                    active.worker(index).unwatch(file); // it would say again and again that there is something
                    return;
                }
            }
        }
        if (!active.isPausing()) {
            active.worker(index).watch(file, () -> active.serve(index));
        }
    }

    void pause() {
        active.worker(index).unwatch(tap.file());
    }

    private boolean readPacket() {
        piece.putLong(0, packet.addressOffset());
        piece.putLong(8, MAX_PACKET_BYTES);
        long bytes = VectorIo.read(tap.file(), piece, 1);
        waitingBytes = (int) Math.max(0, bytes);
        return bytes > 0;
    }

    /** @return false when there is not room enough now */
    private boolean deliver(GuestMemory.Lease lease) {
        int used = 0;
        long room = 0;
        while (room < waitingBytes) {
            if (used == (mergeable ? MAX_MERGED : 1)) {
                return dropped(used);
            }
            if (!queue.pop(lease, chain(used))) {
                queue.unpop(used);
                return false;
            }
            room += chain(used).writableBytes();
            used++;
        }
        packet.putShort(BUFFERS_AT, (short) used);
        int done = 0;
        for (int i = 0; i < used; i++) {
            int part = chain(i).write(lease, active.dirty(), 0, packet, done, waitingBytes - done);
            queue.stage(lease, i, chain(i).head(), part);
            done += part;
        }
        queue.publish(lease, used);
        counters.received(waitingBytes - Tap.HEADER_BYTES);
        active.interruptFor(lease, index);
        return true;
    }

    /** The driver's buffers are too short for this packet: they go back empty-handed for the next. */
    private boolean dropped(int used) {
        queue.unpop(used);
        counters.dropped();
        return true;
    }

    private DescriptorChain chain(int i) {
        if (chains[i] == null) {
            chains[i] = new DescriptorChain(queue.layout().size());
        }
        return chains[i];
    }
}
