package io.godwit.kvm.memory;

import io.godwit.kvm.linux.FileDescriptor;
import io.godwit.kvm.linux.Mapping;
import io.godwit.kvm.linux.Memfd;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.UnsafeApi;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Guest RAM on one sealed memfd, mapped shared and as a whole. Page {@code i} of {@link GuestLayout} is at offset
 * {@code i * 4096} of both.
 *
 * <p>A running guest changes bytes while you look: copy first, then checksum, compress or validate the private copy.
 * Guest memory itself meets only plain copies, compares of longs and system calls, which survive even a mapping that
 * faults.
 */
public final class GuestMemory implements AutoCloseable {
    /** Longest single access; a longer one would hold up safepoints. */
    public static final int MAX_ACCESS_BYTES = 1 << 20;

    /** From here on clearing gives pages back to the host instead of writing zeros. */
    private static final int PUNCH_FROM_BYTES = 64 << 10;

    private static final UnsafeBuffer ZEROS = new UnsafeBuffer(ByteBuffer.allocateDirect(PUNCH_FROM_BYTES));

    private final GuestLayout layout;
    private final FileDescriptor file;
    private final Mapping mapping;
    private final HugePages hugePages;

    private GuestMemory(GuestLayout layout, FileDescriptor file, Mapping mapping) {
        this.layout = layout;
        this.file = file;
        this.mapping = mapping;
        this.hugePages = new HugePages(file.name(), mapping, new HugePageBudget());
    }

    /**
     * New memory, all zero and not yet populated.
     *
     * @param memfdName by convention {@code godwit:VMNAME}: tools find a VM's RAM by it
     */
    public static GuestMemory create(String memfdName, GuestLayout layout) {
        FileDescriptor file = Memfd.createSealed(memfdName, layout.sizeBytes());
        try {
            return map(file, layout);
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /**
     * Takes over memory that another process made. Owns {@code file} from here on, unless this throws.
     *
     * @throws IllegalArgumentException naming the file when it is no memfd, could be truncated, or has the wrong size
     */
    public static GuestMemory adopt(FileDescriptor file, GuestLayout layout) {
        Memfd.requireSealed(file, layout.sizeBytes());
        return map(file, layout);
    }

    private static GuestMemory map(FileDescriptor file, GuestLayout layout) {
        Mapping mapping = Mapping.ofSharedAligned(file.name(), file, layout.sizeBytes());
        mapping.adviseHugePages();
        return new GuestMemory(layout, file, mapping);
    }

    public GuestLayout layout() {
        return layout;
    }

    /** The memfd, for handing it to another process or mapping it a second time. Remains owned by this. */
    public FileDescriptor file() {
        return file;
    }

    /** Leases that are out. */
    public long leasesOut() {
        return mapping.outstanding();
    }

    /**
     * Takes a lease for one batch of accesses.
     *
     * @throws IllegalStateException when the memory is closed
     */
    public Lease lease() {
        mapping.acquire();
        return new Lease();
    }

    /**
     * Refuses new leases, waits up to 5 s for those that are out, then unmaps. If one does not come back the mapping
     * leaks, loudly; it is never unmapped under a user. Idempotent. Must not be called while holding a lease.
     */
    @Override
    public void close() {
        mapping.close();
        file.close();
    }

    /**
     * The right to touch guest memory until closed; used by one thread at a time. Every access is checked against the
     * layout and throws {@link IllegalArgumentException} when a byte of it is not RAM of one region.
     */
    public final class Lease implements AutoCloseable {
        private static final VarHandle RETURNED;

        static {
            try {
                RETURNED = MethodHandles.lookup().findVarHandle(Lease.class, "returned", boolean.class);
            } catch (ReflectiveOperationException e) {
                throw new ExceptionInInitializerError(e);
            }
        }

        @SuppressWarnings("UnusedVariable") // read and written through RETURNED
        private boolean returned;

        private Lease() {}

        public byte getByte(long guestAddress) {
            return UnsafeApi.getByte(locate(guestAddress, 1));
        }

        public short getShort(long guestAddress) {
            return UnsafeApi.getShort(locate(guestAddress, 2));
        }

        public int getInt(long guestAddress) {
            return UnsafeApi.getInt(locate(guestAddress, 4));
        }

        public long getLong(long guestAddress) {
            return UnsafeApi.getLong(locate(guestAddress, 8));
        }

        /** Reads with acquire: what the guest wrote before it published this is seen afterwards. 2-byte aligned. */
        public short getShortAcquire(long guestAddress) {
            return UnsafeApi.getShortAcquire(null, locateAligned(guestAddress, 2));
        }

        /** Reads with acquire. 8-byte aligned. */
        public long getLongAcquire(long guestAddress) {
            return UnsafeApi.getLongAcquire(null, locateAligned(guestAddress, 8));
        }

        public void putByte(long guestAddress, byte value) {
            UnsafeApi.putByte(locate(guestAddress, 1), value);
        }

        public void putShort(long guestAddress, short value) {
            UnsafeApi.putShort(locate(guestAddress, 2), value);
        }

        public void putInt(long guestAddress, int value) {
            UnsafeApi.putInt(locate(guestAddress, 4), value);
        }

        public void putLong(long guestAddress, long value) {
            UnsafeApi.putLong(locate(guestAddress, 8), value);
        }

        /** Writes with release: the guest that sees this sees what was written before it. 2-byte aligned. */
        public void putShortRelease(long guestAddress, short value) {
            UnsafeApi.putShortRelease(null, locateAligned(guestAddress, 2), value);
        }

        /** Copies guest memory out, at most 1 MiB. */
        public void read(long guestAddress, MutableDirectBuffer target, int offset, int length) {
            target.boundsCheck(offset, length);
            long source = locate(guestAddress, length);
            UnsafeApi.copyMemory(null, source, target.byteArray(), target.addressOffset() + offset, length);
        }

        /** Copies into guest memory, at most 1 MiB. */
        public void write(long guestAddress, DirectBuffer source, int offset, int length) {
            source.boundsCheck(offset, length);
            long target = locate(guestAddress, length);
            UnsafeApi.copyMemory(source.byteArray(), source.addressOffset() + offset, null, target, length);
        }

        /**
         * Asks for huge pages behind the 16 MiB around each byte of a range, unless that was done before or costs more
         * than small ones. Meant for memory that is about to be filled; what is there already is kept, what was missing
         * becomes zeros.
         *
         * @return whether they are there now: then {@link #write} is the fastest way to fill the range
         */
        public boolean backWithHugePages(long guestAddress, int length) {
            locate(guestAddress, length);
            return hugePages.areBehind(layout.fileOffset(guestAddress, length), length);
        }

        /**
         * Copies into guest memory by a system call, at most 1 MiB. Meant for pages that are not there yet: the kernel
         * fills them without clearing them first and without a fault. A source on the heap is copied by {@link #write}.
         */
        public void writeThroughFile(long guestAddress, DirectBuffer source, int offset, int length) {
            if (source.byteArray() != null) {
                write(guestAddress, source, offset, length);
                return;
            }
            source.boundsCheck(offset, length);
            locate(guestAddress, length);
            Memfd.write(file, layout.fileOffset(guestAddress, length), source, offset, length);
        }

        /**
         * Clears guest memory, cut into steps that do not delay a safepoint. Whole pages of a range of 64 KiB or more
         * are given back to the host: they read as zero, and are missing again for a userfaultfd.
         */
        public void zero(long guestAddress, long length) {
            long target = locateAny(guestAddress, length);
            if (length < PUNCH_FROM_BYTES) {
                writeZeros(target, length);
                return;
            }
            long offset = layout.fileOffset(guestAddress, length);
            long mask = GuestLayout.PAGE_SIZE - 1;
            long first = (offset + mask) & ~mask;
            long end = (offset + length) & ~mask;
            Memfd.punchHole(file, first, end - first);
            writeZeros(target, first - offset);
            writeZeros(target + (end - offset), offset + length - end);
        }

        /** Gives whole pages back to the host: they read as zero. */
        public void discard(long guestAddress, long length) {
            locateAny(guestAddress, length);
            long offset = layout.fileOffset(guestAddress, length);
            if (((offset | length) & (GuestLayout.PAGE_SIZE - 1)) != 0) {
                throw new IllegalArgumentException(
                        String.format("range 0x%x+%d; whole pages are expected", guestAddress, length));
            }
            Memfd.punchHole(file, offset, length);
        }

        /** Whether all bytes are zero at the moment of looking; at most 1 MiB. */
        public boolean isZero(long guestAddress, int length) {
            long address = locate(guestAddress, length);
            long end = address + length;
            for (; address <= end - 32; address += 32) {
                if ((UnsafeApi.getLong(address)
                                | UnsafeApi.getLong(address + 8)
                                | UnsafeApi.getLong(address + 16)
                                | UnsafeApi.getLong(address + 24))
                        != 0) {
                    return false;
                }
            }
            for (; address < end; address++) {
                if (UnsafeApi.getByte(address) != 0) {
                    return false;
                }
            }
            return true;
        }

        /**
         * Where a region is mapped in this process, for system calls that register or fill it (KVM, userfaultfd). The
         * lease is held for as long as the kernel knows the address.
         */
        public long hostAddress(GuestRegion region) {
            return locateAny(region.guestAddress(), region.sizeBytes());
        }

        /** Where a range is mapped in this process, for a system call that ends before this lease does. */
        long hostAddress(long guestAddress, long length) {
            return locateAny(guestAddress, length);
        }

        /** @throws IllegalStateException when it was returned */
        void requireOpen() {
            if ((boolean) RETURNED.getOpaque(this)) {
                throw new IllegalStateException("the lease of " + file.name() + " was returned");
            }
        }

        private static void writeZeros(long target, long length) {
            UnsafeApi.copyMemory(ZEROS.addressOffset(), target, length);
        }

        private long locate(long guestAddress, int length) {
            if (length < 0 || length > MAX_ACCESS_BYTES) {
                throw new IllegalArgumentException(
                        "access of " + length + " bytes; accepted are 0 to " + MAX_ACCESS_BYTES);
            }
            return locateAny(guestAddress, length);
        }

        private long locateAligned(long guestAddress, int length) {
            if ((guestAddress & (length - 1)) != 0) {
                throw new IllegalArgumentException(
                        String.format("guest address 0x%x is not aligned to %d bytes", guestAddress, length));
            }
            return locateAny(guestAddress, length);
        }

        private long locateAny(long guestAddress, long length) {
            requireOpen();
            return mapping.address() + layout.fileOffset(guestAddress, length);
        }

        /** Idempotent. */
        @Override
        public void close() {
            if (RETURNED.compareAndSet(this, false, true)) {
                mapping.release();
            }
        }
    }
}
