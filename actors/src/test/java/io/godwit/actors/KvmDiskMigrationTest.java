package io.godwit.actors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.godwit.actors.migration.MigrationView;
import io.godwit.actors.testing.TestHost;
import io.godwit.actors.testing.TwoHosts;
import io.godwit.actors.testing.WrappedMachine;
import io.godwit.actors.vm.VmActor;
import io.godwit.actors.vm.VmStatus;
import io.godwit.actors.vm.VmView;
import io.godwit.config.DirtyLogKind;
import io.godwit.config.MigrationParameters;
import io.godwit.config.NodeConfig.PoolKind;
import io.godwit.config.NodeConfig.Resources;
import io.godwit.config.NodeConfig.StoragePool;
import io.godwit.config.VmSpec;
import io.godwit.config.device.DiskSpec;
import io.godwit.config.device.DiskSpec.CacheMode;
import io.godwit.config.device.VolumeRef;
import io.godwit.kvm.Kvm;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.vmm.Device;
import io.godwit.vmm.Machine;
import io.godwit.vmm.MachineFactory;
import io.godwit.vmm.MachineState;
import io.godwit.vmm.kvm.KvmMachineFactory;
import io.godwit.vmm.probe.DriveResults;
import io.godwit.vmm.probe.GuestKernel;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Queue;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A guest that writes to its disk all the time, between two hosts of one JVM that share the image. */
@Timeout(180)
class KvmDiskMigrationTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int MOVES = 6;
    private static final long IMAGE_BYTES = 8L << 20;
    private static final String WRITING = "test=blk mode=stamp depth=64 seconds=0";

    @TempDir
    Path directory;

    private final Queue<String> atPause = new ConcurrentLinkedQueue<>();
    private final Queue<String> onArrival = new ConcurrentLinkedQueue<>();

    /** Hashes the image when the source's state is saved, and before anything of the target does I/O. */
    private final class Hashing extends WrappedMachine {
        private volatile boolean arriving;

        Hashing(Machine machine) {
            super(machine);
        }

        @Override
        public MachineState save() {
            atPause.add(imageHash());
            return super.save();
        }

        @Override
        public void restore(MachineState state) {
            super.restore(state);
            arriving = true;
        }

        @Override
        public List<Device> devices() {
            return super.devices().stream()
                    .map(device -> device.id().equals("disk/0") ? new HashingDisk(device) : device)
                    .toList();
        }

        private final class HashingDisk implements Device {
            private final Device disk;

            HashingDisk(Device disk) {
                this.disk = disk;
            }

            @Override
            public String id() {
                return disk.id();
            }

            @Override
            public CompletionStage<Void> quiesce() {
                return disk.quiesce();
            }

            @Override
            public CompletionStage<Void> handOver() {
                return disk.handOver();
            }

            @Override
            public CompletionStage<Void> resume() {
                if (arriving) {
                    arriving = false;
                    onArrival.add(imageHash());
                }
                return disk.resume();
            }
        }
    }

    private Path image() {
        return directory.resolve("disk.raw");
    }

    private String imageHash() {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(image())));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every JDK has SHA-256", impossible);
        }
    }

    private VmSpec spec(CacheMode cache) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(image().toFile(), "rw")) {
            file.setLength(IMAGE_BYTES);
        }
        Path kernel = GuestKernel.DRIVE.extractTo(directory.resolve("drive.elf"));
        DiskSpec disk = new DiskSpec(new VolumeRef("shared", "disk.raw"), false, cache, 1);
        return new VmSpec(
                "writer",
                64L << 20,
                1,
                kernel.toString(),
                WRITING,
                null,
                DirtyLogKind.BITMAP,
                Collections.emptySortedSet(),
                List.of(disk),
                List.of(),
                new TreeSet<>());
    }

    private static long written(TestHost host, VmView vm) {
        GuestMemory memory = host.vault().find(vm.id()).orElseThrow().machine().memory();
        try (GuestMemory.Lease lease = memory.lease()) {
            return DriveResults.read(lease::getLong)
                    .map(DriveResults::operations)
                    .orElse(0L);
        }
    }

    @ParameterizedTest
    @EnumSource(CacheMode.class)
    void shouldHaveOnArrivalEveryByteOfItsDiskThatItHadAtItsPause(CacheMode cache) throws Exception {
        assumeTrue(
                Kvm.unavailableReason().isEmpty(),
                () -> "skipped: " + Kvm.unavailableReason().orElse(""));
        Resources resources = new Resources(List.of(new StoragePool("shared", directory, PoolKind.SHARED)), List.of());
        try (KvmMachineFactory kvm = KvmMachineFactory.open(resources)) {
            MachineFactory hashing = WrappedMachine.factory(kvm, Hashing::new);
            try (TwoHosts hosts = new TwoHosts(hashing)) {
                VmView vm = hosts.ask(TwoHosts.get(hosts.client().create(spec(cache), "a")), VmActor.Start::new);
                for (int move = 0; move < MOVES; move++) {
                    TestHost here = move % 2 == 0 ? hosts.a() : hosts.b();
                    long before = written(here, vm);
                    await().atMost(LIMIT).until(() -> written(here, vm) > before + 200);
                    MigrationView ended =
                            hosts.ended(hosts.migrate(vm, move % 2 == 0 ? "b" : "a", MigrationParameters.NONE));
                    assertThat(ended.status()).as(ended.reason()).isEqualTo("completed");
                    hosts.awaitVm(vm, view -> view.status() == VmStatus.RUNNING && view.migrationId() == null);
                }
            }
        }
        assertThat(atPause)
                .as("the guest wrote between its moves")
                .hasSize(MOVES)
                .doesNotHaveDuplicates();
        assertThat(onArrival).containsExactlyElementsOf(atPause);
    }
}
