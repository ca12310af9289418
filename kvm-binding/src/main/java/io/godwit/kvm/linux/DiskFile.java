package io.godwit.kvm.linux;

import java.lang.ref.Reference;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A file or block device that holds a disk. Its lock is one of the open file description (fcntl(2), F_OFD_SETLK): it ends
 * with this descriptor, whichever other descriptors of the file this process closes, and other hosts see it where the
 * file system carries locks over.
 */
public final class DiskFile implements AutoCloseable {
    private static final int O_RDWR = 2;
    private static final int O_DIRECT = 0x4000;
    private static final int O_CLOEXEC = 0x80000;
    private static final int SEEK_END = 2;
    private static final int F_OFD_SETLK = 37;
    private static final short F_RDLCK = 0;
    private static final short F_WRLCK = 1;
    private static final short F_UNLCK = 2;
    private static final int FLOCK_BYTES = 32;
    private static final int PUNCH_HOLE_KEEP_SIZE = 3;
    private static final int ZERO_RANGE_KEEP_SIZE = 0x11;

    private final FileDescriptor file;
    private final boolean readOnly;

    private DiskFile(FileDescriptor file, boolean readOnly) {
        this.file = file;
        this.readOnly = readOnly;
    }

    /**
     * Opens one that is there.
     *
     * @param direct past the page cache; offsets, lengths and addresses must then be multiples of the block size
     */
    public static DiskFile open(String path, boolean readOnly, boolean direct) {
        int flags = O_CLOEXEC | (readOnly ? 0 : O_RDWR) | (direct ? O_DIRECT : 0);
        int fd = LibC.INSTANCE.open(path, flags);
        if (fd < 0) {
            throw new SystemCallException("open", LibC.errno(), path);
        }
        return new DiskFile(new FileDescriptor(fd, path), readOnly);
    }

    public FileDescriptor file() {
        return file;
    }

    public boolean isReadOnly() {
        return readOnly;
    }

    /** Of the file, or of the block device. */
    public long sizeBytes() {
        return check("lseek", file.use(fd -> orErrno(LibC.INSTANCE.lseek(fd, 0, SEEK_END))));
    }

    /**
     * Takes the lock of the whole file: shared with other readers where it was opened for reading, else alone.
     *
     * @return false when another has one that forbids it
     */
    public boolean tryLock() {
        long result = setLock(readOnly ? F_RDLCK : F_WRLCK);
        if (result == -Errno.EAGAIN || result == -Errno.EACCES) {
            return false;
        }
        check("fcntl F_OFD_SETLK", result);
        return true;
    }

    public void unlock() {
        check("fcntl F_OFD_SETLK", setLock(F_UNLCK));
    }

    private long setLock(short type) {
        UnsafeBuffer lock = NativeBuffers.allocate(FLOCK_BYTES); // type s16, whence s16, start s64, length s64, pid s32
        lock.putShort(0, type);
        try {
            return file.use(fd -> orErrno(LibC.INSTANCE.fcntl(fd, F_OFD_SETLK, lock.addressOffset())));
        } finally {
            Reference.reachabilityFence(lock);
        }
    }

    /** Returns when what was written is on stable storage. */
    public void sync() {
        check("fdatasync", file.use(fd -> orErrno(LibC.INSTANCE.fdatasync(fd))));
    }

    /**
     * Gives a range back to the file system; it reads as zero.
     *
     * @return false when that cannot be done to this file
     */
    public boolean punchHole(long offset, long length) {
        return allocate(PUNCH_HOLE_KEEP_SIZE, offset, length);
    }

    /**
     * Has a range read as zero, without writing it.
     *
     * @return false when that cannot be done to this file
     */
    public boolean zeroRange(long offset, long length) {
        return allocate(ZERO_RANGE_KEEP_SIZE, offset, length);
    }

    /**
     * Makes the file at least this long, with its blocks taken from the file system.
     *
     * @return false when that cannot be done to this file
     */
    public boolean preallocate(long length) {
        return allocate(0, 0, length);
    }

    private boolean allocate(int mode, long offset, long length) {
        long result = file.use(fd -> orErrno(LibC.INSTANCE.fallocate(fd, mode, offset, length)));
        if (result == -Errno.EOPNOTSUPP || result == -Errno.ENODEV) {
            return false;
        }
        check("fallocate", result);
        return true;
    }

    private static long orErrno(long result) {
        return result >= 0 ? result : -LibC.errno();
    }

    private long check(String call, long result) {
        if (result < 0) {
            throw new SystemCallException(call, (int) -result, file.name());
        }
        return result;
    }

    /** Also gives the lock back. Idempotent. */
    @Override
    public void close() {
        file.close();
    }
}
