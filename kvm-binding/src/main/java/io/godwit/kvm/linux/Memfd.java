package io.godwit.kvm.linux;

import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.agrona.DirectBuffer;

/**
 * Memory files that can neither shrink nor grow. Sealed, they cannot be truncated under a mapping, which would turn
 * the next access into SIGBUS.
 */
public final class Memfd {
    /** memfd_create(2): 249 bytes without the terminating NUL. */
    public static final int MAX_NAME_BYTES = 249;

    private static final int MFD_CLOEXEC = 1;
    private static final int MFD_ALLOW_SEALING = 2;
    private static final int F_ADD_SEALS = 1033;
    private static final int F_GET_SEALS = 1034;
    private static final int F_SEAL_SEAL = 1;
    private static final int F_SEAL_SHRINK = 2;
    private static final int F_SEAL_GROW = 4;
    private static final int REQUIRED_SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW;
    private static final int SEEK_END = 2;
    private static final int FALLOC_FL_KEEP_SIZE_PUNCH_HOLE = 3;

    private Memfd() {}

    /** A memfd of the given name and size, all zero, sealed against shrinking, growing and more seals. */
    public static FileDescriptor createSealed(String name, long sizeBytes) {
        int nameBytes = name.getBytes(StandardCharsets.UTF_8).length;
        if (name.isEmpty() || nameBytes > MAX_NAME_BYTES || name.indexOf('\0') >= 0) {
            throw new IllegalArgumentException(
                    "memfd name of " + nameBytes + " bytes; accepted are 1 to " + MAX_NAME_BYTES + " without NUL");
        }
        int fd = LibC.INSTANCE.memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
        if (fd < 0) {
            throw new SystemCallException("memfd_create", LibC.errno(), name);
        }
        FileDescriptor file = new FileDescriptor(fd, name);
        try {
            if (LibC.INSTANCE.ftruncate(fd, sizeBytes) < 0) {
                throw new SystemCallException("ftruncate", LibC.errno(), name + ", " + sizeBytes);
            }
            if (LibC.INSTANCE.fcntl(fd, F_ADD_SEALS, REQUIRED_SEALS) < 0) {
                throw new SystemCallException("fcntl F_ADD_SEALS", LibC.errno(), name);
            }
            return file;
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /**
     * Checks a memfd that somebody else made.
     *
     * @throws IllegalArgumentException naming the file when it is no memfd, can still be truncated, or has another size
     */
    public static void requireSealed(FileDescriptor file, long sizeBytes) {
        // Seals first: a size read before them could still change.
        int seals = file.use((fd, command) -> LibC.INSTANCE.fcntl(fd, command, 0), F_GET_SEALS);
        if (seals < 0) {
            throw new IllegalArgumentException(target(file) + " is not a memfd");
        }
        if ((seals & REQUIRED_SEALS) != REQUIRED_SEALS) {
            throw new IllegalArgumentException(target(file) + " has seals " + seals + ", but SEAL, SHRINK and GROW ("
                    + REQUIRED_SEALS + ") are needed");
        }
        long[] actual = new long[1];
        file.use(
                (fd, whence) -> {
                    actual[0] = LibC.INSTANCE.lseek(fd, 0, whence);
                    return 0;
                },
                SEEK_END);
        if (actual[0] != sizeBytes) {
            throw new IllegalArgumentException(
                    target(file) + " has " + actual[0] + " bytes, but " + sizeBytes + " are needed");
        }
    }

    /**
     * Writes through the file: the kernel fills a page that is not there yet without clearing it first and without a
     * fault.
     *
     * @param source outside the heap
     */
    public static void write(FileDescriptor file, long fileOffset, DirectBuffer source, int offset, int length) {
        if (source.byteArray() != null) {
            throw new IllegalArgumentException("a system call's buffer must be a direct buffer");
        }
        source.boundsCheck(offset, length);
        try {
            long address = source.addressOffset() + offset;
            for (int done = 0; done < length; ) {
                done += write(file, fileOffset + done, address + done, length - done);
            }
        } finally {
            Reference.reachabilityFence(source.byteBuffer());
        }
    }

    private static int write(FileDescriptor file, long fileOffset, long address, int length) {
        int written = file.use((fd, bytes) -> written(LibC.INSTANCE.pwrite(fd, address, bytes, fileOffset)), length);
        if (written < 0 && written != -Errno.EINTR) {
            throw new SystemCallException("pwrite", -written, file.name() + ", " + length + " at " + fileOffset);
        }
        return Math.max(written, 0);
    }

    private static int written(long result) {
        return result < 0 ? -LibC.errno() : (int) result;
    }

    /** Gives the pages of a range back; it reads as zero afterwards. */
    public static void punchHole(FileDescriptor file, long offset, long length) {
        int errno = file.use(
                (fd, mode) -> LibC.INSTANCE.fallocate(fd, mode, offset, length) < 0 ? LibC.errno() : 0,
                FALLOC_FL_KEEP_SIZE_PUNCH_HOLE);
        if (errno == Errno.EINTR) {
            punchHole(file, offset, length);
        } else if (errno != 0) {
            throw new SystemCallException("fallocate", errno, file.name() + ", hole at " + offset + "+" + length);
        }
    }

    /** What the kernel calls the file, such as {@code /memfd:godwit:web-1 (deleted)}. */
    private static String target(FileDescriptor file) {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/fd/" + file.number()))
                    .toString();
        } catch (IOException e) {
            return file.name();
        }
    }
}
