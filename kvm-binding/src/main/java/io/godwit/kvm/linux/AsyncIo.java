package io.godwit.kvm.linux;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import jnr.ffi.Pointer;
import org.agrona.concurrent.UnsafeBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads and writes of one file that the kernel carries out while the caller does something else (io_submit(2)): they are
 * queued, submitted together, and their results taken once {@link #completions()} can be read. Where the file was opened
 * past the page cache, submitting does not wait for the disk; where it was not, it does.
 *
 * <p>The pieces lie in memory that stays mapped until the result was taken, or until {@link #closeOrLeak} said that
 * nothing is under way any more. Used by one thread at a time; {@link #close()} by any.
 *
 * <pre>
 * iocb (linux/aio_abi.h)      0 data u64         8 key u32       12 rw_flags u32   16 opcode u16   18 priority s16
 *                            20 descriptor u32  24 pieces u64    32 count u64      40 offset s64   48 reserved u64
 *                            56 flags u32       60 eventfd u32
 * io_event                    0 data u64         8 iocb u64      16 result s64     24 result2 s64
 * </pre>
 */
public final class AsyncIo implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AsyncIo.class);

    private static final long SYS_IO_SETUP = 206;
    private static final long SYS_IO_DESTROY = 207;
    private static final long SYS_IO_GETEVENTS = 208;
    private static final long SYS_IO_SUBMIT = 209;

    private static final int REQUEST_BYTES = 64;
    private static final int EVENT_BYTES = 32;
    private static final short PREADV = 7;
    private static final short PWRITEV = 8;
    private static final int FLAG_RESFD = 1;
    /** None is needed either where nothing is waited for. */
    private static final Pointer NO_TIME_LIMIT = Pointer.wrap(LibC.RUNTIME, 0L);

    private static final long CLOSE_POLL_NS = TimeUnit.MILLISECONDS.toNanos(1);

    private final FileDescriptor file;
    private final int capacity;
    private final EventFd completions;
    private final long context;
    private final LeaseCount leases;
    private final UnsafeBuffer requests;
    private final UnsafeBuffer queue;
    private final UnsafeBuffer events;
    private final boolean[] taken;
    private int queued;
    private int underWay;
    private boolean released;

    /** Told of each request that the kernel did not take. Must neither throw nor queue. */
    @FunctionalInterface
    public interface Refusal {
        /** @param errno why */
        void refused(int tag, int errno);
    }

    /** Told of each request that has ended. Must not throw: the ends of others wait behind it. */
    @FunctionalInterface
    public interface Completion {
        /** @param result bytes moved, or {@code -errno} */
        void completed(int tag, long result);
    }

    private AsyncIo(FileDescriptor file, int capacity, EventFd completions, long context) {
        this.file = file;
        this.capacity = capacity;
        this.completions = completions;
        this.context = context;
        this.leases = new LeaseCount("asynchronous I/O of " + file.name());
        this.requests = NativeBuffers.allocate(capacity * REQUEST_BYTES);
        this.queue = NativeBuffers.allocate(capacity * Long.BYTES);
        this.events = NativeBuffers.allocate(capacity * EVENT_BYTES);
        this.taken = new boolean[capacity];
    }

    /**
     * For a file that stays open for longer than this.
     *
     * @param capacity requests under way at most, up to 4096
     * @throws SystemCallException when the kernel has none to give: EAGAIN says that {@code /proc/sys/fs/aio-max-nr} of
     *     all processes are taken
     */
    public static AsyncIo create(FileDescriptor file, int capacity) {
        return withRoomFor(file, capacity, capacity);
    }

    /** @param room requests that the kernel is asked to have room for; it makes a few hundred of few */
    static AsyncIo withRoomFor(FileDescriptor file, int capacity, int room) {
        if (capacity < 1 || capacity > 4096) {
            throw new IllegalArgumentException("a capacity of " + capacity + "; accepted are 1 to 4096");
        }
        EventFd completions = EventFd.create("completions of " + file.name());
        try {
            UnsafeBuffer id = NativeBuffers.allocate(Long.BYTES);
            long result = LibC.INSTANCE.syscall(SYS_IO_SETUP, room, id.addressOffset(), 0);
            if (result < 0) {
                throw new SystemCallException("io_setup", LibC.errno(), file.name());
            }
            return new AsyncIo(file, capacity, completions, id.getLong(0));
        } catch (RuntimeException failed) {
            completions.close();
            throw failed;
        }
    }

    /** Can be read once a request has ended. Whoever waits for it drains it before {@link #reap}. */
    public EventFd completions() {
        return completions;
    }

    /** Requests that wait for {@link #submit}. */
    public int queued() {
        return queued;
    }

    /** Requests that the kernel has. */
    public int underWay() {
        return underWay;
    }

    /**
     * Queues a read.
     *
     * @param tag by which its end is told, from 0 to less than the capacity; not of one that is queued or under way
     * @param pieces as those of {@link VectorIo}; the kernel has a copy of them once they are submitted
     */
    public void read(int tag, long offset, UnsafeBuffer pieces, int count) {
        enqueue(tag, PREADV, offset, pieces, count);
    }

    /** Queues a write, as {@link #read} does. */
    public void write(int tag, long offset, UnsafeBuffer pieces, int count) {
        enqueue(tag, PWRITEV, offset, pieces, count);
    }

    private void enqueue(int tag, short opcode, long offset, UnsafeBuffer pieces, int count) {
        if (tag < 0 || tag >= capacity || taken[tag]) {
            throw new IllegalArgumentException(
                    "tag " + tag + ", accepted are free ones from 0 to " + (capacity - 1) + " of " + file.name());
        }
        if (count < 1 || count > VectorIo.MAX_PIECES) {
            throw new IllegalArgumentException(count + " pieces; accepted are 1 to " + VectorIo.MAX_PIECES);
        }
        pieces.boundsCheck(0, count * VectorIo.PIECE_BYTES);
        int at = tag * REQUEST_BYTES;
        requests.setMemory(at, REQUEST_BYTES, (byte) 0);
        requests.putLong(at, tag);
        requests.putShort(at + 16, opcode);
        requests.putLong(at + 24, pieces.addressOffset());
        requests.putLong(at + 32, count);
        requests.putLong(at + 40, offset);
        requests.putInt(at + 56, FLAG_RESFD);
        queue.putLong(queued * Long.BYTES, requests.addressOffset() + at);
        taken[tag] = true;
        queued++;
    }

    /** Gives what is queued to the kernel. What it refuses is told here and does not end anywhere else. */
    public void submit(Refusal refusal) {
        int count = queued;
        queued = 0;
        int done = 0;
        while (done < count) {
            int first = done;
            long result = submit(first, count - first);
            if (result > 0) {
                done += (int) result;
                underWay += (int) result;
            } else if (result != -Errno.EINTR) {
                // The kernel took none: the first is at fault, or there is no room for any.
                int refused = result == -Errno.EAGAIN || result == 0 ? count - first : 1;
                for (int i = 0; i < refused; i++) {
                    int tag = tagAt(done++);
                    taken[tag] = false;
                    refusal.refused(tag, result == 0 ? Errno.EAGAIN : (int) -result);
                }
            }
        }
    }

    private int tagAt(int place) {
        return (int) (queue.getLong(place * Long.BYTES) - requests.addressOffset()) / REQUEST_BYTES;
    }

    private long submit(int first, int count) {
        leases.acquire();
        try {
            return file.use(fd -> {
                for (int i = first; i < first + count; i++) {
                    int at = tagAt(i) * REQUEST_BYTES;
                    requests.putInt(at + 20, fd);
                    requests.putInt(at + 60, completions.file().number());
                }
                long from = queue.addressOffset() + (long) first * Long.BYTES;
                long result = LibC.INSTANCE.syscall(SYS_IO_SUBMIT, context, count, from);
                return result >= 0 ? result : -LibC.errno();
            });
        } finally {
            leases.release();
        }
    }

    /**
     * Takes the results of requests that have ended.
     *
     * @param atLeast how many to wait for, no more than are under way
     * @return how many it were
     */
    public int reap(int atLeast, Completion completion) {
        if (atLeast > underWay) {
            throw new IllegalArgumentException("waiting for " + atLeast + " requests of " + underWay + " under way");
        }
        int reaped = 0;
        while (underWay > 0) {
            int count = leasedEvents(Math.max(0, atLeast - reaped));
            for (int i = 0; i < count; i++) {
                int tag = (int) events.getLong(i * EVENT_BYTES);
                taken[tag] = false;
                underWay--;
                completion.completed(tag, events.getLong(i * EVENT_BYTES + 16));
            }
            reaped += count;
            if (reaped >= atLeast) {
                break;
            }
        }
        return reaped;
    }

    private int leasedEvents(int atLeast) {
        leases.acquire();
        try {
            return takeEvents(atLeast);
        } finally {
            leases.release();
        }
    }

    private int takeEvents(int atLeast) {
        while (true) {
            long count = LibC.INSTANCE.syscall(
                    SYS_IO_GETEVENTS, context, atLeast, capacity, events.addressOffset(), NO_TIME_LIMIT);
            if (count >= 0) {
                return (int) count;
            }
            int errno = LibC.errno();
            if (errno != Errno.EINTR) {
                throw new SystemCallException("io_getevents", errno, file.name());
            }
        }
    }

    /** As {@link #closeOrLeak}. */
    @Override
    public void close() {
        closeOrLeak();
    }

    /**
     * Refuses new requests, waits up to {@value LeaseCount#CLOSE_TIMEOUT_MS} ms for those under way, whose results nobody
     * is told, then gives all of it back. Where they do not end it leaks, loudly. Idempotent.
     *
     * @return whether nothing is under way any more; else their memory has to stay mapped
     */
    public synchronized boolean closeOrLeak() {
        if (!leases.close()) {
            return released;
        }
        if (!leases.awaitReturned(LeaseCount.CLOSE_TIMEOUT_MS) || !awaitNoneUnderWay()) {
            LOG.error(
                    "LEAKED asynchronous I/O of {}: {} requests, or calls, did not end within {} ms",
                    file.name(),
                    underWay,
                    LeaseCount.CLOSE_TIMEOUT_MS);
            return false;
        }
        if (LibC.INSTANCE.syscall(SYS_IO_DESTROY, context, 0, 0) < 0) {
            LOG.warn("io_destroy of {}: {}", file.name(), Errno.describe(LibC.errno()));
        }
        completions.close();
        released = true;
        return true;
    }

    /** Without waiting in the kernel, which would be for ever on a disk that hangs, as io_destroy would. */
    private boolean awaitNoneUnderWay() {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LeaseCount.CLOSE_TIMEOUT_MS);
        while (underWay > 0) {
            underWay -= takeEvents(0);
            if (underWay > 0) {
                if (System.nanoTime() - deadline > 0) {
                    return false;
                }
                LockSupport.parkNanos(this, CLOSE_POLL_NS);
            }
        }
        return true;
    }
}
