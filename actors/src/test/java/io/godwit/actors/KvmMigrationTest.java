package io.godwit.actors;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.godwit.actors.migration.MigrationView;
import io.godwit.actors.testing.InMemoryLedger;
import io.godwit.actors.testing.TestHost;
import io.godwit.actors.vm.VmActor;
import io.godwit.actors.vm.VmStatus;
import io.godwit.actors.vm.VmView;
import io.godwit.config.DirtyLogKind;
import io.godwit.config.MigrationParameter;
import io.godwit.config.MigrationParameters;
import io.godwit.config.VmSpec;
import io.godwit.integration.harness.FreePorts;
import io.godwit.kvm.Kvm;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.vmm.kvm.KvmMachineFactory;
import io.godwit.vmm.probe.GuestKernel;
import io.godwit.vmm.probe.ProbeCounters;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The probe guest on real KVM between two hosts of one JVM. */
@Timeout(180)
class KvmMigrationTest {
    private static final MigrationParameters HASHED = MigrationParameters.of(MigrationParameter.VERIFY, "at-pause");

    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource({"1, BITMAP", "2, BITMAP", "2, RING"})
    void shouldCarryARunningGuestThereAndBackWithoutAnError(int vcpus, DirtyLogKind dirtyLog) throws Exception {
        assumeTrue(
                Kvm.unavailableReason().isEmpty(),
                () -> "skipped: " + Kvm.unavailableReason().orElse(""));
        Path kernel = directory.resolve("probe.elf");
        GuestKernel.PROBE.extractTo(kernel);
        InMemoryLedger ledger = new InMemoryLedger();
        int portA = FreePorts.tcp();
        List<String> seeds = List.of("127.0.0.1:" + portA);
        try (KvmMachineFactory factory = KvmMachineFactory.open();
                TestHost a = new TestHost("a", portA, seeds, ledger, factory, 1L << 30);
                TestHost b = new TestHost("b", FreePorts.tcp(), seeds, ledger, factory, 1L << 30)) {
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> get(a.client().hosts()).stream()
                                    .filter(host -> host.state().equals("up")
                                            && !host.incarnation().isEmpty())
                                    .count()
                            == 2);
            VmView vm = get(a.client()
                    .create(
                            new VmSpec(
                                    "probe",
                                    256L << 20,
                                    vcpus,
                                    kernel.toString(),
                                    "wss=32 rate=20 fill=128",
                                    null,
                                    dirtyLog,
                                    new TreeSet<>()),
                            "a"));
            get(a.client().request(vm.id(), VmActor.Start::new));
            await().atMost(60, SECONDS)
                    .until(() -> counters(a, vm).filter(ProbeCounters::ready).isPresent());
            TestHost[] hosts = {b, a, b};
            String[] names = {"b", "a", "b"};
            for (int i = 0; i < hosts.length; i++) {
                MigrationView begun = get(a.client().migrate(vm.id(), names[i], HASHED));
                MigrationView ended = await().atMost(60, SECONDS)
                        .until(() -> get(a.client().migration(begun.id())), MigrationView::ended);
                System.out.println(ended);
                assertThat(ended.status()).as(ended.reason()).isEqualTo("completed");
                assertThat(ended.verified()).isTrue();
                await().atMost(10, SECONDS)
                        .until(() -> get(a.client().vm("probe")).status() == VmStatus.RUNNING);
                TestHost now = hosts[i];
                long beats = counters(now, vm).orElseThrow().perVcpu().get(0).heartbeat();
                await().atMost(10, SECONDS)
                        .until(() ->
                                counters(now, vm).orElseThrow().perVcpu().get(0).heartbeat() > beats);
                assertThat(counters(now, vm).orElseThrow().errors()).isZero();
            }
        }
    }

    private static Optional<ProbeCounters> counters(TestHost host, VmView vm) {
        GuestMemory memory = host.vault().find(vm.id()).orElseThrow().machine().memory();
        try (GuestMemory.Lease lease = memory.lease()) {
            return ProbeCounters.read(lease::getLong);
        }
    }

    private static <T> T get(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(60, SECONDS);
    }
}
