package io.godwit.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.migration.digest.MemoryComparison;
import io.godwit.migration.digest.MemoryDigest;
import io.godwit.migration.digest.MemoryHasher;
import io.godwit.transport.LaneStripes;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReceivedMemoryTest {
    private static final long SIZE = 24L << 20;
    private static final int PAGE = GuestLayout.PAGE_SIZE;

    private final GuestMemory memory = GuestMemory.create("godwit:received", GuestLayout.ofSize(SIZE));
    private final ReceivedMemory received = new ReceivedMemory(memory, true, new LaneStripes(1));

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

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 16})
    void shouldPutTheLanesBooksTogether(int lanes) throws Exception {
        LaneStripes stripes = new LaneStripes(lanes);
        ReceivedMemory shared = new ReceivedMemory(memory, true, stripes);
        long seed = System.nanoTime();
        ExecutorService threads = Executors.newFixedThreadPool(lanes);
        try {
            List<Callable<Void>> work = IntStream.range(0, lanes)
                    .<Callable<Void>>mapToObj(lane -> () -> {
                        writeAsLane(shared, stripes, lane, new SplittableRandom(seed + lane));
                        return null;
                    })
                    .toList();
            for (Future<Void> lane : threads.invokeAll(work)) {
                lane.get();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(shared.firstMissingPage()).isEqualTo(-1);
        assertThat(shared.receivedPages()).isEqualTo(SIZE / PAGE);
        assertThat(shared.digest()).as("seed %d", seed).isEqualTo(hash());
    }

    /** Clears the lane's stripes, then writes some pages of them again and again. */
    private static void writeAsLane(ReceivedMemory shared, LaneStripes stripes, int lane, SplittableRandom random) {
        List<Long> mine = LongStream.range(0, SIZE / LaneStripes.STRIPE_BYTES)
                .map(stripe -> stripe * LaneStripes.STRIPE_BYTES)
                .filter(address -> stripes.laneOf(address) == lane)
                .boxed()
                .toList();
        mine.forEach(address -> shared.zero(address, LaneStripes.STRIPE_BYTES));
        UnsafeBuffer frame = new UnsafeBuffer(new byte[15 * PAGE]);
        for (int i = 0; i < 500; i++) {
            int pages = random.nextInt(1, 16);
            long address = mine.get(random.nextInt(mine.size())) + (long) random.nextInt(256 - pages + 1) * PAGE;
            random.nextBytes(frame.byteArray());
            shared.write(address, frame, 0, pages * PAGE);
        }
    }

    @Test
    void shouldRefuseWhatReachesIntoAnotherLanesStripe() {
        ReceivedMemory shared = new ReceivedMemory(memory, true, new LaneStripes(2));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> shared.zero(LaneStripes.STRIPE_BYTES - PAGE, 2 * PAGE))
                .withMessageContaining("within a stripe");
        assertThat(shared.receivedPages()).isZero();
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
        ReceivedMemory plain = new ReceivedMemory(memory, false, new LaneStripes(1));
        plain.zero(0, SIZE);
        assertThat(plain.digest()).isNull();
        assertThat(plain.firstMissingPage()).isEqualTo(-1);
    }

    private MemoryDigest hash() {
        return new MemoryHasher(memory, () -> false).digest();
    }
}
