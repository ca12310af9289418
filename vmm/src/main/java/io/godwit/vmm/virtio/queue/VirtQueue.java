package io.godwit.vmm.virtio.queue;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.vmm.DirtyPages;
import java.lang.invoke.VarHandle;

/**
 * The device's side of one split virtqueue (virtio 1.2, 2.7), used by one thread at a time. What the driver wrote is
 * read once, judged, and never read again; what the device writes is marked dirty before the driver can see that it is
 * there.
 */
public final class VirtQueue {
    private static final int NO_INTERRUPT = 1;
    private static final int NO_NOTIFY = 1;
    private static final int INDEX_MASK = 0xffff;

    private final String name;
    private final QueueLayout layout;
    private final boolean eventIndex;
    private final DirtyPages dirty;
    private final ChainReader reader;

    /** The next request to take, and the next place for an answer; both count on modulo 65536. */
    private int nextAvailable;

    private int nextUsed;

    /** The used index at which the driver was last asked whether it wants an interrupt. */
    private int signalledUsed;

    /**
     * @param name for errors, such as {@code disk/0 queue 1}
     * @param indirect whether indirect descriptors were negotiated
     * @param eventIndex whether event indexes were negotiated
     * @throws QueueFault when the layout is malformed or not in RAM
     */
    public VirtQueue(
            String name, QueueLayout layout, GuestLayout ram, DirtyPages dirty, boolean indirect, boolean eventIndex) {
        layout.check(name, ram);
        this.name = name;
        this.layout = layout;
        this.eventIndex = eventIndex;
        this.dirty = dirty;
        this.reader = new ChainReader(name, layout, ram, indirect);
    }

    public QueueLayout layout() {
        return layout;
    }

    /** Where a restored device goes on: the next request to take, and the next place for an answer. */
    public void goOnAt(int available, int used) {
        nextAvailable = available & INDEX_MASK;
        nextUsed = used & INDEX_MASK;
        signalledUsed = nextUsed;
    }

    public int nextAvailable() {
        return nextAvailable;
    }

    public int nextUsed() {
        return nextUsed;
    }

    /**
     * Takes the next request.
     *
     * @param chain filled, with room for as many pieces as the queue has entries
     * @return false when there is none
     * @throws QueueFault when the driver broke a rule; the queue must not be used any more
     */
    public boolean pop(GuestMemory.Lease lease, DescriptorChain chain) {
        if (waiting(lease) == 0) {
            return false;
        }
        int head = Short.toUnsignedInt(lease.getShort(layout.availableEntry(nextAvailable)));
        reader.read(lease, head, chain);
        nextAvailable = (nextAvailable + 1) & INDEX_MASK;
        return true;
    }

    /** Leaves the last requests popped for later: they will be popped again. None of them may have been answered. */
    public void unpop(int requests) {
        nextAvailable = (nextAvailable - requests) & INDEX_MASK;
    }

    /** Requests that the driver made available and nobody took. */
    public int waiting(GuestMemory.Lease lease) {
        int index = Short.toUnsignedInt(lease.getShortAcquire(layout.availableIndex()));
        int waiting = (index - nextAvailable) & INDEX_MASK;
        if (waiting > layout.size()) {
            throw new QueueFault(name + ": available index " + index + " is " + waiting + " ahead, accepted are up to "
                    + layout.size());
        }
        return waiting;
    }

    /**
     * Answers a request: what was written to it is marked already, and can be seen by the driver from here on.
     *
     * @param head of its chain
     * @param writtenBytes to its pieces, from the first on
     */
    public void push(GuestMemory.Lease lease, int head, long writtenBytes) {
        stage(lease, 0, head, writtenBytes);
        publish(lease, 1);
    }

    /**
     * Writes an answer that {@link #publish} will show, for requests that have to be seen together.
     *
     * @param ahead how many answers were staged before
     */
    public void stage(GuestMemory.Lease lease, int ahead, int head, long writtenBytes) {
        long entry = layout.usedEntry(nextUsed + ahead);
        lease.putInt(entry, head);
        lease.putInt(entry + 4, (int) writtenBytes);
        dirty.mark(entry, QueueLayout.USED_ENTRY_BYTES);
    }

    /** Shows the driver so many staged answers at once. */
    public void publish(GuestMemory.Lease lease, int answers) {
        nextUsed = (nextUsed + answers) & INDEX_MASK;
        lease.putShortRelease(layout.usedIndex(), (short) nextUsed);
        dirty.mark(layout.usedIndex(), 2);
    }

    /** Whether the driver wants to be interrupted for what was published since it was asked last. */
    public boolean wantsInterrupt(GuestMemory.Lease lease) {
        int before = signalledUsed;
        signalledUsed = nextUsed;
        if (before == nextUsed) {
            return false;
        }
        VarHandle.fullFence(); // the driver must not arm itself between our publishing and our looking
        if (eventIndex) {
            int event = Short.toUnsignedInt(lease.getShort(layout.usedEvent()));
            return passed(event, nextUsed, before);
        }
        return (lease.getShort(layout.available()) & NO_INTERRUPT) == 0;
    }

    /** Whether {@code event} lies in the answers from {@code before} up to {@code now} (virtio 1.2, 2.7.10.1). */
    private static boolean passed(int event, int now, int before) {
        return ((now - event - 1) & INDEX_MASK) < ((now - before) & INDEX_MASK);
    }

    /**
     * Asks the driver for a notification of the next request.
     *
     * @return whether there is one already: it came without a notification and has to be served now
     */
    public boolean armNotification(GuestMemory.Lease lease) {
        if (eventIndex) {
            lease.putShort(layout.availableEvent(), (short) nextAvailable);
            dirty.mark(layout.availableEvent(), 2);
        } else {
            setUsedFlags(lease, 0);
        }
        VarHandle.fullFence(); // the driver must see it before we look for the last time
        return waiting(lease) > 0;
    }

    /** Tells the driver that its requests are looked for anyway. With event indexes, not arming says as much. */
    public void disarmNotification(GuestMemory.Lease lease) {
        if (!eventIndex) {
            setUsedFlags(lease, NO_NOTIFY);
        }
    }

    private void setUsedFlags(GuestMemory.Lease lease, int flags) {
        lease.putShort(layout.used(), (short) flags);
        dirty.mark(layout.used(), 2);
    }

    @Override
    public String toString() {
        return name;
    }
}
