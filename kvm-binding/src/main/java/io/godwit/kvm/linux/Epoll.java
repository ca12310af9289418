package io.godwit.kvm.linux;

import java.lang.ref.Reference;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.agrona.concurrent.UnsafeBuffer;

/** Waits for many descriptors at once (epoll(7), level-triggered unless asked otherwise). One thread waits at a time. */
public final class Epoll implements AutoCloseable {
    public static final int IN = 0x001;
    public static final int OUT = 0x004;
    public static final int ERR = 0x008;
    public static final int HUP = 0x010;
    public static final int EDGE_TRIGGERED = 1 << 31;

    private static final int EPOLL_CLOEXEC = 0x80000;
    private static final int ADD = 1;
    private static final int REMOVE = 2;
    private static final int MODIFY = 3;
    private static final int EVENT_BYTES = 12; // packed on x86-64: events u32, data u64
    private static final int MAX_EVENTS = 64;
    private static final long WAKE_TOKEN = Long.MIN_VALUE;

    private final FileDescriptor file;
    private final EventFd wake;
    private final UnsafeBuffer ready = NativeBuffers.allocate(EVENT_BYTES * MAX_EVENTS);
    private final AtomicBoolean waiting = new AtomicBoolean();
    private volatile boolean closing;

    /** Told of each descriptor that is ready. */
    @FunctionalInterface
    public interface Listener {
        void ready(long token, int events);
    }

    private Epoll(FileDescriptor file, EventFd wake) {
        this.file = file;
        this.wake = wake;
    }

    public static Epoll create(String name) {
        int fd = LibC.INSTANCE.epoll_create1(EPOLL_CLOEXEC);
        if (fd < 0) {
            throw new SystemCallException("epoll_create1", LibC.errno(), name);
        }
        FileDescriptor file = new FileDescriptor(fd, name);
        EventFd wake = null;
        try {
            wake = EventFd.create(name + " wake-up");
            Epoll epoll = new Epoll(file, wake);
            epoll.control(ADD, wake.file(), IN, WAKE_TOKEN);
            return epoll;
        } catch (RuntimeException e) {
            file.close();
            if (wake != null) {
                wake.close();
            }
            throw e;
        }
    }

    /** @param token given back when the descriptor is ready; any value but {@link Long#MIN_VALUE} */
    public void add(FileDescriptor descriptor, int events, long token) {
        control(ADD, descriptor, events, checkToken(token));
    }

    public void modify(FileDescriptor descriptor, int events, long token) {
        control(MODIFY, descriptor, events, checkToken(token));
    }

    /** To be called before the descriptor is closed. */
    public void remove(FileDescriptor descriptor) {
        control(REMOVE, descriptor, 0, 0);
    }

    /**
     * Waits until a descriptor is ready, {@link #wakeUp()} or {@link #close()} is called, or the time is over.
     *
     * @param timeoutMs -1 waits for ever
     * @return how often the listener was told
     */
    public int await(int timeoutMs, Listener listener) {
        if (!waiting.compareAndSet(false, true)) {
            throw new IllegalStateException("another thread waits on " + file.name());
        }
        try {
            int count = awaitReady(timeoutMs);
            int told = 0;
            for (int i = 0; i < count; i++) {
                int events = ready.getInt(i * EVENT_BYTES);
                long token = ready.getLong(i * EVENT_BYTES + 4);
                if (token != WAKE_TOKEN) {
                    listener.ready(token, events);
                    told++;
                } else if (!closing) {
                    wake.drain(); // left signalled when closing, so that no later wait can block the close
                    if (closing) {
                        wake.signal(); // the signal of a close that came in between may have been drained
                    }
                }
            }
            return told;
        } finally {
            waiting.set(false);
        }
    }

    private int awaitReady(int timeoutMs) {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
        int left = timeoutMs;
        while (true) {
            int result = file.use(
                    (fd, ms) -> {
                        int count = LibC.INSTANCE.epoll_wait(fd, ready.addressOffset(), MAX_EVENTS, ms);
                        return count >= 0 ? count : -LibC.errno();
                    },
                    left);
            if (result >= 0) {
                return result;
            }
            if (result != -Errno.EINTR) {
                throw new SystemCallException("epoll_wait", -result, file.name());
            }
            if (timeoutMs >= 0) {
                left = (int) Math.max(0, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime()));
            }
        }
    }

    /** Ends a wait, or the next one; from any thread. */
    public void wakeUp() {
        wake.signal();
    }

    /** Wakes the waiting thread, waits for it to leave, then closes. The descriptors added stay open. Idempotent. */
    @Override
    public synchronized void close() {
        if (closing) {
            return;
        }
        closing = true;
        wake.signal();
        file.close();
        wake.close();
    }

    private static long checkToken(long token) {
        if (token == WAKE_TOKEN) {
            throw new IllegalArgumentException("the token " + token + " is reserved");
        }
        return token;
    }

    private void control(int operation, FileDescriptor descriptor, int events, long token) {
        UnsafeBuffer event = NativeBuffers.allocate(16);
        event.putInt(0, events);
        event.putLong(4, token);
        try {
            int errno = file.use(
                    (fd, op) -> LibC.INSTANCE.epoll_ctl(fd, op, descriptor.number(), event.addressOffset()) < 0
                            ? LibC.errno()
                            : 0,
                    operation);
            if (errno != 0) {
                throw new SystemCallException(
                        "epoll_ctl", errno, file.name() + ", operation " + operation + " on " + descriptor);
            }
        } finally {
            Reference.reachabilityFence(event);
        }
    }
}
