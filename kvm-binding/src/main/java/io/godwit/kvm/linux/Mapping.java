package io.godwit.kvm.linux;

import jnr.ffi.Pointer;
import org.agrona.concurrent.UnsafeBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A shared read-write mapping of a file. Its address is used only under a lease; a lease that does not come back in
 * time leaks the mapping, because unmapping it under its user would kill the process, or worse.
 */
public final class Mapping implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Mapping.class);
    /** What one entry of a page middle directory maps on x86-64. */
    public static final long HUGE_PAGE_BYTES = 2L << 20;

    private static final int PROT_NONE = 0;
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_SHARED = 0x01;
    private static final int MAP_PRIVATE = 0x02;
    private static final int MAP_FIXED = 0x10;
    private static final int MAP_ANONYMOUS = 0x20;
    private static final int MAP_NORESERVE = 0x4000;
    private static final int NO_FILE = -1;
    private static final int MADV_DONTFORK = 10;
    private static final int MADV_HUGEPAGE = 14;
    private static final int MADV_COLLAPSE = 25;

    private final String name;
    private final long address;
    private final long sizeBytes;
    private final LeaseCount leases;

    /** What the one close came to: a mapping that leaked may be in use for ever, or free a moment later. */
    private volatile boolean released;

    private Mapping(String name, long address, long sizeBytes) {
        this.name = name;
        this.address = address;
        this.sizeBytes = sizeBytes;
        this.leases = new LeaseCount(name);
    }

    /** Maps without populating; not inherited by child processes. */
    public static Mapping ofShared(String name, FileDescriptor file, long offset, long sizeBytes) {
        return notInherited(
                name, map(name, 0, sizeBytes, PROT_READ_WRITE, MAP_SHARED, file.number(), offset), sizeBytes);
    }

    /** Maps a file from its start at an address that is a multiple of {@link #HUGE_PAGE_BYTES}. */
    public static Mapping ofSharedAligned(String name, FileDescriptor file, long sizeBytes) {
        long reservedBytes = sizeBytes + HUGE_PAGE_BYTES;
        long reserved = map(name, 0, reservedBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, NO_FILE, 0);
        long aligned = (reserved + HUGE_PAGE_BYTES - 1) & -HUGE_PAGE_BYTES;
        try {
            map(name, aligned, sizeBytes, PROT_READ_WRITE, MAP_SHARED | MAP_FIXED, file.number(), 0);
        } catch (SystemCallException e) {
            unmap(reserved, reservedBytes);
            throw e;
        }
        unmap(reserved, aligned - reserved);
        unmap(aligned + sizeBytes, reserved + HUGE_PAGE_BYTES - aligned);
        return notInherited(name, aligned, sizeBytes);
    }

    private static long map(String name, long at, long sizeBytes, int protection, int flags, int file, long offset) {
        Pointer mapped = LibC.INSTANCE.mmap(Pointer.wrap(LibC.RUNTIME, at), sizeBytes, protection, flags, file, offset);
        if (mapped == null || mapped.address() == -1L) {
            throw new SystemCallException("mmap", LibC.errno(), name + ", " + sizeBytes + " bytes");
        }
        return mapped.address();
    }

    /** Address space that was reserved and never used. */
    private static void unmap(long address, long sizeBytes) {
        if (sizeBytes > 0 && LibC.INSTANCE.munmap(address, sizeBytes) < 0) {
            LOG.error("munmap of what was reserved for alignment: {}", Errno.describe(LibC.errno()));
        }
    }

    private static Mapping notInherited(String name, long address, long sizeBytes) {
        LibC.INSTANCE.madvise(address, sizeBytes, MADV_DONTFORK);
        return new Mapping(name, address, sizeBytes);
    }

    /** Asks for huge pages; a hint, which kernels with {@code shmem_enabled=never} ignore. */
    public void adviseHugePages() {
        LibC.INSTANCE.madvise(address, sizeBytes, MADV_HUGEPAGE);
    }

    /**
     * Has the kernel put huge pages behind a part now, whatever its settings for shared memory are, and keep what was
     * there (madvise(2), MADV_COLLAPSE; Linux 6.1). Use only under a lease.
     *
     * @param offset of a huge page, as {@code length}; something must be there already in each
     * @return 0, or the errno: then some of it may be huge and some not
     */
    public int collapse(long offset, long length) {
        check(offset, length);
        return LibC.INSTANCE.madvise(address + offset, length, MADV_COLLAPSE) < 0 ? LibC.errno() : 0;
    }

    public long sizeBytes() {
        return sizeBytes;
    }

    public void acquire() {
        leases.acquire();
    }

    public void release() {
        leases.release();
    }

    /** Leases not given back yet. */
    public long outstanding() {
        return leases.outstanding();
    }

    /** Use only under a lease, and only within {@link #sizeBytes()}. */
    public long address() {
        return address;
    }

    /** A bounds-checked view of a part. Use only under a lease. */
    public UnsafeBuffer view(long offset, int length) {
        check(offset, length);
        return new UnsafeBuffer(address + offset, length);
    }

    private void check(long offset, long length) {
        if (offset < 0 || length < 0 || offset > sizeBytes - length) {
            throw new IndexOutOfBoundsException(
                    "bytes " + offset + "+" + length + " of " + name + ", which has " + sizeBytes);
        }
    }

    /**
     * Idempotent. Refuses new leases, waits up to {@value LeaseCount#CLOSE_TIMEOUT_MS} ms for those that are out, then
     * unmaps, or leaks.
     */
    @Override
    public void close() {
        closeOrLeak();
    }

    /** Closes as {@link #close()} does; whether the mapping is gone now, instead of leaked or still waited for. */
    public boolean closeOrLeak() {
        if (!leases.close()) {
            return released;
        }
        if (!leases.awaitReturned(LeaseCount.CLOSE_TIMEOUT_MS)) {
            LOG.error(
                    "LEAKED mapping of {} ({} bytes at 0x{}): {} leases did not come back within {} ms",
                    name,
                    sizeBytes,
                    Long.toHexString(address),
                    leases.outstanding(),
                    LeaseCount.CLOSE_TIMEOUT_MS);
            return false;
        }
        if (LibC.INSTANCE.munmap(address, sizeBytes) < 0) {
            LOG.error("munmap of {}: {}", name, Errno.describe(LibC.errno()));
            return false;
        }
        released = true;
        return true;
    }
}
