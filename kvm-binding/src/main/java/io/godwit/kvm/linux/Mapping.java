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
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_SHARED = 1;
    private static final int MADV_DONTFORK = 10;
    private static final int MADV_HUGEPAGE = 14;

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
        Pointer nowhere = Pointer.wrap(LibC.RUNTIME, 0L);
        Pointer mapped = LibC.INSTANCE.mmap(nowhere, sizeBytes, PROT_READ_WRITE, MAP_SHARED, file.number(), offset);
        if (mapped == null || mapped.address() == -1L) {
            throw new SystemCallException("mmap", LibC.errno(), name + ", " + sizeBytes + " bytes");
        }
        Mapping mapping = new Mapping(name, mapped.address(), sizeBytes);
        LibC.INSTANCE.madvise(mapping.address, sizeBytes, MADV_DONTFORK);
        return mapping;
    }

    /** Asks for huge pages; a hint, which kernels with {@code shmem_enabled=never} ignore. */
    public void adviseHugePages() {
        LibC.INSTANCE.madvise(address, sizeBytes, MADV_HUGEPAGE);
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
        if (offset < 0 || length < 0 || offset > sizeBytes - length) {
            throw new IndexOutOfBoundsException(
                    "bytes " + offset + "+" + length + " of " + name + ", which has " + sizeBytes);
        }
        return new UnsafeBuffer(address + offset, length);
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
