package io.godwit.kvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.kvm.linux.FileDescriptor;
import io.godwit.kvm.linux.Mapping;
import io.godwit.kvm.linux.Memfd;
import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.PageBitmap;
import java.util.Random;
import java.util.TreeSet;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The harvester's side of the ring against a model of the kernel's (virt/kvm/dirty_ring.c), which may run over. */
@Timeout(60)
class DirtyRingTest {
    private static final int SIZE = 256;
    private static final int RESERVED = 64;
    private static final GuestLayout LAYOUT = GuestLayout.ofSize(16L << 20);

    private final FileDescriptor file = Memfd.createSealed("ring", SIZE * 16L);
    private final Mapping harvesterSide = Mapping.ofShared("ring", file, 0, SIZE * 16L);
    private final Mapping kernelSide = Mapping.ofShared("ring", file, 0, SIZE * 16L);
    private final UnsafeBuffer entries = kernelSide.view(0, SIZE * 16);
    private final DirtyRing ring = new DirtyRing(harvesterSide, SIZE);
    private long dirtyIndex;
    private long resetIndex;

    @Test
    void shouldLoseNoPageHoweverFarBurstsRunOver() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 5_000; round++) {
            TreeSet<Long> written = new TreeSet<>();
            PageBitmap found = new PageBitmap(LAYOUT.pageCount());
            int bursts = random.nextInt(8);
            for (int i = 0; i < bursts; i++) {
                int burst = random.nextInt(10) == 0 ? random.nextInt(3 * SIZE) : random.nextInt(2 * RESERVED);
                for (int w = 0; w < burst; w++) {
                    long page = random.nextInt((int) LAYOUT.pageCount());
                    push(page);
                    written.add(page);
                }
                for (int stops = 0; dirtyIndex - resetIndex >= SIZE - RESERVED; stops++) {
                    assertThat(stops).as("stops of one full ring").isLessThan(50);
                    if (ring.collect(LAYOUT, found) == 0) {
                        ring.unstick(found);
                    }
                    reset();
                }
            }
            ring.collect(LAYOUT, found);
            reset();
            assertThat(written).as("round %d", round).allMatch(found::get);
        }
        assertThat(ring.overflows()).isPositive();
        close();
    }

    @Test
    void shouldTellExactlyWhatWasWrittenWhileNothingRunsOver() {
        for (long round = 0; round < 1_000; round++) {
            long count = round % (SIZE - RESERVED);
            for (long page = 0; page < count; page++) {
                push(page * 3);
            }
            PageBitmap found = new PageBitmap(LAYOUT.pageCount());
            assertThat(ring.collect(LAYOUT, found)).isEqualTo((int) count);
            reset();
            assertThat(found.cardinality()).isEqualTo(count);
            assertThat(dirtyIndex).isEqualTo(resetIndex);
        }
        assertThat(ring.overflows()).isZero();
        close();
    }

    @Test
    void shouldRefuseEntriesOutsideGuestMemory() {
        push(LAYOUT.pageCount());
        assertThatThrownBy(() -> ring.collect(LAYOUT, new PageBitmap(LAYOUT.pageCount())))
                .hasMessageContaining("KVM reports dirty page 4096");
        close();
    }

    private void push(long page) {
        int at = (int) (dirtyIndex & (SIZE - 1)) * 16;
        entries.putInt(at + 4, 0);
        entries.putLong(at + 8, page);
        entries.putIntVolatile(at, 1);
        dirtyIndex++;
    }

    private void reset() {
        while (true) {
            int at = (int) (resetIndex & (SIZE - 1)) * 16;
            if ((entries.getIntVolatile(at) & 2) == 0) {
                return;
            }
            entries.putIntVolatile(at, 0);
            resetIndex++;
            assertThat(resetIndex).as("never past what was written").isLessThanOrEqualTo(dirtyIndex);
        }
    }

    private void close() {
        kernelSide.close();
        ring.closeOrLeak();
        file.close();
    }
}
