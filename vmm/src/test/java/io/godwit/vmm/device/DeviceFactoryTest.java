package io.godwit.vmm.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.config.DirtyLogKind;
import io.godwit.config.NodeConfig.PoolKind;
import io.godwit.config.NodeConfig.Resources;
import io.godwit.config.NodeConfig.StoragePool;
import io.godwit.config.VmSpec;
import io.godwit.config.device.DiskSpec;
import io.godwit.config.device.DiskSpec.CacheMode;
import io.godwit.config.device.VolumeRef;
import io.godwit.kvm.memory.GuestLayout;
import io.godwit.vmm.Backend;
import io.godwit.vmm.MachineException;
import io.godwit.vmm.MachineProfile;
import io.godwit.vmm.virtio.VirtioDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.agrona.CloseHelper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What hosts say of the disks of a machine that moves. */
class DeviceFactoryTest {
    private static final int BYTES = 4096;

    @TempDir
    private Path pools;

    @Test
    void shouldTakeAMachineWhoseSharedVolumeIsHereInItsSize() throws IOException {
        assertThat(refusals(PoolKind.SHARED, false, Map.of("disk/0", (long) image(BYTES))))
                .isEmpty();
    }

    @Test
    void shouldNamePoolVolumeAndBothSizesThatDiffer() throws IOException {
        image(BYTES);

        assertThat(refusals(PoolKind.SHARED, false, Map.of("disk/0", 8192L)))
                .containsExactly(
                        "disk/0: volume san/root.raw has 4096 bytes here and 8192 at the source; the same volume"
                                + " is expected at both");
    }

    @Test
    void shouldSayThatAVolumeIsNotHere() {
        assertThat(refusals(PoolKind.SHARED, true, Map.of("disk/0", 8192L)))
                .singleElement()
                .asString()
                .startsWith("disk/0: volume san/root.raw of 8192 bytes at the source cannot be opened here:")
                .contains("ENOENT");
    }

    @Test
    void shouldNotTakeADiskWhoseSizeItIsNotTold() throws IOException {
        image(BYTES);

        assertThat(refusals(PoolKind.SHARED, false, Map.of()))
                .containsExactly("disk/0: volume san/root.raw: the source does not say its size");
    }

    @Test
    void shouldRefuseAWritableVolumeOfALocalPoolAtBothEnds() throws IOException {
        image(BYTES);
        String reason = "volume san/root.raw is writable and pool san is local; a disk goes along only where it is in a"
                + " shared pool, or read-only";

        assertThat(refusals(PoolKind.LOCAL, false, Map.of("disk/0", (long) BYTES)))
                .containsExactly("disk/0: " + reason);
        assertThat(atTheSource(PoolKind.LOCAL, false)).contains(reason);
    }

    @Test
    void shouldLetReadOnlyAndSharedDisksGo() throws IOException {
        image(BYTES);

        assertThat(refusals(PoolKind.LOCAL, true, Map.of("disk/0", (long) BYTES)))
                .isEmpty();
        assertThat(atTheSource(PoolKind.LOCAL, true)).isEmpty();
        assertThat(atTheSource(PoolKind.SHARED, false)).isEmpty();
    }

    @Test
    void shouldMissAnImageBeforeItsMachineIsMade() throws IOException {
        assertThatThrownBy(() -> factory(PoolKind.SHARED).requireImages(spec(false)))
                .isInstanceOf(MachineException.class)
                .hasMessageStartingWith("disk/0: " + pools.resolve("root.raw") + " cannot be opened")
                .hasMessageContaining("ENOENT");
        image(BYTES);
        factory(PoolKind.SHARED).requireImages(spec(false));
    }

    private int image(int bytes) throws IOException {
        Files.write(pools.resolve("root.raw"), new byte[bytes]);
        return bytes;
    }

    private DeviceFactory factory(PoolKind kind) {
        return new DeviceFactory(new Resources(List.of(new StoragePool("san", pools, kind)), List.of()));
    }

    private List<String> refusals(PoolKind kind, boolean readOnly, Map<String, Long> sizes) {
        VmSpec spec = spec(readOnly);
        return factory(kind)
                .refusals(new MachineProfile(
                        spec,
                        Backend.KVM,
                        GuestLayout.ofSize(spec.memoryBytes()),
                        new TreeMap<>(),
                        new TreeSet<>(),
                        0,
                        new TreeMap<>(sizes),
                        new TreeMap<>()));
    }

    /** What an open disk says of itself. */
    private Optional<String> atTheSource(PoolKind kind, boolean readOnly) {
        List<VirtioDevice> devices = factory(kind).open(spec(readOnly));
        try {
            assertThat(devices.get(0).imageBytes()).hasValue(BYTES);
            return devices.get(0).notMigratable();
        } finally {
            CloseHelper.quietCloseAll(devices);
        }
    }

    private static VmSpec spec(boolean readOnly) {
        return new VmSpec(
                "db",
                64 << 20,
                1,
                "/k",
                "",
                null,
                DirtyLogKind.BITMAP,
                new TreeSet<>(),
                List.of(new DiskSpec(new VolumeRef("san", "root.raw"), readOnly, CacheMode.WRITEBACK, 1)),
                List.of(),
                new TreeSet<>());
    }
}
