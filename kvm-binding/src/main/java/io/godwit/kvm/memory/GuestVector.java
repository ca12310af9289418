package io.godwit.kvm.memory;

import io.godwit.kvm.linux.AsyncIo;
import io.godwit.kvm.linux.FileDescriptor;
import io.godwit.kvm.linux.NativeBuffers;
import io.godwit.kvm.linux.VectorIo;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Pieces of guest memory that a system call fills from a file or writes to one, without a copy on the way: the kernel
 * answers an address that is not there with an error, where a copy of ours would fault. Used by one thread, again and
 * again.
 */
public final class GuestVector {
    private final UnsafeBuffer pieces;
    private final int capacity;
    private GuestMemory.@Nullable Lease lease;
    private int count;
    private long bytes;

    /** @param capacity pieces at most */
    public GuestVector(int capacity) {
        this.capacity = capacity;
        this.pieces = NativeBuffers.allocate(Math.multiplyExact(capacity, VectorIo.PIECE_BYTES));
    }

    /** Begins anew. The pieces are those of one lease, which stays out until the last transfer. */
    public void begin(GuestMemory.Lease memory) {
        lease = memory;
        count = 0;
        bytes = 0;
    }

    /** @throws IllegalArgumentException when a byte of it is not RAM of one region */
    public void add(long guestAddress, long length) {
        if (count == capacity) {
            throw new IllegalStateException("more than " + capacity + " pieces");
        }
        int at = count * VectorIo.PIECE_BYTES;
        pieces.putLong(at, requireLease().hostAddress(guestAddress, length));
        pieces.putLong(at + 8, length);
        count++;
        bytes += length;
    }

    public long bytes() {
        return bytes;
    }

    public int count() {
        return count;
    }

    /**
     * Fills the pieces from a file. They are used up by that.
     *
     * @return bytes read; fewer than {@link #bytes()} only at the end of the file
     */
    public long readAt(FileDescriptor file, long offset) {
        requireLease();
        return VectorIo.readAt(file, offset, pieces, count);
    }

    /** Writes the pieces to a file. They are used up by that. */
    public long writeAt(FileDescriptor file, long offset) {
        requireLease();
        return VectorIo.writeAt(file, offset, pieces, count);
    }

    /**
     * Has the kernel fill the pieces meanwhile. The lease stays out until the result was taken.
     *
     * @param tag by which its end is told
     */
    public void queueRead(AsyncIo io, int tag, long offset) {
        requireLease();
        io.read(tag, offset, pieces, count);
    }

    /** Has the kernel write the pieces meanwhile, as {@link #queueRead} reads. */
    public void queueWrite(AsyncIo io, int tag, long offset) {
        requireLease();
        io.write(tag, offset, pieces, count);
    }

    /** Writes the pieces in one call: a datagram. Returns -1 when the file takes nothing now. */
    public long write(FileDescriptor file) {
        requireLease();
        return VectorIo.write(file, pieces, count);
    }

    private GuestMemory.Lease requireLease() {
        GuestMemory.Lease current = lease;
        if (current == null) {
            throw new IllegalStateException("no lease was given");
        }
        current.requireOpen();
        return current;
    }
}
