package io.godwit.vmm.virtio.queue;

import io.godwit.kvm.memory.GuestLayout;

/**
 * Where a split virtqueue lies in guest memory (virtio 1.2, 2.7).
 *
 * <pre>
 * descriptors  16 bytes each: address u64, length u32, flags u16, next u16
 * available    flags u16, index u16, heads u16 each, used event u16
 * used         flags u16, index u16, {head u32, written u32} each, available event u16
 * </pre>
 *
 * @param size entries, a power of two from 1 to 32768
 * @param descriptors 16-byte aligned guest address
 * @param available 2-byte aligned guest address
 * @param used 4-byte aligned guest address
 */
public record QueueLayout(int size, long descriptors, long available, long used) {
    public static final int MAX_SIZE = 32_768;
    static final int DESCRIPTOR_BYTES = 16;
    static final int RING_HEADER_BYTES = 4;
    static final int USED_ENTRY_BYTES = 8;

    private static final int EVENT_BYTES = 2;

    /**
     * Refuses a layout that is malformed, or of which a byte is not RAM.
     *
     * @throws QueueFault naming the queue and the part
     */
    void check(String queue, GuestLayout ram) {
        if (size < 1 || size > MAX_SIZE || Integer.bitCount(size) != 1) {
            throw new QueueFault(queue + ": size " + size + ", accepted are powers of two from 1 to " + MAX_SIZE);
        }
        checkPart(queue, "descriptor table", descriptors, 16, (long) size * DESCRIPTOR_BYTES, ram);
        checkPart(queue, "available ring", available, 2, RING_HEADER_BYTES + 2L * size + EVENT_BYTES, ram);
        checkPart(queue, "used ring", used, 4, RING_HEADER_BYTES + (long) size * USED_ENTRY_BYTES + EVENT_BYTES, ram);
    }

    private static void checkPart(String queue, String part, long address, int alignment, long bytes, GuestLayout ram) {
        if ((address & (alignment - 1)) != 0) {
            throw new QueueFault(
                    String.format("%s: %s at 0x%x, accepted are multiples of %d", queue, part, address, alignment));
        }
        if (!ram.contains(address, bytes)) {
            throw new QueueFault(String.format("%s: %s at 0x%x+%d is not RAM", queue, part, address, bytes));
        }
    }

    long descriptor(int index) {
        return descriptors + (long) index * DESCRIPTOR_BYTES;
    }

    long availableIndex() {
        return available + 2;
    }

    long availableEntry(int position) {
        return available + RING_HEADER_BYTES + 2L * (position & (size - 1));
    }

    /** Written by the driver: at which used index it wants an interrupt. */
    long usedEvent() {
        return available + RING_HEADER_BYTES + 2L * size;
    }

    long usedIndex() {
        return used + 2;
    }

    long usedEntry(int position) {
        return used + RING_HEADER_BYTES + (long) USED_ENTRY_BYTES * (position & (size - 1));
    }

    /** Written by the device: at which available index it wants to be notified. */
    long availableEvent() {
        return used + RING_HEADER_BYTES + (long) USED_ENTRY_BYTES * size;
    }
}
