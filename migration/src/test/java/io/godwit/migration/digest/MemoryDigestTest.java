package io.godwit.migration.digest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.godwit.kvm.memory.GuestLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryDigestTest {
    private static final GuestLayout LAYOUT = GuestLayout.ofSize(40L << 20);

    @Test
    void shouldNotDependOnTheOrderOfPages() {
        DigestBuilder upwards = new DigestBuilder(LAYOUT);
        DigestBuilder downwards = new DigestBuilder(LAYOUT);
        for (long page = 0; page < LAYOUT.pageCount(); page++) {
            add(upwards, page, (int) page * 31);
            long other = LAYOUT.pageCount() - 1 - page;
            add(downwards, other, (int) other * 31);
        }
        assertThat(upwards.digest()).isEqualTo(downwards.digest());
    }

    @Test
    void shouldReplaceAPage() {
        DigestBuilder once = allPages();
        DigestBuilder twice = allPages();
        twice.remove(5, LAYOUT.guestAddress(5), 5);
        assertThat(twice.digest()).isNotEqualTo(once.digest());
        twice.add(5, LAYOUT.guestAddress(5), 5);
        assertThat(twice.digest()).isEqualTo(once.digest());
    }

    @Test
    void shouldNoticeTwoPagesThatChangedPlaces() {
        DigestBuilder swapped = allPages();
        swapped.remove(5, LAYOUT.guestAddress(5), 5);
        swapped.remove(6, LAYOUT.guestAddress(6), 6);
        swapped.add(5, LAYOUT.guestAddress(5), 6);
        swapped.add(6, LAYOUT.guestAddress(6), 5);
        assertThat(swapped.digest()).isNotEqualTo(allPages().digest());
    }

    @Test
    void shouldNameTheChunkThatDiffersByItsGuestAddress() {
        DigestBuilder other = allPages();
        long page = (33L << 20) >>> GuestLayout.PAGE_SHIFT;
        other.remove(page, LAYOUT.guestAddress(page), (int) page);
        other.add(page, LAYOUT.guestAddress(page), 12345);
        MemoryComparison comparison = allPages().digest().compareWith(other.digest(), LAYOUT);
        assertThat(comparison.isEqual()).isFalse();
        assertThat(comparison.different()).containsExactly(new MemoryComparison.Chunk(32L << 20, 8L << 20));
        assertThat(comparison).asString().contains("0x2000000+8 MiB");
    }

    @Test
    void shouldNameAddressesAboveTheHole() {
        GuestLayout layout = GuestLayout.ofSize(3L * (1L << 30) + (64L << 20));
        long page = layout.pageIndex(GuestLayout.HOLE_END + (20L << 20));
        DigestBuilder other = new DigestBuilder(layout);
        other.add(page, layout.guestAddress(page), 1);
        MemoryComparison comparison = new DigestBuilder(layout).digest().compareWith(other.digest(), layout);
        assertThat(comparison.different())
                .containsExactly(new MemoryComparison.Chunk(GuestLayout.HOLE_END + (16L << 20), 16L << 20));
    }

    @ParameterizedTest
    @ValueSource(longs = {16L << 20, 40L << 20, 128L << 30, 4L << 40})
    void shouldStaySmallAndSurviveItsEncoding(long sizeBytes) {
        GuestLayout layout = GuestLayout.ofSize(sizeBytes);
        DigestBuilder builder = new DigestBuilder(layout);
        long seed = System.nanoTime();
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 1000; i++) {
            long page = random.nextLong(layout.pageCount());
            builder.add(page, layout.guestAddress(page), random.nextInt());
        }
        MemoryDigest digest = builder.digest();
        byte[] encoded = digest.encode();
        assertThat(encoded.length).isLessThanOrEqualTo(64 << 10).isLessThanOrEqualTo(MemoryDigest.MAX_ENCODED_BYTES);
        assertThat(MemoryDigest.decode(encoded)).as("seed %d", seed).isEqualTo(digest);
    }

    @Test
    void shouldRefuseBytesThatAreNoDigest() {
        byte[] good = allPages().digest().encode();
        assertThatIllegalArgumentException().isThrownBy(() -> MemoryDigest.decode(new byte[0]));
        assertThatIllegalArgumentException().isThrownBy(() -> MemoryDigest.decode(new byte[1 << 20]));
        assertThatIllegalArgumentException().isThrownBy(() -> MemoryDigest.decode(java.util.Arrays.copyOf(good, 20)));
        refuse(good, 0, 2, "format 2");
        refuse(good, 1, 13, "2^13");
        refuse(good, 2, 1, "format 1/1");
        refuse(good, 4, 77, "77 chunks");
        refuse(good, 9, 0x78, "30720 pages in 3 chunks");
        refuse(good, 15, 0x80, "does not add up");
    }

    @Test
    void shouldRefuseToCompareMemoriesOfDifferentSizes() {
        MemoryDigest small = new DigestBuilder(GuestLayout.ofSize(16L << 20)).digest();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> allPages().digest().compareWith(small, LAYOUT))
                .withMessageContaining("4096");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldChecksumSinglePagesInsideABuffer(boolean direct) {
        byte[] bytes = new byte[64 << 10];
        new java.util.Random(42).nextBytes(bytes);
        ByteBuffer backing = direct ? ByteBuffer.allocateDirect(bytes.length) : ByteBuffer.allocate(bytes.length);
        backing.put(bytes).clear();
        UnsafeBuffer buffer = new UnsafeBuffer(backing, 100, bytes.length - 100);
        PageChecksum checksum = new PageChecksum();
        for (int offset : new int[] {0, 32, 8192, 4096}) {
            CRC32C expected = new CRC32C();
            expected.update(bytes, 100 + offset, GuestLayout.PAGE_SIZE);
            assertThat(checksum.of(buffer, offset)).isEqualTo((int) expected.getValue());
        }
        assertThat(backing.limit()).isEqualTo(bytes.length);
    }

    private static void refuse(byte[] good, int offset, int value, String named) {
        byte[] bad = ByteBuffer.wrap(good.clone())
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(offset, (byte) value)
                .array();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MemoryDigest.decode(bad))
                .withMessageContaining(named);
    }

    private static DigestBuilder allPages() {
        DigestBuilder builder = new DigestBuilder(LAYOUT);
        for (long page = 0; page < LAYOUT.pageCount(); page++) {
            add(builder, page, (int) page);
        }
        return builder;
    }

    private static void add(DigestBuilder builder, long page, int crc) {
        builder.add(page, LAYOUT.guestAddress(page), crc);
    }
}
