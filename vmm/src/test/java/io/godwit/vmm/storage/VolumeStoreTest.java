package io.godwit.vmm.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.config.NodeConfig.PoolKind;
import io.godwit.config.NodeConfig.Resources;
import io.godwit.config.NodeConfig.StoragePool;
import io.godwit.config.device.VolumeRef;
import io.godwit.kvm.linux.DiskFile;
import io.godwit.vmm.storage.StorageException.Kind;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VolumeStoreTest {
    private static final VolumeRef ROOT = new VolumeRef("fast", "root.raw");

    @TempDir
    private Path directory;

    private Path pool;
    private VolumeStore store;

    @BeforeEach
    void makePool() throws IOException {
        pool = Files.createDirectory(directory.resolve("pool"));
        store = new VolumeStore(new Resources(
                List.of(
                        new StoragePool("fast", pool, PoolKind.LOCAL),
                        new StoragePool("gone", directory.resolve("nowhere"), PoolKind.SHARED)),
                List.of()));
    }

    @Test
    void shouldShowPoolsWithTheirRoomAndWhatIsWrongWithThem() {
        List<Pool> pools = store.pools();

        assertThat(pools).extracting(Pool::name).containsExactly("fast", "gone");
        assertThat(pools.get(0).totalBytes())
                .isGreaterThanOrEqualTo(pools.get(0).freeBytes());
        assertThat(pools.get(0).freeBytes()).isPositive();
        assertThat(pools.get(0).problem()).isEmpty();
        assertThat(pools.get(1).problem()).contains("nowhere");
    }

    @Test
    void shouldMakeASparseVolumeThatTakesNoRoom() throws Exception {
        assertThat(store.create(ROOT, 1L << 30, false))
                .isEqualTo(new Volume("fast", "root.raw", PoolKind.LOCAL, 1L << 30));

        assertThat(allocatedBytes()).isLessThan(1 << 20);
        assertThat(store.volumes()).containsExactly(store.find(ROOT));
        assertThat(names()).containsExactly("root.raw");
    }

    @Test
    void shouldTakeTheRoomOfAPreallocatedVolume() throws Exception {
        store.create(ROOT, 4 << 20, true);

        assertThat(allocatedBytes()).isGreaterThanOrEqualTo(4 << 20);
    }

    @Test
    void shouldRefuseMoreThanThereIsRoomForAndLeaveNothing() throws Exception {
        long tooMuch = (store.pools().get(0).freeBytes() / 512 + (1 << 20)) * 512;

        assertThat(refusal(() -> store.create(ROOT, tooMuch, true), Kind.FULL))
                .contains("fast/root.raw", "bytes free", String.valueOf(tooMuch));
        assertThat(names()).isEmpty();
    }

    @Test
    void shouldRefuseSizesOutOfRange() {
        for (long size : new long[] {0, 512, (1 << 20) + 1, VolumeStore.MAX_SIZE_BYTES + 512, -512}) {
            assertThat(refusal(() -> store.create(ROOT, size, false), Kind.INVALID))
                    .contains(String.valueOf(size), "1MiB to 64TiB");
        }
    }

    @Test
    void shouldNeverWriteOverAVolume() throws Exception {
        Files.writeString(pool.resolve("root.raw"), "precious");

        assertThat(refusal(() -> store.create(ROOT, 1 << 20, false), Kind.CONFLICT))
                .contains("exists already");
        assertThat(refusal(() -> store.seed(ROOT, new CloudSeed("", "", null)), Kind.CONFLICT))
                .contains("exists already");
        assertThat(Files.readString(pool.resolve("root.raw"))).isEqualTo("precious");
    }

    @Test
    void shouldGrowAndShrinkOnlyWhenToldSo() throws Exception {
        store.create(ROOT, 2 << 20, false);
        write(1 << 20, new byte[] {42});

        assertThat(store.resize(ROOT, 4 << 20, false).sizeBytes()).isEqualTo(4 << 20);
        assertThat(refusal(() -> store.resize(ROOT, 1 << 20, false), Kind.INVALID))
                .contains("4MiB", "1MiB", "shrink=true");
        assertThat(store.find(ROOT).sizeBytes()).isEqualTo(4 << 20);
        assertThat(Files.readAllBytes(pool.resolve("root.raw"))[1 << 20]).isEqualTo((byte) 42);
        assertThat(store.resize(ROOT, 1 << 20, true).sizeBytes()).isEqualTo(1 << 20);
    }

    @Test
    void shouldLeaveAVolumeAloneThatAMachineHasLocked() throws Exception {
        store.create(ROOT, 2 << 20, false);
        try (DiskFile machine = DiskFile.open(pool.resolve("root.raw").toString(), false, false)) {
            assertThat(machine.tryLock()).isTrue();

            for (ThrowingCallable act : List.<ThrowingCallable>of(
                    () -> store.delete(ROOT),
                    () -> store.resize(ROOT, 4 << 20, false),
                    () -> store.importImage(
                            new VolumeRef("fast", "copy"), pool.resolve("root.raw"), Optional.empty()))) {
                assertThat(refusal(act, Kind.CONFLICT)).contains("root.raw", "in use");
            }
        }
        assertThat(names()).containsExactly("root.raw");
        store.delete(ROOT);
        assertThat(names()).isEmpty();
    }

    @Test
    void shouldSayThatAVolumeOrPoolIsNotThere() {
        assertThat(refusal(() -> store.delete(ROOT), Kind.NOT_FOUND)).contains("fast/root.raw");
        assertThat(refusal(() -> store.find(new VolumeRef("slow", "a")), Kind.NOT_FOUND))
                .contains("\"slow\"", "fast", "gone");
        assertThat(refusal(() -> store.create(new VolumeRef("gone", "a"), 1 << 20, false), Kind.FAILED))
                .contains("nowhere");
    }

    @Test
    void shouldNotFollowALinkOutOfThePool() throws Exception {
        Path outside = Files.writeString(directory.resolve("outside"), "precious");
        Files.createSymbolicLink(pool.resolve("root.raw"), outside);

        assertThat(refusal(() -> store.delete(ROOT), Kind.INVALID)).contains("regular file");
        assertThat(refusal(() -> store.resize(ROOT, 1 << 20, true), Kind.INVALID))
                .contains("regular file");
        assertThat(store.volumes()).isEmpty();
        assertThat(outside).hasContent("precious");
    }

    @Test
    void shouldImportARawImageWithItsHoles() throws Exception {
        Path source = directory.resolve("image.raw");
        byte[] content = new byte[5 << 20];
        new Random(7).nextBytes(content);
        Arrays.fill(content, 1 << 20, 4 << 20, (byte) 0);
        Files.write(source, content);

        assertThat(store.importImage(ROOT, source, Optional.empty()).sizeBytes())
                .isEqualTo(content.length);

        assertThat(Files.readAllBytes(pool.resolve("root.raw"))).isEqualTo(content);
        assertThat(allocatedBytes()).isLessThan(3 << 20);
    }

    @Test
    void shouldRefuseToImportWhatIsNoImage() throws Exception {
        Path odd = Files.write(directory.resolve("odd"), new byte[1000]);
        Path magic = Files.write(directory.resolve("magic"), new byte[] {'Q', 'F', 'I', (byte) 0xfb});

        assertThat(refusal(() -> store.importImage(ROOT, odd, Optional.empty()), Kind.INVALID))
                .contains("1000 bytes", "multiple of 512");
        assertThat(refusal(() -> store.importImage(ROOT, magic, Optional.empty()), Kind.INVALID))
                .contains("begins like one of format qcow2");
        assertThat(refusal(() -> store.importImage(ROOT, directory, Optional.empty()), Kind.INVALID))
                .contains("absolute path of a file");
        assertThat(refusal(() -> store.importImage(ROOT, magic, Optional.of(ImageFormat.QCOW2)), Kind.INVALID))
                .contains("magic", "header of 4 bytes");
        assertThat(names()).isEmpty();
    }

    @Test
    void shouldRemoveWhatAProcessLeftThatDiedButNotWhatOneStillWrites() throws Exception {
        Path dead = Files.write(pool.resolve(".godwit-a.raw.1.part"), new byte[10]);
        Path alive = Files.write(pool.resolve(".godwit-b.raw.2.part"), new byte[10]);
        try (DiskFile writer = DiskFile.open(alive.toString(), false, false)) {
            assertThat(writer.tryLock()).isTrue();
            store.create(ROOT, 1 << 20, false);
        }

        assertThat(dead).doesNotExist();
        assertThat(alive).exists();
        assertThat(store.volumes()).extracting(Volume::name).containsExactly("root.raw");
    }

    private String refusal(ThrowingCallable act, Kind kind) {
        String[] message = {""};
        assertThatThrownBy(act).isInstanceOfSatisfying(StorageException.class, refused -> {
            assertThat(refused.kind()).as(refused.getMessage()).isEqualTo(kind);
            message[0] = refused.getMessage();
        });
        return message[0];
    }

    private void write(long offset, byte[] bytes) throws IOException {
        try (RandomAccessFile file =
                new RandomAccessFile(pool.resolve("root.raw").toFile(), "rw")) {
            file.seek(offset);
            file.write(bytes);
        }
    }

    private long allocatedBytes() throws Exception {
        Process stat =
                new ProcessBuilder("stat", "-c", "%b", pool.resolve("root.raw").toString()).start();
        return 512 * Long.parseLong(new String(stat.getInputStream().readAllBytes()).strip());
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(pool)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
