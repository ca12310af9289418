package io.godwit.vmm.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.config.NodeConfig.PoolKind;
import io.godwit.config.NodeConfig.Resources;
import io.godwit.config.NodeConfig.StoragePool;
import io.godwit.config.device.VolumeRef;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VolumeMovesTest {
    private static final String MOVE = "3f1c9b0e-52a1-4e0d-9a55-0c6f5f0f7a11";
    private static final String VM = "abcdefghijklmnopqrstuvwxy2";
    private static final VolumeRef ROOT = new VolumeRef("own", "root.raw");
    private static final VolumeRef DATA = new VolumeRef("own", "data.raw.move");

    @TempDir
    Path here;

    @TempDir
    Path there;

    private VolumeMoves from;
    private VolumeMoves to;

    @BeforeEach
    void start() {
        from = store(here).moves();
        to = store(there).moves();
    }

    private static VolumeStore store(Path pool) {
        return new VolumeStore(new Resources(
                List.of(new StoragePool("own", pool, PoolKind.LOCAL), new StoragePool("san", pool, PoolKind.SHARED)),
                List.of()));
    }

    @Test
    void shouldCarryVolumesPageByPageAndShowThemOnlyWhenTheyAreWhole() throws IOException {
        byte[] root = fill(ROOT, (1 << 20) + 512);
        byte[] data = fill(DATA, 1 << 20);
        copy(List.of(ROOT, DATA));

        assertThat(names(there)).as("staged, hidden").allMatch(name -> name.endsWith(".move"));
        assertThat(store(there).volumes()).isEmpty();
        assertThat(to.leftovers()).containsExactlyInAnyOrder(came(ROOT), came(DATA));
        to.publish(came(ROOT));
        to.publish(came(DATA));
        to.publish(came(DATA));

        assertThat(Files.readAllBytes(there.resolve("root.raw"))).isEqualTo(root);
        assertThat(Files.readAllBytes(there.resolve("data.raw.move"))).isEqualTo(data);
        assertThat(to.leftovers()).isEmpty();
    }

    @Test
    void shouldStageNothingThatDiffersFromWhatWasSent() throws IOException {
        fill(ROOT, 1 << 20);
        try (VolumesLeaving leaving = from.leave(List.of(ROOT));
                VolumesComing coming = to.receive(MOVE, VM, 3, leaving.layout().volumes())) {
            byte[] digests = leaving.digests();
            assertThatThrownBy(() -> coming.stage(digests)).hasMessageContaining("SHA-256 of volume root.raw");
            assertThatThrownBy(() -> coming.stage(new byte[1])).hasMessageContaining("1 bytes of checksums");
        }
        assertThat(names(there)).isEmpty();
    }

    @Test
    void shouldHoldVolumesThatLeaveAgainstMachines() throws IOException {
        fill(ROOT, 1 << 20);
        try (VolumesLeaving leaving = from.leave(List.of(ROOT))) {
            assertThatThrownBy(() -> from.leave(List.of(ROOT))).hasMessageContaining("in use");
            assertThat(leaving.layout().lengthBytes()).isEqualTo(1 << 20);
        }
        from.leave(List.of(ROOT)).close();
    }

    @Test
    void shouldRefuseWhatIsThereOrHasNoRoomOrIsShared() throws IOException {
        Files.write(there.resolve("root.raw"), new byte[512]);
        assertThatThrownBy(() -> to.receive(MOVE, VM, 3, List.of(new Volume("own", "root.raw", PoolKind.LOCAL, 512))))
                .hasMessageContaining("exists on this host already");
        assertThatThrownBy(
                        () -> to.receive(MOVE, VM, 3, List.of(new Volume("own", "big.raw", PoolKind.LOCAL, 1L << 61))))
                .hasMessageContaining((1L << 61) + " are needed");
        assertThatThrownBy(() -> to.receive(MOVE, VM, 3, List.of(new Volume("san", "x.raw", PoolKind.LOCAL, 512))))
                .hasMessageContaining("is shared on this host");
    }

    @Test
    void shouldNoteWhatLeavesAndDeleteItByTheNote() throws IOException {
        fill(ROOT, 1 << 20);
        from.mark(MOVE, VM, 3, List.of(ROOT));
        from.mark(MOVE, VM, 3, List.of(ROOT));
        MoveFile note = new MoveFile(MoveFile.Kind.LEFT, MOVE, VM, 3, ROOT);
        assertThat(from.leftovers()).containsExactly(note);
        assertThatThrownBy(() -> from.receive(MOVE, VM, 3, List.of(new Volume("own", "root.raw", PoolKind.LOCAL, 512))))
                .hasMessageContaining("exists on this host already");

        from.clear(note);
        from.clear(note);

        assertThat(names(here)).isEmpty();
    }

    @Test
    void shouldRefuseAVolumeWhoseNoteIsStillThere() throws IOException {
        fill(ROOT, 1 << 20);
        from.mark(MOVE, VM, 3, List.of(ROOT));
        Files.delete(here.resolve("root.raw"));

        assertThatThrownBy(() -> from.receive(MOVE, VM, 4, List.of(new Volume("own", "root.raw", PoolKind.LOCAL, 512))))
                .hasMessageContaining("still part of migration " + MOVE);
    }

    @Test
    void shouldNotOverwriteAVolumeThatWasMadeMeanwhile() throws IOException {
        fill(ROOT, 1 << 20);
        copy(List.of(ROOT));
        Files.write(there.resolve("root.raw"), new byte[512]);

        assertThatThrownBy(() -> to.publish(came(ROOT))).hasMessageContaining("made meanwhile by somebody else");

        assertThat(Files.size(there.resolve("root.raw"))).isEqualTo(512);
        assertThat(to.leftovers()).containsExactly(came(ROOT));
    }

    private void copy(List<VolumeRef> volumes) {
        try (VolumesLeaving leaving = from.leave(volumes);
                VolumesComing coming = to.receive(MOVE, VM, 3, leaving.layout().volumes())) {
            byte[] page = new byte[VolumeLayout.PAGE_BYTES];
            for (long at = 0; at < leaving.layout().lengthBytes(); at += page.length) {
                leaving.read(at, page, page.length);
                coming.write(at, page, page.length);
            }
            coming.stage(leaving.digests());
        }
    }

    private static MoveFile came(VolumeRef volume) {
        return new MoveFile(MoveFile.Kind.CAME, MOVE, VM, 3, volume);
    }

    private byte[] fill(VolumeRef volume, int sizeBytes) throws IOException {
        byte[] content = new byte[sizeBytes];
        new Random(sizeBytes).nextBytes(content);
        Files.write(here.resolve(volume.volume()), content);
        return content;
    }

    private static List<String> names(Path pool) throws IOException {
        try (Stream<Path> files = Files.list(pool)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
