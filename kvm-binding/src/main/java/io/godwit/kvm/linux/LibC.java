package io.godwit.kvm.linux;

import jnr.ffi.LastError;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import jnr.ffi.types.off_t;
import jnr.ffi.types.size_t;
import jnr.ffi.types.ssize_t;
import jnr.ffi.types.u_int64_t;

/** The binding to glibc. */
final class LibC {
    static final Functions INSTANCE = LibraryLoader.create(Functions.class).load("c");
    static final Runtime RUNTIME = Runtime.getRuntime(INSTANCE);

    private LibC() {}

    /** The error of the last call on this thread. */
    static int errno() {
        return LastError.getLastError(RUNTIME);
    }

    /**
     * The functions that Godwit calls, and nothing else of glibc. All return -1 and set errno on failure unless said
     * otherwise. Public only because JNR-FFI implements it from another class loader; the enclosing class is not.
     *
     * <p>{@code mmap} keeps its {@link Pointer}: JNR-FFI passes garbage for six arguments that are all integers.
     */
    @SuppressWarnings("MemberName")
    public interface Functions {
        Pointer mmap(Pointer address, @size_t long length, int protection, int flags, int fd, @off_t long offset);

        int munmap(@u_int64_t long address, @size_t long length);

        int madvise(@u_int64_t long address, @size_t long length, int advice);

        int memfd_create(String name, int flags);

        int ftruncate(int fd, @off_t long length);

        int fallocate(int fd, int mode, @off_t long offset, @off_t long length);

        @ssize_t
        long pwrite(int fd, @u_int64_t long address, @size_t long length, @off_t long offset);

        @ssize_t
        long readv(int fd, @u_int64_t long pieces, int count);

        @ssize_t
        long writev(int fd, @u_int64_t long pieces, int count);

        @ssize_t
        long preadv(int fd, @u_int64_t long pieces, int count, @off_t long offset);

        @ssize_t
        long pwritev(int fd, @u_int64_t long pieces, int count, @off_t long offset);

        int fdatasync(int fd);

        @off_t
        long lseek(int fd, @off_t long offset, int whence);

        int fcntl(int fd, int command, int argument);

        int fcntl(int fd, int command, @u_int64_t long structureAddress);

        int open(String path, int flags);

        int socket(int domain, int type, int protocol);

        int close(int fd);

        int ioctl(int fd, @u_int64_t long request, @u_int64_t long argument);

        int eventfd(int initial, int flags);

        int eventfd_write(int fd, @u_int64_t long value);

        int eventfd_read(int fd, @u_int64_t long valueAddress);

        int epoll_create1(int flags);

        int epoll_ctl(int epoll, int operation, int fd, @u_int64_t long eventAddress);

        int epoll_wait(int epoll, @u_int64_t long eventsAddress, int maxEvents, int timeoutMs);

        int sigaction(int signal, @u_int64_t long actionAddress, @u_int64_t long oldActionAddress);

        int sigtimedwait(@u_int64_t long setAddress, @u_int64_t long infoAddress, @u_int64_t long timeoutAddress);

        /** Returns the error instead of setting errno. */
        int pthread_sigmask(int how, @u_int64_t long setAddress, @u_int64_t long oldSetAddress);

        int getpid();

        /** For calls without a wrapper in the oldest glibc that is supported (2.28). */
        long syscall(long number, long first, long second, long third);

        long syscall(long number, long first, long second, long third, long fourth);

        /** With a {@link Pointer}, as {@code mmap} has one: six arguments that are all integers arrive as garbage. */
        long syscall(long number, long first, long second, long third, @u_int64_t long fourth, Pointer fifth);

        int clock_gettime(int clock, @u_int64_t long timespecAddress);
    }
}
