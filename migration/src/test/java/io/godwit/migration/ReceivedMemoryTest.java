package io.godwit.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.migration.digest.MemoryComparison;
import io.godwit.migration.digest.MemoryDigest;
import io.godwit.migration.digest.MemoryHasher;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ReceivedMemoryTest {
    private static final long SIZE = 24L << 20;
    private static final int PAGE = GuestLayout.PAGE_SIZE;

    private final GuestMemory memory = GuestMemory.create("godwit:received", GuestLayout.ofSize(SIZE));
    private final ReceivedMemory received = new ReceivedMemory(memory, true);

    @AfterEach
    void close() {
        memory.close();
    }

    @Test
    void shouldKeepTheDigestOfWhatMemoryHoldsThroughRewritesAndZeros() {
        long seed = System.nanoTime();
        SplittableRandom random = new SplittableRandom(seed);
        received.zero(0, SIZE);
        UnsafeBuffer frame = new UnsafeBuffer(new byte[15 * PAGE]);
        for (int i = 0; i < 3000; i++) {
            int pages = random.nextInt(1, 16);
            long address = random.nextLong(SIZE / PAGE - pages) * PAGE;
            if (random.nextInt(4) == 0) {
                received.zero(address, (long) pages * PAGE);
            } else {
                random.nextBytes(frame.byteArray());
                received.write(address, frame, 0, pages * PAGE);
            }
        }
        assertThat(received.firstMissingPage()).isEqualTo(-1);
        assertThat(received.digest()).as("seed %d", seed).isEqualTo(hash());
    }

    @Test
    void shouldFindASingleFlippedByte() {
        received.zero(0, SIZE);
        received.write(18L << 20, new UnsafeBuffer(new byte[PAGE]), 0, PAGE);
        try (GuestMemory.Lease lease = memory.lease()) {
            lease.putByte((18L << 20) + 1234, (byte) 1);
        }
        MemoryComparison comparison = hash().compareWith(received.digest(), memory.layout());
        assertThat(comparison.different()).containsExactly(new MemoryComparison.Chunk(16L << 20, 8L << 20));
    }

    @Test
    void shouldKnowWhichPagesNeverCame() {
        assertThat(received.firstMissingPage()).isZero();
        received.zero(0, 5 * PAGE);
        received.write(6 * PAGE, new UnsafeBuffer(new byte[PAGE]), 0, PAGE);
        assertThat(received.firstMissingPage()).isEqualTo(5);
        assertThat(received.receivedPages()).isEqualTo(6);
        received.zero(0, 7 * PAGE);
        assertThat(received.receivedPages()).isEqualTo(7);
        assertThat(received.firstMissingPage()).isEqualTo(7);
    }

    @Test
    void shouldRefuseRangesThatAreNotPagesOfRam() {
        UnsafeBuffer page = new UnsafeBuffer(new byte[2 * PAGE]);
        assertThat(received.contains(SIZE - PAGE, 2 * PAGE)).isFalse();
        assertThatIllegalArgumentException().isThrownBy(() -> received.write(SIZE - PAGE, page, 0, 2 * PAGE));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> received.write(100, page, 0, PAGE))
                .withMessageContaining("0x64");
        assertThatIllegalArgumentException().isThrownBy(() -> received.zero(0, 100));
        assertThat(received.receivedPages()).isZero();
    }

    @Test
    void shouldKeepNoDigestWhenNotAsked() {
        ReceivedMemory plain = new ReceivedMemory(memory, false);
        plain.zero(0, SIZE);
        assertThat(plain.digest()).isNull();
        assertThat(plain.firstMissingPage()).isEqualTo(-1);
    }

    private MemoryDigest hash() {
        return new MemoryHasher(memory, () -> false).digest();
    }
}
