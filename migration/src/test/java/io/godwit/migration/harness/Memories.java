package io.godwit.migration.harness;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.kvm.memory.GuestMemory;
import io.godwit.kvm.memory.GuestRegion;
import org.agrona.concurrent.UnsafeBuffer;

/** Compares memories the slow and obvious way. */
public final class Memories {
    private static final int STEP = 1 << 20;

    private Memories() {}

    public static void assertEqual(GuestMemory left, GuestMemory right) {
        assertThat(right.layout()).isEqualTo(left.layout());
        UnsafeBuffer a = new UnsafeBuffer(new byte[STEP]);
        UnsafeBuffer b = new UnsafeBuffer(new byte[STEP]);
        try (GuestMemory.Lease leftLease = left.lease();
                GuestMemory.Lease rightLease = right.lease()) {
            for (GuestRegion region : left.layout().regions()) {
                for (long at = region.guestAddress(); at < region.endAddress(); at += STEP) {
                    int length = (int) Math.min(STEP, region.endAddress() - at);
                    leftLease.read(at, a, 0, length);
                    rightLease.read(at, b, 0, length);
                    int differs = java.util.Arrays.mismatch(a.byteArray(), 0, length, b.byteArray(), 0, length);
                    assertThat(differs).as("first difference after 0x%x", at).isEqualTo(-1);
                }
            }
        }
    }
}
