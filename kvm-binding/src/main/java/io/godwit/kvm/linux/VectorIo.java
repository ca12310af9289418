package io.godwit.kvm.linux;

import java.util.function.IntToLongFunction;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Scattered reads and writes of a file (preadv(2), readv(2)), to the end: a call that moves less than asked is followed
 * by another. The pieces are {address u64, length u64}, as the kernel's {@code iovec} has them, and lie in memory that
 * stays mapped during the call.
 */
public final class VectorIo {
    public static final int PIECE_BYTES = 16;
    /** UIO_MAXIOV of linux/uio.h. */
    public static final int MAX_PIECES = 1024;

    private VectorIo() {}

    @FunctionalInterface
    private interface Call {
        long apply(int fd, long pieces, int count, long done);
    }

    /**
     * Fills the pieces from a file.
     *
     * @return bytes read; fewer than the pieces hold only at the end of the file
     */
    public static long readAt(FileDescriptor file, long offset, UnsafeBuffer pieces, int count) {
        return all(
                "preadv", file, pieces, count, (fd, from, n, done) -> LibC.INSTANCE.preadv(fd, from, n, offset + done));
    }

    /** Writes all of the pieces to a file. */
    public static long writeAt(FileDescriptor file, long offset, UnsafeBuffer pieces, int count) {
        return all(
                "pwritev",
                file,
                pieces,
                count,
                (fd, from, n, done) -> LibC.INSTANCE.pwritev(fd, from, n, offset + done));
    }

    private static long all(String name, FileDescriptor file, UnsafeBuffer pieces, int count, Call call) {
        long done = 0;
        int first = 0;
        while (first < count) {
            int from = first;
            long before = done;
            int batch = Math.min(count - first, MAX_PIECES);
            long address = pieces.addressOffset() + (long) from * PIECE_BYTES;
            long moved = file.use(fd -> {
                long result = call.apply(fd, address, batch, before);
                return result >= 0 ? result : -LibC.errno();
            });
            if (moved == -Errno.EINTR) {
                continue;
            }
            if (moved < 0) {
                throw new SystemCallException(name, (int) -moved, file.name());
            }
            if (moved == 0) {
                return done;
            }
            done += moved;
            first = skip(pieces, first, moved);
        }
        return done;
    }

    /** Takes bytes that were moved out of the pieces. Returns the first that is left. */
    private static int skip(UnsafeBuffer pieces, int first, long moved) {
        int index = first;
        long left = moved;
        while (left > 0) {
            int at = index * PIECE_BYTES;
            long length = pieces.getLong(at + 8);
            if (left < length) {
                pieces.putLong(at, pieces.getLong(at) + left);
                pieces.putLong(at + 8, length - left);
                return index;
            }
            left -= length;
            index++;
        }
        return index;
    }

    /**
     * One read into the pieces: a datagram, or what there is.
     *
     * @return bytes, or -1 when there is nothing now
     */
    public static long read(FileDescriptor file, UnsafeBuffer pieces, int count) {
        return once("readv", file, fd -> LibC.INSTANCE.readv(fd, pieces.addressOffset(), count));
    }

    /**
     * One write of the pieces: a datagram.
     *
     * @return bytes, or -1 when the file takes nothing now
     */
    public static long write(FileDescriptor file, UnsafeBuffer pieces, int count) {
        return once("writev", file, fd -> LibC.INSTANCE.writev(fd, pieces.addressOffset(), count));
    }

    private static long once(String name, FileDescriptor file, IntToLongFunction call) {
        while (true) {
            long result = file.use(fd -> {
                long moved = call.applyAsLong(fd);
                return moved >= 0 ? moved : -LibC.errno();
            });
            if (result >= 0) {
                return result;
            }
            if (result == -Errno.EAGAIN) {
                return -1;
            }
            if (result != -Errno.EINTR) {
                throw new SystemCallException(name, (int) -result, file.name());
            }
        }
    }
}
