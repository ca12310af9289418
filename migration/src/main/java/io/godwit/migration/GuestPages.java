package io.godwit.migration;

import io.godwit.kvm.memory.GuestMemory;
import io.godwit.transport.PageSource;
import org.agrona.MutableDirectBuffer;

/** A machine's RAM as a lane reads it: one lease per frame. */
final class GuestPages implements PageSource {
    private final GuestMemory memory;
    private final boolean findZeroPages;

    /** @param findZeroPages where not, no page is looked at before it is sent, and none is sent as a marker */
    GuestPages(GuestMemory memory, boolean findZeroPages) {
        this.memory = memory;
        this.findZeroPages = findZeroPages;
    }

    @Override
    public void read(long guestAddress, MutableDirectBuffer target, int offset, int length) {
        try (GuestMemory.Lease lease = memory.lease()) {
            lease.read(guestAddress, target, offset, length);
        }
    }

    @Override
    public boolean isZero(long guestAddress, int length) {
        if (!findZeroPages) {
            return false;
        }
        try (GuestMemory.Lease lease = memory.lease()) {
            return lease.isZero(guestAddress, length);
        }
    }
}
