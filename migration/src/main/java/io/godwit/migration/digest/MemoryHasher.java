package io.godwit.migration.digest;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.kvm.memory.GuestRegion;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Digests all RAM of a machine that stands still. Copies first: a checksum over a mapping that was truncated would end
 * the JVM. In leases of at most 256 KiB: what a second-level cache holds, and far below what would delay a safepoint.
 */
public final class MemoryHasher {
    private static final int STEP_BYTES = 256 << 10;

    private final GuestMemory memory;
    private final BooleanSupplier cancelled;

    /** @param cancelled asked between leases */
    public MemoryHasher(GuestMemory memory, BooleanSupplier cancelled) {
        this.memory = memory;
        this.cancelled = cancelled;
    }

    /** @throws CancellationException when cancelled meanwhile */
    public MemoryDigest digest() {
        GuestLayout layout = memory.layout();
        DigestBuilder digest = new DigestBuilder(layout);
        PageChecksum checksum = new PageChecksum();
        UnsafeBuffer copy = new UnsafeBuffer(new byte[STEP_BYTES]);
        for (GuestRegion region : layout.regions()) {
            long firstPage = region.fileOffset() >>> GuestLayout.PAGE_SHIFT;
            for (long done = 0; done < region.sizeBytes(); done += STEP_BYTES) {
                int length = (int) Math.min(STEP_BYTES, region.sizeBytes() - done);
                long guestAddress = region.guestAddress() + done;
                boolean zero = readUnlessZero(guestAddress, copy, length);
                for (int offset = 0; offset < length; offset += GuestLayout.PAGE_SIZE) {
                    digest.add(
                            firstPage + ((done + offset) >>> GuestLayout.PAGE_SHIFT),
                            guestAddress + offset,
                            zero ? PageChecksum.OF_ZERO_PAGE : checksum.of(copy, offset));
                }
            }
        }
        return digest.digest();
    }

    private boolean readUnlessZero(long guestAddress, UnsafeBuffer copy, int length) {
        if (cancelled.getAsBoolean()) {
            throw new CancellationException("hashing memory was cancelled");
        }
        try (GuestMemory.Lease lease = memory.lease()) {
            if (lease.isZero(guestAddress, length)) {
                return true;
            }
            lease.read(guestAddress, copy, 0, length);
            return false;
        }
    }
}
