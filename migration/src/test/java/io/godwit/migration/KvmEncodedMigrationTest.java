package io.godwit.migration;

import static io.godwit.migration.harness.TestCluster.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.config.Compression;
import io.godwit.config.DirtyLogKind;
import io.godwit.config.LaneSettings;
import io.godwit.config.MigrationSettings;
import io.godwit.config.VerifyMode;
import io.godwit.config.VmSpec;
import io.godwit.kvm.Kvm;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.migration.digest.MemoryComparison;
import io.godwit.migration.harness.SourceOwner;
import io.godwit.migration.harness.TestCluster;
import io.godwit.transport.seal.StreamSecret;
import io.godwit.vmm.Machine;
import io.godwit.vmm.kvm.KvmMachineFactory;
import io.godwit.vmm.probe.GuestKernel;
import io.godwit.vmm.probe.ProbeCounters;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The probe guest goes on at the target, and finds its memory whole, after its pages travelled encoded and sealed. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class KvmEncodedMigrationTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource({"1, ZLIB, 0, false, BITMAP", "2, ZSTD, 16, true, BITMAP", "3, NONE, 16, true, RING"})
    void shouldCarryARunningGuest(
            int lanes, Compression compression, long cacheMib, boolean sealed, DirtyLogKind dirtyLog) throws Exception {
        Optional<String> reason = Kvm.unavailableReason();
        reason.ifPresent(why -> System.out.println("skipped, no KVM here: " + why));
        Assumptions.assumeTrue(reason.isEmpty(), "no KVM here");
        Path kernel = GuestKernel.PROBE.extractTo(directory.resolve("probe.elf"));
        VmSpec spec = new VmSpec(
                "kvmcodec", 64L << 20, 1, kernel.toString(), "wss=8 rate=20 fill=32", null, dirtyLog, new TreeSet<>());
        LaneSettings how = new LaneSettings(lanes, compression, 1, true, true, cacheMib << 20);
        try (KvmMachineFactory factory = KvmMachineFactory.open();
                TestCluster cluster = new TestCluster();
                StreamSecret secret = StreamSecret.random();
                Machine from = factory.create(spec);
                Machine to = factory.create(spec)) {
            from.boot();
            await(from.vcpus().get(0).resume());
            await().atMost(LIMIT)
                    .until(() -> counters(from).map(ProbeCounters::ready).orElse(false));
            SourceOwner owner = new SourceOwner(from);
            try (TestCluster.Halves halves = cluster.migration(
                    from, to, settings(how), owner, UnaryOperator.identity(), sealed ? secret : null, 0)) {
                halves.start();
                owner.restSent();
                IncomingSummary ready = halves.target().ready();
                MemoryComparison comparison = await(halves.outgoing().compare(Objects.requireNonNull(ready.digest())));
                assertThat(comparison.isEqual()).as("%s", comparison).isTrue();
                assertThat(halves.outgoing().counters().sealedFrames() > 0).isEqualTo(sealed);
            }
            ProbeCounters carried = counters(to).orElseThrow();
            await(to.vcpus().get(0).resume());
            await().atMost(LIMIT)
                    .until(() -> counters(to).orElseThrow().bytesChecked() > carried.bytesChecked() + (32 << 20));
            await(to.vcpus().get(0).pause());
            assertThat(counters(to).orElseThrow().errors()).isZero();
        }
    }

    private static Optional<ProbeCounters> counters(Machine machine) {
        try (GuestMemory.Lease lease = machine.memory().lease()) {
            return ProbeCounters.read(lease::getLong);
        }
    }

    private static MigrationSettings settings(LaneSettings how) {
        MigrationSettings usual = MigrationSettings.DEFAULT;
        return new MigrationSettings(
                1_000,
                0,
                VerifyMode.AFTER_RESUME,
                how,
                usual.throttle(),
                usual.ending(),
                usual.encryption(),
                false,
                usual.announcement());
    }
}
