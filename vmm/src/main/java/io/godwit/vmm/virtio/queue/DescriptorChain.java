package io.godwit.vmm.virtio.queue;

import io.godwit.kvm.memory.GuestMemory;
import io.godwit.vmm.DirtyPages;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * One request of a driver: pieces of guest memory to read, then pieces to write, each all RAM of one region. A private
 * copy of the descriptors, so that the driver cannot change it any more; used again for the next request.
 */
public final class DescriptorChain {
    private final long[] addresses;
    private final long[] lengths;
    private int head;
    private int count;
    private int readable;
    private long readableBytes;
    private long writableBytes;

    /** @param capacity pieces of the longest chain, which is the queue's size */
    public DescriptorChain(int capacity) {
        addresses = new long[capacity];
        lengths = new long[capacity];
    }

    void begin(int newHead) {
        head = newHead;
        count = 0;
        readable = 0;
        readableBytes = 0;
        writableBytes = 0;
    }

    int capacity() {
        return addresses.length;
    }

    /** A piece whose range was checked; all to read come before those to write. */
    void add(long address, long length, boolean toWrite) {
        addresses[count] = address;
        lengths[count] = length;
        count++;
        if (toWrite) {
            writableBytes += length;
        } else {
            readable++;
            readableBytes += length;
        }
    }

    /** By which the driver knows this request. */
    public int head() {
        return head;
    }

    /** How many pieces can be read; they have the indexes from 0 on. */
    public int readableCount() {
        return readable;
    }

    /** How many pieces there are; those that can be written have the indexes from {@link #readableCount()} on. */
    public int count() {
        return count;
    }

    public long readableBytes() {
        return readableBytes;
    }

    public long writableBytes() {
        return writableBytes;
    }

    /** Guest address of a piece. */
    public long address(int index) {
        return addresses[index];
    }

    /** Length of a piece in bytes, at least 1. */
    public long length(int index) {
        return lengths[index];
    }

    /**
     * Copies bytes out of the pieces to read.
     *
     * @param from how many bytes of them to leave out
     * @return bytes copied; fewer than asked for where the request ends
     */
    public int read(GuestMemory.Lease lease, long from, MutableDirectBuffer target, int offset, int length) {
        int done = 0;
        long skip = from;
        for (int i = 0; i < readable && done < length; i++) {
            long at = skip;
            skip = Math.max(0, skip - lengths[i]);
            while (at < lengths[i] && done < length) {
                int bytes = step(length - done, lengths[i] - at);
                lease.read(addresses[i] + at, target, offset + done, bytes);
                at += bytes;
                done += bytes;
            }
        }
        return done;
    }

    /**
     * Copies bytes into the pieces to write, and marks the pages.
     *
     * @param from how many bytes of them to leave out
     * @return bytes copied; fewer than asked for where the request ends
     */
    public int write(
            GuestMemory.Lease lease, DirtyPages dirty, long from, DirectBuffer source, int offset, int length) {
        int done = 0;
        long skip = from;
        for (int i = readable; i < count && done < length; i++) {
            long at = skip;
            skip = Math.max(0, skip - lengths[i]);
            while (at < lengths[i] && done < length) {
                int bytes = step(length - done, lengths[i] - at);
                lease.write(addresses[i] + at, source, offset + done, bytes);
                dirty.mark(addresses[i] + at, bytes);
                at += bytes;
                done += bytes;
            }
        }
        return done;
    }

    /** Marks what something else, such as a system call, wrote: so many bytes of the pieces to write. */
    public void markWritten(DirtyPages dirty, long bytes) {
        long left = bytes;
        for (int i = readable; i < count && left > 0; i++) {
            long part = Math.min(left, lengths[i]);
            dirty.mark(addresses[i], part);
            left -= part;
        }
    }

    private static int step(int wanted, long there) {
        return (int) Math.min(Math.min(wanted, there), GuestMemory.MAX_ACCESS_BYTES);
    }
}
