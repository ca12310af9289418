package io.godwit.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.godwit.config.DirtyLogKind;
import io.godwit.config.MigrationParameter;
import io.godwit.config.MigrationParameters;
import io.godwit.config.MigrationSettings;
import io.godwit.config.VmSpec;
import io.godwit.kvm.Kvm;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.migration.dirtyrate.DirtyRate;
import io.godwit.migration.dirtyrate.DirtyRateMeasurement;
import io.godwit.migration.harness.Memories;
import io.godwit.migration.harness.SourceOwner;
import io.godwit.migration.harness.TestCluster;
import io.godwit.vmm.Machine;
import io.godwit.vmm.Vcpu;
import io.godwit.vmm.kvm.KvmMachineFactory;
import io.godwit.vmm.probe.GuestKernel;
import io.godwit.vmm.probe.ProbeCounters;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The probe guest on real KVM, dirtying faster than its link carries. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class KvmConvergenceTest {
    private static final Duration LIMIT = Duration.ofSeconds(120);
    private static final MigrationParameters NARROW = MigrationParameters.of(
                    MigrationParameter.MAX_BANDWIDTH, 150_000_000)
            .with(MigrationParameter.VERIFY, "none");
    private static final MigrationParameters CONVERGING = NARROW.with(MigrationParameter.AUTO_CONVERGE, true)
            .with(MigrationParameter.THROTTLE_INITIAL, 60)
            .with(MigrationParameter.THROTTLE_INCREMENT, 38);

    @TempDir
    Path directory;

    private final List<Machine> machines = new ArrayList<>();
    private KvmMachineFactory factory;
    private TestCluster cluster;

    @BeforeEach
    void openKvm() {
        Kvm.unavailableReason().ifPresent(reason -> System.out.println("skipped, no KVM here: " + reason));
        assumeThat(Kvm.unavailableReason()).isEmpty();
        factory = KvmMachineFactory.open();
        cluster = new TestCluster();
    }

    @AfterEach
    void close() {
        if (cluster != null) {
            machines.forEach(Machine::close);
            cluster.close();
            factory.close();
        }
    }

    private Machine machine(int vcpus, String cmdline, DirtyLogKind log, long memoryMib) {
        Path kernel = directory.resolve("probe.elf");
        if (!kernel.toFile().exists()) {
            extract(kernel);
        }
        Machine machine = factory.create(new VmSpec(
                "probe-" + machines.size(),
                memoryMib << 20,
                vcpus,
                kernel.toString(),
                cmdline,
                null,
                log,
                new TreeSet<>()));
        machines.add(machine);
        return machine;
    }

    private static void extract(Path kernel) {
        try {
            GuestKernel.PROBE.extractTo(kernel);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Machine running(int vcpus, String cmdline, DirtyLogKind log, long memoryMib) {
        Machine machine = machine(vcpus, cmdline, log, memoryMib);
        machine.boot();
        machine.vcpus().forEach(Vcpu::resume);
        await().atMost(LIMIT).until(() -> counters(machine).ready());
        return machine;
    }

    private static ProbeCounters counters(Machine machine) {
        try (GuestMemory.Lease lease = machine.memory().lease()) {
            return ProbeCounters.read(lease::getLong).orElse(new ProbeCounters(1, 0, 0, 0, 0, 0, false, List.of()));
        }
    }

    private TestCluster.Halves begin(Machine from, MigrationParameters parameters, SourceOwner owner) {
        Machine to = factory.create(from.spec());
        machines.add(to);
        TestCluster.Halves halves =
                cluster.migration(from, to, MigrationSettings.of(parameters), owner, UnaryOperator.identity());
        halves.start();
        return halves;
    }

    private void shouldArrive(Machine from, SourceOwner owner, TestCluster.Halves halves) {
        await().atMost(LIMIT).until(owner::isOver);
        owner.restSent();
        halves.target().ready();
        Machine to = machines.get(machines.size() - 1);
        Memories.assertEqual(from.memory(), to.memory());
        assertThat(from.vcpus()).allMatch(vcpu -> vcpu.throttlePercent() == 0);
        to.vcpus().forEach(Vcpu::resume);
        long written = counters(to).bytesWritten();
        await().atMost(LIMIT).until(() -> counters(to).bytesWritten() > written + (8 << 20));
        assertThat(counters(to).errors()).isZero();
    }

    @Test
    void shouldConvergeByHoldingBackAGuestThatIsFourTimesAsFastAsItsLink() {
        Machine from = running(1, "wss=512 rate=600 fill=512 check=0", DirtyLogKind.BITMAP, 640);
        SourceOwner owner = new SourceOwner(from);
        try (TestCluster.Halves halves = begin(from, CONVERGING, owner)) {
            await().atMost(LIMIT).until(() -> from.vcpus().get(0).throttlePercent() >= 60);
            shouldArrive(from, owner, halves);
            assertThat(owner.restSent().predicted().fits()).isTrue();
        }
    }

    @Test
    void shouldEndByEachTimeoutActionByAQuickFinishAndByForce() {
        Machine from = running(1, "wss=512 rate=600 fill=512 check=0", DirtyLogKind.BITMAP, 640);
        MigrationParameters timeout = NARROW.with(MigrationParameter.TIMEOUT, "1s");
        SourceOwner cancelled = new SourceOwner(from);
        try (TestCluster.Halves halves =
                begin(from, timeout.with(MigrationParameter.TIMEOUT_ACTION, "cancel"), cancelled)) {
            assertThat(cancelled.outcome()).isInstanceOf(SourceOwner.Outcome.Cancelled.class);
        }
        machines.remove(machines.size() - 1).close();
        SourceOwner suspended = new SourceOwner(from);
        try (TestCluster.Halves halves = begin(from, timeout, suspended)) {
            shouldArrive(from, suspended, halves);
            assertThat(suspended.isOverdue()).isTrue();
        }
        Machine second = machines.get(machines.size() - 1);
        SourceOwner quick = new SourceOwner(second);
        try (TestCluster.Halves halves = begin(
                second,
                NARROW.with(MigrationParameter.QUICKLY_FINISH, true).with(MigrationParameter.DOWNTIME_LIMIT, "2s"),
                quick)) {
            shouldArrive(second, quick, halves);
            assertThat(quick.restSent().predicted().limitMs()).isGreaterThan(2_000);
        }
        Machine third = machines.get(machines.size() - 1);
        SourceOwner forced = new SourceOwner(third);
        try (TestCluster.Halves halves = begin(third, NARROW, forced)) {
            await().atMost(LIMIT).until(() -> halves.outgoing().progress().transferredBytes() > 50 << 20);
            halves.outgoing().finishNow();
            shouldArrive(third, forced, halves);
        }
    }

    @Test
    void shouldSlowOnlyTheVcpuThatDirties() {
        Machine from = running(2, "wss=64 rate=400 fill=64 check=0 writers=1", DirtyLogKind.RING, 128);
        SourceOwner owner = new SourceOwner(from);
        MigrationParameters parameters = NARROW.with(MigrationParameter.MAX_BANDWIDTH, 30_000_000)
                .with(MigrationParameter.DOWNTIME_LIMIT, "20ms")
                .with(MigrationParameter.AUTO_CONVERGE, true)
                .with(MigrationParameter.THROTTLE_INITIAL, 80)
                .with(MigrationParameter.THROTTLE_MAX, 80);
        try (TestCluster.Halves halves = begin(from, parameters, owner)) {
            await().atMost(LIMIT).until(() -> throttles(from).equals(List.of(80, 0)));
            ProbeCounters before = counters(from);
            long start = System.nanoTime();
            await().atMost(LIMIT).until(() -> System.nanoTime() - start > 2_000_000_000L);
            ProbeCounters after = counters(from);
            assertThat(throttles(from)).as("all the time").containsExactly(80, 0);
            long dirtier = beats(after, 0) - beats(before, 0);
            long other = beats(after, 1) - beats(before, 1);
            System.out.println("heartbeats in 2 s: throttled " + dirtier + ", free " + other);
            assertThat(other)
                    .as("the vCPU that dirties nothing keeps its speed")
                    .isGreaterThan(2 * dirtier);
            halves.outgoing().finishNow();
            shouldArrive(from, owner, halves);
        }
    }

    private static long beats(ProbeCounters counters, int vcpu) {
        return counters.perVcpu().get(vcpu).heartbeat();
    }

    private static List<Integer> throttles(Machine machine) {
        return machine.vcpus().stream().map(Vcpu::throttlePercent).toList();
    }

    @Test
    void shouldHoldEachVcpuToItsDirtyLimit() {
        Machine from = running(2, "wss=64 rate=400 fill=64 check=0 writers=1", DirtyLogKind.RING, 128);
        SourceOwner owner = new SourceOwner(from).allowsNothing();
        MigrationParameters parameters = NARROW.with(MigrationParameter.VCPU_DIRTY_LIMIT, 20_000_000);
        try (TestCluster.Halves halves = begin(from, parameters, owner)) {
            await().atMost(LIMIT).until(() -> throttles(from).get(0) >= 80);
            long start = System.nanoTime();
            long written = counters(from).bytesWritten();
            await().atMost(LIMIT).until(() -> System.nanoTime() - start > 3_000_000_000L);
            double rate = (counters(from).bytesWritten() - written) / ((System.nanoTime() - start) / 1e9);
            System.out.printf("held to 20 MB/s: %.1f MB/s%n", rate / 1e6);
            assertThat(rate).isBetween(5e6, 60e6);
            assertThat(throttles(from).get(1)).as("the other vCPU").isZero();
            halves.outgoing().allowSwitchover();
            shouldArrive(from, owner, halves);
        }
    }

    @Test
    void shouldMeasureRateAndWorkingSetPerVcpuBesideAMigration() throws Exception {
        Machine from = running(2, "wss=32 rate=200 fill=96 check=0 writers=1", DirtyLogKind.RING, 192);
        SourceOwner owner = new SourceOwner(from).allowsNothing();
        try (TestCluster.Halves halves = begin(from, NARROW, owner)) {
            await().atMost(LIMIT).until(() -> halves.outgoing().progress().rounds() > 1);
            DirtyRate rate = DirtyRateMeasurement.start(from, Duration.ofMillis(1_500))
                    .outcome()
                    .toCompletableFuture()
                    .get(30, TimeUnit.SECONDS);
            System.out.println(rate);
            assertThat(rate.curve().workingSetBytes()).isBetween(30e6, 40e6);
            assertThat(rate.curve().bytesPerSecond()).isBetween(60e6, 300e6);
            assertThat(rate.vcpuBytesPerSecond()).hasSize(2);
            assertThat(rate.vcpuBytesPerSecond().get(0))
                    .isGreaterThan(10 * rate.vcpuBytesPerSecond().get(1));
            assertThat(rate.zeroBytes()).isBetween(70L << 20, 100L << 20);
            halves.outgoing().finishNow();
            halves.outgoing().allowSwitchover();
            shouldArrive(from, owner, halves);
        }
    }

    @Test
    void shouldKnowTheMachineOnlyWhereTheBitmapLogs() throws Exception {
        Machine from = running(2, "wss=16 rate=50 fill=16", DirtyLogKind.BITMAP, 64);
        DirtyRate rate = DirtyRateMeasurement.start(from, Duration.ofMillis(500))
                .outcome()
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS);
        assertThat(rate.vcpuBytesPerSecond()).isEmpty();
        assertThat(rate.bytesPerSecond()).isBetween(10e6, 60e6);
    }
}
