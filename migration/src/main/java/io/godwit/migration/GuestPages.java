package io.godwit.migration;

import io.godwit.kvm.memory.GuestMemory;
import io.godwit.transport.PageSource;
import org.agrona.MutableDirectBuffer;

/** A machine's RAM as a lane reads it: one lease per frame. */
final class GuestPages implements PageSource {
    private final GuestMemory memory;

    GuestPages(GuestMemory memory) {
        this.memory = memory;
    }

    @Override
    public void read(long guestAddress, MutableDirectBuffer target, int offset, int length) {
        try (GuestMemory.Lease lease = memory.lease()) {
            lease.read(guestAddress, target, offset, length);
        }
    }

    @Override
    public boolean isZero(long guestAddress, int length) {
        try (GuestMemory.Lease lease = memory.lease()) {
            return lease.isZero(guestAddress, length);
        }
    }
}
