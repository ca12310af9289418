package io.godwit.kvm.memory;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** Guest RAM on one sealed memfd, mapped shared. To be implemented; the signatures below are the contract. */
@SuppressWarnings({"UnusedMethod", "ClassCanBeStatic"})
public final class GuestMemory implements AutoCloseable {
    private final GuestLayout layout;

    private GuestMemory(GuestLayout layout) {
        this.layout = layout;
    }

    public static GuestMemory create(String memfdName, GuestLayout layout) {
        throw new UnsupportedOperationException(memfdName + layout);
    }

    public GuestLayout layout() {
        return layout;
    }

    /** Takes a lease for one batch of accesses. */
    public Lease lease() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }

    /** The right to touch guest memory until closed. */
    public final class Lease implements AutoCloseable {
        public byte getByte(long guestAddress) {
            throw new UnsupportedOperationException();
        }

        public int getInt(long guestAddress) {
            throw new UnsupportedOperationException();
        }

        public long getLong(long guestAddress) {
            throw new UnsupportedOperationException();
        }

        public void putByte(long guestAddress, byte value) {
            throw new UnsupportedOperationException();
        }

        public void putInt(long guestAddress, int value) {
            throw new UnsupportedOperationException();
        }

        public void putLong(long guestAddress, long value) {
            throw new UnsupportedOperationException();
        }

        /** Copies guest memory out, at most 1 MiB. */
        public void read(long guestAddress, MutableDirectBuffer target, int offset, int length) {
            throw new UnsupportedOperationException();
        }

        /** Copies into guest memory, at most 1 MiB. */
        public void write(long guestAddress, DirectBuffer source, int offset, int length) {
            throw new UnsupportedOperationException();
        }

        /** Clears guest memory, cut into steps that do not delay a safepoint. */
        public void zero(long guestAddress, long length) {
            throw new UnsupportedOperationException();
        }

        /** Whether all bytes are zero at the moment of looking; at most 1 MiB. */
        public boolean isZero(long guestAddress, int length) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {
            throw new UnsupportedOperationException();
        }
    }
}
