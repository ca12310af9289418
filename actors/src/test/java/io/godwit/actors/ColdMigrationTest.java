package io.godwit.actors;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.godwit.actors.admission.ProtocolRange;
import io.godwit.actors.migration.MigrationView;
import io.godwit.actors.testing.InMemoryLedger;
import io.godwit.actors.testing.TestHost;
import io.godwit.actors.testing.TestLine;
import io.godwit.actors.testing.TwoHosts;
import io.godwit.actors.vm.VmActor;
import io.godwit.actors.vm.VmStatus;
import io.godwit.actors.vm.VmView;
import io.godwit.config.DirtyLogKind;
import io.godwit.config.NodeConfig.PoolKind;
import io.godwit.config.NodeConfig.Resources;
import io.godwit.config.NodeConfig.StoragePool;
import io.godwit.config.VmSpec;
import io.godwit.config.device.DiskSpec;
import io.godwit.config.device.DiskSpec.CacheMode;
import io.godwit.config.device.VolumeRef;
import io.godwit.control.alarm.Alarm;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.permit.PermitTimes;
import io.godwit.vmm.simulated.SimulatedMachineFactory;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A VM that is off moves between hosts whose disks are their own. */
@Timeout(120)
class ColdMigrationTest {
    private static final VolumeRef ROOT = new VolumeRef("own", "root.raw");
    private static final VolumeRef DATA = new VolumeRef("own", "data.raw");
    /** Not whole pages. */
    private static final int ROOT_BYTES = (3 << 20) + 512;

    private static final int DATA_BYTES = 40 << 20;

    @TempDir
    Path directory;

    private final InMemoryLedger ledger = new InMemoryLedger();
    private TestHost a;
    private TestHost b;

    @BeforeEach
    void start() throws Exception {
        int port = freePort();
        a = host("a", port, port);
        b = host("b", freePort(), port);
        for (TestHost host : List.of(a, b)) {
            await().atMost(30, SECONDS)
                    .until(() -> TwoHosts.get(host.client().hosts()).stream()
                                    .filter(seen -> seen.state().equals("up")
                                            && !seen.incarnation().isEmpty())
                                    .count()
                            == 2);
        }
    }

    @AfterEach
    void stop() {
        Stream.of(a, b).forEach(TestHost::close);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private TestHost host(String name, int port, int seed) throws IOException {
        Path pool = Files.createDirectories(directory.resolve(name));
        return new TestHost(
                name,
                port,
                List.of("127.0.0.1:" + seed),
                ledger,
                new SimulatedMachineFactory(),
                1L << 30,
                ProtocolRange.SPOKEN,
                new TestLine(),
                PermitTimes.DEFAULT,
                null,
                null,
                new Resources(List.of(new StoragePool("own", pool, PoolKind.LOCAL)), List.of()));
    }

    @Test
    void shouldMoveAVmThatIsOffWithItsDisks() throws Exception {
        byte[] root = fill("a", ROOT, ROOT_BYTES, 1);
        byte[] data = fill("a", DATA, DATA_BYTES, 2);
        VmView vm = define("db", ROOT, DATA);

        MigrationView end = moved("db", "b", false);

        assertThat(end.status()).as(end.reason()).isEqualTo("completed");
        assertThat(end.parameters()).containsEntry("mode", "cold");
        assertThat(end.transferredBytes()).isGreaterThan(DATA_BYTES);
        assertThat(end.remainingBytes()).isZero();
        await().atMost(30, SECONDS)
                .until(() -> TwoHosts.get(a.client().vm("db")).host().equals("b"));
        VmRecord record = record(vm.id());
        assertThat(record.owner().hostId()).isEqualTo("b");
        assertThat(record.epoch()).isEqualTo(2);
        assertThat(TwoHosts.get(a.client().vm("db")).status()).isEqualTo(VmStatus.STOPPED);
        assertThat(Files.readAllBytes(file("b", ROOT))).isEqualTo(root);
        assertThat(Arrays.equals(Files.readAllBytes(file("b", DATA)), data)).isTrue();
        awaitFiles("a");
        awaitFiles("b", "data.raw", "root.raw");
    }

    @Test
    void shouldStartItThereWhereThatIsAskedForAndMoveItBack() throws Exception {
        byte[] root = fill("a", ROOT, ROOT_BYTES, 3);
        define("db", ROOT);

        assertThat(moved("db", "b", true).status()).isEqualTo("completed");
        await().atMost(30, SECONDS)
                .until(() -> TwoHosts.get(b.client().vm("db")).status() == VmStatus.RUNNING);
        assertThatThrownBy(() -> TwoHosts.get(a.client().migrateCold("db", "a", false)))
                .hasMessageContaining("only one that was stopped is moved cold");
        TwoHosts.get(b.client().request("db", VmActor.Stop::new));

        assertThat(moved("db", "a", false).status()).isEqualTo("completed");
        assertThat(Files.readAllBytes(file("a", ROOT))).isEqualTo(root);
        awaitFiles("b");
    }

    @Test
    void shouldShowWhatAHostNoticedOfItselfOnEveryHost() throws Exception {
        a.raise(new Alarm(Alarm.Kind.CLOCK_STEP, 2_000, -5_000));
        b.raise(new Alarm(Alarm.Kind.JVM_PAUSE, 3_000, 2_345));

        for (TestHost host : List.of(a, b)) {
            assertThat(TwoHosts.get(host.client().alarms()))
                    .extracting(alarm -> alarm.host() + " " + alarm.kind() + " " + alarm.valueMs())
                    .containsExactly("b jvm-pause 2345", "a clock-step -5000");
        }
    }

    @Test
    void shouldMoveAVmWithoutDisks() throws Exception {
        VmView vm = define("bare");
        assertThat(moved("bare", "b", false).status()).isEqualTo("completed");
        assertThat(record(vm.id()).owner().hostId()).isEqualTo("b");
    }

    @Test
    void shouldRefuseWhatTheTargetHasNoPlaceForAndSayWhy() throws Exception {
        fill("a", ROOT, ROOT_BYTES, 4);
        fill("b", ROOT, 1 << 20, 5);
        VmView vm = define("db", ROOT);

        assertThatThrownBy(() -> TwoHosts.get(a.client().migrateCold("db", "b", false)))
                .isInstanceOf(ExecutionException.class)
                .hasMessageContaining("volume own/root.raw exists on this host already");
        assertThatThrownBy(() -> TwoHosts.get(a.client().migrateCold("db", "a", false)))
                .hasMessageContaining("already on host a");

        assertThat(record(vm.id()).owner().hostId()).isEqualTo("a");
        assertThat(TwoHosts.get(a.client().vm("db")).migrationId()).isNull();
        awaitFiles("a", "root.raw");
    }

    @Test
    void shouldKeepTheVmAtItsSourceWhenTheLedgerAbortsTheMoveFirst() throws Exception {
        fill("a", ROOT, ROOT_BYTES, 6);
        VmView vm = define("db", ROOT);
        ledger.acceptSubmits(0);
        MigrationView begun = TwoHosts.get(a.client().migrateCold("db", "b", false));
        await().atMost(30, SECONDS).until(() -> migration(begun.id()).reason().contains("the ledger does not answer"));
        assertThatThrownBy(() -> TwoHosts.get(a.client().cancelMigration(begun.id())))
                .hasMessageContaining("can no longer be cancelled");
        assertThat(file("b", ROOT)).as("not before the ledger says so").doesNotExist();
        ledger.acceptSubmits(Integer.MAX_VALUE);
        TwoHosts.get(ledger.submit(new LedgerCommand.Abort("operator", vm.id(), begun.id())));

        await().atMost(30, SECONDS).until(() -> migration(begun.id()).ended());

        assertThat(migration(begun.id()).status()).isIn("failed", "completed");
        String owner = record(vm.id()).owner().hostId();
        awaitFiles(owner, "root.raw");
        awaitFiles(owner.equals("a") ? "b" : "a");
    }

    @Test
    void shouldCancelWhileDisksAreCopied() throws Exception {
        fill("a", ROOT, ROOT_BYTES, 7);
        fill("a", DATA, DATA_BYTES, 8);
        VmView vm = define("db", ROOT, DATA);
        MigrationView begun = TwoHosts.get(a.client().migrateCold("db", "b", false));
        boolean cancelled = true;
        try {
            TwoHosts.get(a.client().cancelMigration(begun.id()));
        } catch (ExecutionException tooLate) {
            cancelled = false;
        }
        await().atMost(30, SECONDS).until(() -> migration(begun.id()).ended());

        assertThat(migration(begun.id()).status()).isEqualTo(cancelled ? "cancelled" : "completed");
        String owner = record(vm.id()).owner().hostId();
        assertThat(owner).isEqualTo(cancelled ? "a" : "b");
        awaitFiles(owner, "data.raw", "root.raw");
        awaitFiles(cancelled ? "b" : "a");
    }

    private MigrationView moved(String vm, String target, boolean autoStart) throws Exception {
        MigrationView begun = TwoHosts.get(a.client().migrateCold(vm, target, autoStart));
        await().atMost(60, SECONDS).until(() -> migration(begun.id()).ended());
        return migration(begun.id());
    }

    private MigrationView migration(String id) throws Exception {
        return TwoHosts.get(a.client().migration(id));
    }

    private VmRecord record(String vm) throws Exception {
        return TwoHosts.get(ledger.find(vm)).orElseThrow();
    }

    private Path file(String host, VolumeRef volume) {
        return directory.resolve(host).resolve(volume.volume());
    }

    /** Everything in the host's pool: nothing of a move is left. */
    private void awaitFiles(String host, String... names) {
        await().atMost(60, SECONDS).untilAsserted(() -> {
            try (Stream<Path> files = Files.list(directory.resolve(host))) {
                assertThat(files.map(file -> file.getFileName().toString()).sorted())
                        .containsExactly(names);
            }
        });
    }

    /** Random bytes with holes between them. */
    private byte[] fill(String host, VolumeRef volume, int sizeBytes, long seed) throws IOException {
        byte[] content = new byte[sizeBytes];
        Random random = new Random(seed);
        byte[] piece = new byte[10_000];
        for (int at = 0; at + piece.length < sizeBytes; at += 100_000) {
            random.nextBytes(piece);
            System.arraycopy(piece, 0, content, at, piece.length);
        }
        content[sizeBytes - 1] = 7;
        try (RandomAccessFile file = new RandomAccessFile(file(host, volume).toFile(), "rw")) {
            file.write(content);
        }
        return content;
    }

    private VmView define(String name, VolumeRef... volumes) throws Exception {
        Path kernel = directory.resolve("kernel");
        Files.write(kernel, new byte[] {1});
        VmSpec plain = new VmSpec(name, 64 << 20, 1, kernel.toString(), "", null, DirtyLogKind.BITMAP, new TreeSet<>());
        List<DiskSpec> disks = Stream.of(volumes)
                .map(volume -> new DiskSpec(volume, false, CacheMode.WRITEBACK, 1))
                .toList();
        return TwoHosts.get(a.client().create(plain.with(disks, plain.nics(), plain.slots()), "a"));
    }
}
