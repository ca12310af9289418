package io.godwit.vmm.storage.qcow2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Consumer;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Images of four clusters of 512 bytes, made by hand: header, L1 at 512, L2 at 1024, data from 1536. */
class Qcow2ImageTest {
    private static final int CLUSTER = 512;
    private static final int L1 = CLUSTER;
    private static final int L2 = 2 * CLUSTER;
    private static final int DATA = 3 * CLUSTER;
    private static final int FILE_BYTES = 8 * CLUSTER;
    private static final int SIZE = 4 * CLUSTER;

    @TempDir
    private Path directory;

    /** A file with clusters of ones, twos and threes at its end; the guest's first is the file's last but two. */
    private static ByteBuffer image(int version) {
        ByteBuffer image = ByteBuffer.allocate(FILE_BYTES);
        image.putInt(0, Qcow2Header.MAGIC).putInt(4, version).putInt(20, 9).putLong(24, SIZE);
        image.putInt(36, 1).putLong(40, L1);
        if (version == 3) {
            image.putInt(96, 4).putInt(100, 104);
        }
        image.putLong(L1, L2 | 1L << 63);
        for (int i = 0; i < 3; i++) {
            image.putLong(L2 + 8 * i, DATA + i * CLUSTER | 1L << 63);
            Arrays.fill(image.array(), DATA + i * CLUSTER, DATA + (i + 1) * CLUSTER, (byte) (i + 1));
        }
        return image;
    }

    private byte[] read(ByteBuffer image) throws IOException {
        Path file = Files.write(directory.resolve("image.qcow2"), image.array());
        byte[] guest = new byte[SIZE];
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            Qcow2Image qcow2 = Qcow2Image.open(channel);
            assertThat(qcow2.sizeBytes()).isEqualTo(SIZE);
            qcow2.copyTo((offset, bytes) -> {
                assertThat(bytes.remaining()).isPositive();
                bytes.get(guest, Math.toIntExact(offset), bytes.remaining());
            });
        }
        return guest;
    }

    private static byte[] guest(int... clusters) {
        byte[] guest = new byte[SIZE];
        for (int i = 0; i < clusters.length; i++) {
            Arrays.fill(guest, i * CLUSTER, (i + 1) * CLUSTER, (byte) clusters[i]);
        }
        return guest;
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void shouldReadWhatTheTablesMap(int version) throws Exception {
        ByteBuffer image = image(version);
        image.putLong(L2 + 8, 0);

        assertThat(read(image)).isEqualTo(guest(1, 0, 3, 0));
    }

    @Test
    void shouldReadAClusterThatIsMarkedAsZeroAsZero() throws Exception {
        ByteBuffer image = image(3);
        image.putLong(L2 + 8, image.getLong(L2 + 8) | 1);

        assertThat(read(image)).isEqualTo(guest(1, 0, 3, 0));
    }

    @Test
    void shouldUnpackCompressedClusters() throws Exception {
        ByteBuffer image = image(3);
        byte[] content = new byte[CLUSTER];
        Arrays.fill(content, (byte) 9);
        int at = 6 * CLUSTER + 13;
        pack(content, image, at);
        image.putLong(L2 + 24, 1L << 62 | at);

        assertThat(read(image)).isEqualTo(guest(1, 2, 3, 9));
    }

    private static void pack(byte[] content, ByteBuffer image, int at) {
        Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION, true);
        deflater.setInput(content);
        deflater.finish();
        deflater.deflate(image.array(), at, 400);
        deflater.end();
    }

    @ParameterizedTest
    @CsvSource({
        "4, 4, 4, version 4",
        "8, 8, 4096, backing file at offset 4096",
        "20, 4, 8, cluster bits 8",
        "20, 4, 31, cluster bits 31",
        "24, 8, 0, size 0",
        "24, 8, 1000, size 1000",
        "24, 8, -512, size 18446744073709551104",
        "24, 8, 70368744178176, size 70368744178176",
        "24, 8, 1048576, L1 table of 1 entries",
        "32, 4, 1, encryption method 1",
        "32, 4, 2, encryption method 2",
        "36, 4, 0, L1 table of 0 entries",
        "36, 4, -1, L1 table of 4294967295 entries",
        "40, 8, 0, L1 table at 0",
        "40, 8, 520, L1 table at 520",
        "40, 8, 4096, L1 table at 4096",
        "40, 8, -512, L1 table at 18446744073709551104",
        "72, 8, 2, corrupt mark",
        "72, 8, 4, external data file",
        "72, 8, 16, extended L2 entries",
        "72, 8, 32, incompatible features 0x20",
        "100, 4, 100, header length 100"
    })
    void shouldRefuseAHeaderFieldByItsName(int offset, int bytes, long value, String named) {
        ByteBuffer image = image(3);
        if (bytes == 4) {
            image.putInt(offset, (int) value);
        } else {
            image.putLong(offset, value);
        }
        assertRefused(image, "qcow2 " + named);
    }

    @Test
    void shouldRefuseZstdByItsName() {
        ByteBuffer image = image(3);
        image.putLong(72, 8).putInt(100, 112).put(104, (byte) 1);

        assertRefused(image, "compression type 1 (zstd)");
    }

    @Test
    void shouldRefuseTablesAndDataThatOverlapOrLoopOrLieOutsideTheFile() {
        assertRefused(image -> image.putLong(L1, L1 | 1L << 63), "L2 table at 512 overlaps");
        assertRefused(image -> image.putLong(L1, FILE_BYTES), "L2 table at 4096");
        assertRefused(image -> image.putLong(L1, L2 | 1), "L1 entry 0");
        assertRefused(image -> image.putLong(L1, 0x00ff_ffff_ffff_fe00L), "L2 table at");
        assertRefused(image -> image.putLong(L2, L2), "data cluster at 1024 overlaps");
        assertRefused(image -> image.putLong(L2, DATA + CLUSTER), "data cluster at 2048 overlaps");
        assertRefused(image -> image.putLong(L2, FILE_BYTES), "data cluster at 4096");
        assertRefused(image -> image.putLong(L2, DATA | 4), "L2 entry of guest cluster 0");
        assertRefused(image -> image.putLong(L2 + 24, 1L << 62 | DATA + CLUSTER + 5), "overlaps");
        assertRefused(image -> image.putLong(L2 + 24, 1L << 62 | FILE_BYTES), "compressed cluster at 4096");
        assertRefused(image -> image.putLong(L2 + 24, 3L << 62 | 6 * CLUSTER), "compressed L2 entry");
    }

    @Test
    void shouldRefuseCompressedDataThatAreDamagedTooShortOrSharedOut() {
        assertRefused(image -> image.putLong(L2 + 24, 1L << 62 | 6 * CLUSTER), "compressed guest cluster 3");
        assertRefused(
                image -> {
                    pack(new byte[100], image, 6 * CLUSTER);
                    image.putLong(L2 + 24, 1L << 62 | 6 * CLUSTER);
                },
                "unpacks to 100 bytes");
        assertRefused(
                image -> {
                    pack(new byte[CLUSTER], image, 6 * CLUSTER);
                    image.putLong(L2 + 16, 1L << 62 | 6 * CLUSTER).putLong(L2 + 24, 1L << 62 | 6 * CLUSTER);
                },
                "compressed cluster at 3072 overlaps");
    }

    @Test
    void shouldRefuseAFileThatIsCutShort() throws Exception {
        for (int length : new int[] {0, 3, 71, 80, 513, 1030}) {
            ByteBuffer cut = ByteBuffer.wrap(Arrays.copyOf(image(3).array(), length));
            assertThatThrownBy(() -> read(cut)).as("%d bytes", length).isInstanceOf(Qcow2Exception.class);
        }
    }

    @Test
    void shouldReadOrRefuseDamagedImagesButNeverBreak() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int i = 0; i < 3_000; i++) {
            ByteBuffer image = image(2 + random.nextInt(2));
            for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
                int at = random.nextBoolean() ? random.nextInt(112) : L1 + random.nextInt(2 * CLUSTER);
                image.put(at, (byte) random.nextInt());
            }
            image.putLong(24, SIZE);
            try {
                read(image);
            } catch (Qcow2Exception refused) {
                assertThat(refused).hasMessageStartingWith("qcow2 ");
            }
        }
    }

    private void assertRefused(Consumer<ByteBuffer> damage, String named) {
        ByteBuffer image = image(3);
        damage.accept(image);
        assertRefused(image, named);
    }

    private void assertRefused(ByteBuffer image, String named) {
        assertThatThrownBy(() -> read(image)).isInstanceOf(Qcow2Exception.class).hasMessageContaining(named);
    }
}
