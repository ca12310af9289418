package io.godwit.kvm.linux;

import org.agrona.concurrent.UnsafeBuffer;

/** A counter in the kernel that threads, epoll and KVM can signal and wait for (eventfd(2)); never blocks. */
public final class EventFd implements AutoCloseable {
    private static final int EFD_CLOEXEC = 0x80000;
    private static final int EFD_NONBLOCK = 0x800;

    private final FileDescriptor file;
    private final UnsafeBuffer value = NativeBuffers.allocate(Long.BYTES);

    private EventFd(FileDescriptor file) {
        this.file = file;
    }

    /** @param name how errors speak of it */
    public static EventFd create(String name) {
        int fd = LibC.INSTANCE.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (fd < 0) {
            throw new SystemCallException("eventfd", LibC.errno(), name);
        }
        return new EventFd(new FileDescriptor(fd, name));
    }

    public FileDescriptor file() {
        return file;
    }

    /** Adds one. A counter that is full is signalled already. */
    public void signal() {
        int errno = file.use((fd, add) -> LibC.INSTANCE.eventfd_write(fd, add) < 0 ? LibC.errno() : 0, 1);
        if (errno != 0 && errno != Errno.EAGAIN) {
            throw new SystemCallException("eventfd_write", errno, file.name());
        }
    }

    /** Takes the count; 0 when nothing was signalled since. */
    public synchronized long drain() {
        int errno = file.use(
                (fd, unused) -> LibC.INSTANCE.eventfd_read(fd, value.addressOffset()) < 0 ? LibC.errno() : 0, 0);
        if (errno == Errno.EAGAIN) {
            return 0;
        }
        if (errno == Errno.EINTR) {
            return drain();
        }
        if (errno != 0) {
            throw new SystemCallException("eventfd_read", errno, file.name());
        }
        return value.getLong(0);
    }

    @Override
    public void close() {
        file.close();
    }
}
