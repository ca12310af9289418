package io.godwit.vmm.virtio;

import io.godwit.vmm.state.StateReader;
import io.godwit.vmm.state.StateWriter;
import io.godwit.vmm.virtio.queue.QueueLayout;

/** What a driver wrote about one queue. Fixed from the moment it is enabled until a reset. */
final class QueueRegisters {
    static final int NO_VECTOR = 0xffff;

    private final int maxSize;
    private int size;
    private int vector;
    private boolean enabled;
    private long descriptors;
    private long available;
    private long used;

    QueueRegisters(int maxSize) {
        this.maxSize = maxSize;
        reset();
    }

    void reset() {
        size = maxSize;
        vector = NO_VECTOR;
        enabled = false;
        descriptors = 0;
        available = 0;
        used = 0;
    }

    int size() {
        return size;
    }

    int vector() {
        return vector;
    }

    boolean isEnabled() {
        return enabled;
    }

    long address(Ring ring) {
        return switch (ring) {
            case DESCRIPTORS -> descriptors;
            case AVAILABLE -> available;
            case USED -> used;
        };
    }

    /** The three parts of a queue. */
    enum Ring {
        DESCRIPTORS,
        AVAILABLE,
        USED
    }

    /** A size that is none, or too large, changes nothing: the driver reads back what it got. */
    void size(int wanted) {
        if (!enabled && wanted > 0 && wanted <= maxSize && Integer.bitCount(wanted) == 1) {
            size = wanted;
        }
    }

    /** @param vectors how many there are; another number is "no vector", by which a driver learns that it failed */
    void vector(int wanted, int vectors) {
        vector = wanted < vectors ? wanted : NO_VECTOR;
    }

    void enable() {
        enabled = true;
    }

    void address(Ring ring, long mask, long bits) {
        if (enabled) {
            return;
        }
        switch (ring) {
            case DESCRIPTORS -> descriptors = (descriptors & ~mask) | bits;
            case AVAILABLE -> available = (available & ~mask) | bits;
            case USED -> used = (used & ~mask) | bits;
        }
    }

    QueueLayout layout() {
        return new QueueLayout(size, descriptors, available, used);
    }

    void save(StateWriter state) {
        state.u16(size)
                .u16(vector)
                .flag(enabled)
                .u64(descriptors)
                .u64(available)
                .u64(used);
    }

    void restore(StateReader state, int vectors) {
        int savedSize = state.u16("queue size");
        if (savedSize < 1 || savedSize > maxSize || Integer.bitCount(savedSize) != 1) {
            throw state.refused("queue size is " + savedSize + ", accepted are powers of two up to " + maxSize);
        }
        size = savedSize;
        vector(state.u16("queue vector"), vectors);
        enabled = state.flag("queue enabled");
        descriptors = state.u64("descriptor table");
        available = state.u64("available ring");
        used = state.u64("used ring");
    }
}
