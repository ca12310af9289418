package io.godwit.vmm.virtio.queue;

import static io.godwit.vmm.virtio.queue.QueueLayout.DESCRIPTOR_BYTES;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestMemory;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Follows the descriptors of one request (virtio 1.2, 2.7.5). Each is copied once and judged by the copy: a driver that
 * rewrites it meanwhile gains nothing. A chain has no more pieces than its queue has entries, so a loop ends there.
 */
final class ChainReader {
    private static final int NEXT = 1;
    private static final int WRITE = 2;
    private static final int INDIRECT = 4;

    private final String queue;
    private final QueueLayout layout;
    private final GuestLayout ram;
    private final boolean indirectAllowed;
    private final UnsafeBuffer descriptor = new UnsafeBuffer(new byte[DESCRIPTOR_BYTES]);

    ChainReader(String queue, QueueLayout layout, GuestLayout ram, boolean indirectAllowed) {
        this.queue = queue;
        this.layout = layout;
        this.ram = ram;
        this.indirectAllowed = indirectAllowed;
    }

    /** Fills {@code chain} from the descriptor {@code head} on. */
    void read(GuestMemory.Lease lease, int head, DescriptorChain chain) {
        chain.begin(head);
        if (head >= layout.size()) {
            throw new QueueFault(queue + ": head " + head + ", accepted are 0 to " + (layout.size() - 1));
        }
        lease.read(layout.descriptor(head), descriptor, 0, DESCRIPTOR_BYTES);
        if ((flags() & INDIRECT) != 0) {
            readIndirect(lease, chain);
        } else {
            follow(lease, layout.descriptors(), layout.size(), chain);
        }
    }

    private void readIndirect(GuestMemory.Lease lease, DescriptorChain chain) {
        if (!indirectAllowed) {
            throw new QueueFault(queue + ": an indirect descriptor, which was not negotiated");
        }
        if ((flags() & NEXT) != 0) {
            throw new QueueFault(queue + ": an indirect descriptor with a next one");
        }
        long table = address();
        long bytes = length();
        long entries = bytes / DESCRIPTOR_BYTES;
        if (bytes % DESCRIPTOR_BYTES != 0 || entries < 1 || entries > layout.size()) {
            throw new QueueFault(queue + ": an indirect table of " + bytes + " bytes, accepted are multiples of "
                    + DESCRIPTOR_BYTES + " up to " + (long) layout.size() * DESCRIPTOR_BYTES);
        }
        if (!ram.contains(table, bytes)) {
            throw new QueueFault(String.format("%s: indirect table at 0x%x+%d is not RAM", queue, table, bytes));
        }
        lease.read(table, descriptor, 0, DESCRIPTOR_BYTES);
        follow(lease, table, (int) entries, chain);
    }

    /** @param table where the descriptors lie, the first of the chain being in {@link #descriptor} already */
    private void follow(GuestMemory.Lease lease, long table, int entries, DescriptorChain chain) {
        while (true) {
            addPiece(chain);
            if ((flags() & NEXT) == 0) {
                return;
            }
            int next = Short.toUnsignedInt(descriptor.getShort(14));
            if (next >= entries) {
                throw new QueueFault(queue + ": next descriptor " + next + ", accepted are 0 to " + (entries - 1));
            }
            if (chain.count() >= Math.min(entries, chain.capacity())) {
                throw new QueueFault(queue + ": a chain of more than " + entries + " descriptors");
            }
            lease.read(table + (long) next * DESCRIPTOR_BYTES, descriptor, 0, DESCRIPTOR_BYTES);
        }
    }

    private void addPiece(DescriptorChain chain) {
        boolean toWrite = (flags() & WRITE) != 0;
        long address = address();
        long length = length();
        if ((flags() & INDIRECT) != 0) {
            throw new QueueFault(queue + ": an indirect descriptor inside a chain");
        }
        if (!toWrite && chain.count() > chain.readableCount()) {
            throw new QueueFault(queue + ": a piece to read behind one to write");
        }
        if (length == 0 || !ram.contains(address, length)) {
            throw new QueueFault(String.format("%s: piece at 0x%x+%d is not RAM", queue, address, length));
        }
        chain.add(address, length, toWrite);
    }

    private long address() {
        return descriptor.getLong(0);
    }

    private long length() {
        return Integer.toUnsignedLong(descriptor.getInt(8));
    }

    private int flags() {
        return Short.toUnsignedInt(descriptor.getShort(12));
    }
}
