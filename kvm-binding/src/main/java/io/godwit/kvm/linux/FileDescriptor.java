package io.godwit.kvm.linux;

import java.lang.ref.Reference;
import java.util.function.IntBinaryOperator;
import java.util.function.IntToLongFunction;
import org.agrona.DirectBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An owned file descriptor. Each call on it holds a lease, so the number cannot be closed, and taken by another file,
 * under a call in flight. Closing waits for such calls; if one does not end in time the descriptor leaks, loudly.
 */
public final class FileDescriptor implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FileDescriptor.class);
    private static final int O_RDWR = 2;
    private static final int O_CLOEXEC = 0x80000;

    private final int number;
    private final String name;
    private final LeaseCount leases;

    /** What the one close came to: a descriptor that leaked may be in use for ever, or free a moment later. */
    private volatile boolean released;

    /** Takes ownership of {@code number}; {@code name} is how errors speak of it. */
    public FileDescriptor(int number, String name) {
        if (number < 0) {
            throw new IllegalArgumentException("file descriptor " + number + " of " + name + " is negative");
        }
        this.number = number;
        this.name = name;
        this.leases = new LeaseCount(name);
    }

    /** Opens for reading and writing, close-on-exec. */
    public static FileDescriptor open(String path) {
        int fd = LibC.INSTANCE.open(path, O_RDWR | O_CLOEXEC);
        if (fd < 0) {
            throw new SystemCallException("open", LibC.errno(), path);
        }
        return new FileDescriptor(fd, path);
    }

    public String name() {
        return name;
    }

    /** The number, for passing to a call that takes another descriptor. Valid while this is open. */
    public int number() {
        if (leases.isClosed()) {
            throw new IllegalStateException(name + " is closed");
        }
        return number;
    }

    /** An ioctl with an integer or address argument. Returns the result, or {@code -errno}. */
    public int ioctl(long request, long argument) {
        leases.acquire();
        try {
            int result = LibC.INSTANCE.ioctl(number, request, argument);
            return result >= 0 ? result : -LibC.errno();
        } finally {
            leases.release();
        }
    }

    /** An ioctl with a structure, which must lie outside the heap. Returns the result, or {@code -errno}. */
    public int ioctl(long request, DirectBuffer structure) {
        if (structure.byteArray() != null) {
            throw new IllegalArgumentException("an ioctl's structure must be a direct buffer");
        }
        try {
            return ioctl(request, structure.addressOffset());
        } finally {
            Reference.reachabilityFence(structure.byteBuffer());
        }
    }

    /** Runs a call on the number under a lease; its result is returned as it is. */
    int use(IntBinaryOperator call, int argument) {
        leases.acquire();
        try {
            return call.applyAsInt(number, argument);
        } finally {
            leases.release();
        }
    }

    /** Runs a call on the number under a lease; its result is returned as it is. */
    long use(IntToLongFunction call) {
        leases.acquire();
        try {
            return call.applyAsLong(number);
        } finally {
            leases.release();
        }
    }

    /** The same number with a new owner, under another name; this one is closed, and closing it again does nothing. */
    public FileDescriptor handOver(String newName) {
        if (!leases.close()) {
            throw new IllegalStateException(name + " is closed");
        }
        if (!leases.awaitReturned(LeaseCount.CLOSE_TIMEOUT_MS)) {
            LOG.error("LEAKED descriptor {} of {}: calls on it did not end", number, name);
            throw new IllegalStateException(name + " is in use");
        }
        released = true;
        return new FileDescriptor(number, newName);
    }

    public boolean isClosed() {
        return leases.isClosed();
    }

    /** Idempotent. Waits up to {@value LeaseCount#CLOSE_TIMEOUT_MS} ms for calls in flight. */
    @Override
    public void close() {
        closeOrLeak();
    }

    /** Closes as {@link #close()} does; whether the descriptor is closed now, instead of leaked or still waited for. */
    public boolean closeOrLeak() {
        if (!leases.close()) {
            return released;
        }
        if (!leases.awaitReturned(LeaseCount.CLOSE_TIMEOUT_MS)) {
            LOG.error(
                    "LEAKED descriptor {} of {}: {} calls on it did not end within {} ms",
                    number,
                    name,
                    leases.outstanding(),
                    LeaseCount.CLOSE_TIMEOUT_MS);
            return false;
        }
        if (LibC.INSTANCE.close(number) < 0) {
            // Linux has freed the number even so; retrying could close somebody else's file.
            LOG.warn("close of descriptor {} of {}: {}", number, name, Errno.describe(LibC.errno()));
        }
        released = true;
        return true;
    }

    @Override
    public String toString() {
        return name + " (fd " + number + ")";
    }
}
