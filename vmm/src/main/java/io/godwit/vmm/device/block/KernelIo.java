package io.godwit.vmm.device.block;

import io.godwit.kvm.linux.AsyncIo;
import io.godwit.kvm.linux.Errno;
import io.godwit.kvm.linux.FileDescriptor;
import io.godwit.kvm.linux.SystemCallException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The kernel's asynchronous I/O for one queue of a disk, from its first use until the device is closed, as long as the
 * kernel takes what it is given. Says which way requests go, and why.
 */
final class KernelIo {
    /** Of the limit that all processes of the host share, {@code /proc/sys/fs/aio-max-nr}. */
    static final int MAX_UNDER_WAY = 128;

    private static final Logger LOG = LoggerFactory.getLogger(KernelIo.class);

    private final String queue;
    private final FileDescriptor file;
    private final Opener opener;
    private @Nullable AsyncIo io;
    private volatile boolean refusing;
    private boolean told;

    /** As {@link AsyncIo#create}. */
    @FunctionalInterface
    interface Opener {
        AsyncIo open(FileDescriptor file, int capacity);
    }

    /** @param queue how the log names it */
    KernelIo(String queue, FileDescriptor file, Opener opener) {
        this.queue = queue;
        this.file = file;
        this.opener = opener;
    }

    /** Null where the kernel has none for this file. */
    synchronized @Nullable AsyncIo open() {
        if (io == null && !refusing) {
            try {
                io = opener.open(file, MAX_UNDER_WAY);
                LOG.info("{}: reads and writes of {} by the kernel's asynchronous I/O", queue, file.name());
            } catch (SystemCallException failed) {
                refusing = true;
                tell(failed.call() + ": " + Errno.describe(failed.errno()));
            }
        }
        return refusing ? null : io;
    }

    /**
     * A request was not taken. EAGAIN is about the moment; for any other reason the kernel is not asked again, whatever
     * the request had to do with it: threads can do the same.
     */
    synchronized void refused(int errno) {
        refusing |= errno != Errno.EAGAIN;
        tell("io_submit: " + Errno.describe(errno));
    }

    boolean isRefusing() {
        return refusing;
    }

    private void tell(String why) {
        if (!told) {
            told = true;
            LOG.warn("{}: requests for {} go to threads that wait for it: {}", queue, file.name(), why);
        }
    }

    /** Waits for what is under way. False where that does not end: guest memory has to stay mapped. */
    synchronized boolean close() {
        refusing = true;
        return io == null || io.closeOrLeak();
    }
}
