package io.godwit.actors;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.godwit.actors.migration.MigrationView;
import io.godwit.actors.migration.PlanView;
import io.godwit.actors.testing.InMemoryLedger;
import io.godwit.actors.testing.TestHost;
import io.godwit.actors.vm.DirtyRateView;
import io.godwit.actors.vm.VmActor;
import io.godwit.actors.vm.VmStatus;
import io.godwit.actors.vm.VmView;
import io.godwit.config.DirtyLogKind;
import io.godwit.config.MigrationParameter;
import io.godwit.config.MigrationParameters;
import io.godwit.config.VmSpec;
import io.godwit.control.switchover.SourceSwitchover;
import io.godwit.integration.harness.FreePorts;
import io.godwit.vmm.Vcpu;
import io.godwit.vmm.simulated.SimulatedMachineFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Migrations that do not end by themselves, and plans, between two hosts on simulated machines. */
@Timeout(value = 120)
class SteeredMigrationTest {
    /** 64 MiB in more than 6 s: long enough to be told something. */
    private static final MigrationParameters SLOW =
            MigrationParameters.of(MigrationParameter.MAX_BANDWIDTH, 10_000_000);

    private static final MigrationParameters HELD =
            MigrationParameters.of(MigrationParameter.PAUSE_BEFORE_SWITCHOVER, true);

    @TempDir
    Path directory;

    private InMemoryLedger ledger;
    private TestHost a;
    private TestHost b;

    @BeforeEach
    void start() throws Exception {
        ledger = new InMemoryLedger();
        int portA = FreePorts.tcp();
        List<String> seeds = List.of("127.0.0.1:" + portA);
        a = new TestHost("a", portA, seeds, ledger, new SimulatedMachineFactory(), 1L << 30);
        b = new TestHost("b", FreePorts.tcp(), seeds, ledger, new SimulatedMachineFactory(), 256L << 20);
        for (TestHost host : List.of(a, b)) {
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> get(host.client().hosts()).stream()
                                    .filter(seen -> seen.state().equals("up")
                                            && !seen.incarnation().isEmpty())
                                    .count()
                            == 2);
        }
    }

    @AfterEach
    void stop() {
        b.close();
        a.close();
    }

    private VmView running(String name, DirtyLogKind log, long memoryMib) throws Exception {
        Path kernel = directory.resolve("kernel");
        Files.write(kernel, new byte[] {1});
        VmView vm = get(a.client()
                .create(
                        new VmSpec(
                                name,
                                memoryMib << 20,
                                2,
                                kernel.toString(),
                                "wss=8 rate=20 fill=64 writers=1",
                                null,
                                log,
                                new TreeSet<>()),
                        "a"));
        get(a.client().request(vm.id(), VmActor.Start::new));
        await().atMost(30, SECONDS)
                .until(() ->
                        a.vault().find(vm.id()).orElseThrow().machine().serial().position() > 80);
        return vm;
    }

    private MigrationView begin(VmView vm, MigrationParameters parameters) throws Exception {
        return get(a.client().migrate(vm.id(), "b", parameters));
    }

    private MigrationView ended(MigrationView begun) {
        return await().atMost(60, SECONDS).until(() -> get(a.client().migration(begun.id())), MigrationView::ended);
    }

    private void awaitStatus(MigrationView begun, String status) {
        await().atMost(30, SECONDS)
                .until(() -> get(a.client().migration(begun.id())).status().equals(status));
    }

    @Test
    void shouldFinishAnActiveMigrationByForce() throws Exception {
        VmView vm = running("forced", DirtyLogKind.BITMAP, 96);
        MigrationView begun = begin(vm, SLOW);
        awaitStatus(begun, "active");
        get(b.client().forceCompleteMigration(begun.id()));
        MigrationView ended = ended(begun);
        assertThat(ended.status()).as(ended.reason()).isEqualTo("completed");
        assertThat(ended.downtimeMs()).as("most of 64 MiB at 10 MB/s").isGreaterThan(1_000);
        await().atMost(10, SECONDS).until(() -> get(a.client().vm("forced")).status() == VmStatus.RUNNING);
        assertThatThrownBy(() -> get(a.client().forceCompleteMigration(begun.id())))
                .hasMessageContaining("completed");
    }

    @Test
    void shouldHoldASwitchoverUntilItIsToldToContinue() throws Exception {
        VmView vm = running("held", DirtyLogKind.BITMAP, 96);
        MigrationView begun = begin(vm, HELD);
        awaitHeld(begun, vm);
        await().atMost(10, SECONDS)
                .until(() -> get(a.client().migration(begun.id()))
                        .reason()
                        .equals("waits for " + SourceSwitchover.OPERATOR));
        assertThat(get(ledger.find(vm.id())).orElseThrow().prepared())
                .as("recorded before the hold")
                .isNotNull();
        assertThatThrownBy(() -> get(a.client().forceCompleteMigration(begun.id())))
                .hasMessageContaining("pre-switchover")
                .hasMessageContaining("has to be active");
        get(b.client().continueMigration(begun.id()));
        MigrationView ended = ended(begun);
        assertThat(ended.status()).as(ended.reason()).isEqualTo("completed");
        await().atMost(10, SECONDS)
                .until(() -> get(a.client().vm("held")).host().equals("b"));
    }

    private void awaitHeld(MigrationView begun, VmView vm) {
        awaitStatus(begun, "pre-switchover");
        await().atMost(30, SECONDS)
                .until(() -> a.vault().find(vm.id()).orElseThrow().machine().vcpus().stream()
                        .allMatch(Vcpu::isPaused));
        await().during(Duration.ofMillis(500))
                .atMost(30, SECONDS)
                .until(() -> get(a.client().migration(begun.id())).status().equals("pre-switchover"));
    }

    @Test
    void shouldCancelAHeldSwitchoverAndLetTheVmRunOn() throws Exception {
        VmView vm = running("released", DirtyLogKind.BITMAP, 96);
        MigrationView begun = begin(vm, HELD);
        awaitHeld(begun, vm);
        get(a.client().cancelMigration(begun.id()));
        assertThat(ended(begun).status()).isEqualTo("cancelled");
        await().atMost(10, SECONDS).until(() -> get(a.client().vm("released")).status() == VmStatus.RUNNING);
        assertThat(a.vault().find(vm.id()).orElseThrow().machine().vcpus()).noneMatch(Vcpu::isPaused);
        assertThatThrownBy(() -> get(a.client().continueMigration(begun.id()))).hasMessageContaining("migration");
    }

    @Test
    void shouldCancelAtTheTimeoutAndSayWhy() throws Exception {
        VmView vm = running("late", DirtyLogKind.BITMAP, 96);
        MigrationView ended = ended(begin(
                vm, SLOW.with(MigrationParameter.TIMEOUT, "700ms").with(MigrationParameter.TIMEOUT_ACTION, "cancel")));
        assertThat(ended.status()).isEqualTo("cancelled");
        assertThat(ended.reason()).contains("timeout of 700 ms");
        assertThat(get(a.client().vm("late")).host()).isEqualTo("a");
    }

    @Test
    void shouldSuspendAtTheTimeout() throws Exception {
        VmView vm = running("suspended", DirtyLogKind.BITMAP, 96);
        MigrationView ended = ended(begin(vm, SLOW.with(MigrationParameter.TIMEOUT, "700ms")));
        assertThat(ended.status()).as(ended.reason()).isEqualTo("completed");
        assertThat(ended.downtimeMs()).isGreaterThan(1_000);
    }

    @Test
    void shouldRefuseADirtyLimitWhereNobodyTellsVcpusApart() throws Exception {
        VmView vm = running("bitmap", DirtyLogKind.BITMAP, 96);
        MigrationParameters limited = MigrationParameters.of(MigrationParameter.VCPU_DIRTY_LIMIT, 5_000_000);
        assertThatThrownBy(() -> begin(vm, limited))
                .hasMessageContaining("vcpu-dirty-limit")
                .hasMessageContaining("bitmap");
        assertThat(get(a.client().plan(vm.id(), "b", limited)).refusals())
                .anyMatch(reason -> reason.contains("vcpu-dirty-limit"));
        VmView ring = running("ring", DirtyLogKind.RING, 96);
        assertThat(ended(begin(ring, limited)).status()).isEqualTo("completed");
    }

    @Test
    void shouldPlanAMigrationAndTellItsErrorAfterwards() throws Exception {
        VmView vm = running("planned", DirtyLogKind.RING, 96);
        PlanView plan = get(b.client().plan("planned", "b", SLOW));
        System.out.println(plan);
        assertThat(plan.refusals()).isEmpty();
        assertThat(plan.converges()).isFalse();
        assertThat(plan.reason()).contains("does not converge");
        assertThat(plan.dirtyBytesPerSecond()).isBetween(5_000_000L, 25_000_000L);
        assertThat(plan.workingSetBytes()).isBetween(7L << 20, 10L << 20);
        assertThat(plan.zeroBytes()).isBetween(20L << 20, 36L << 20);
        assertThat(b.vault().usedMemoryBytes()).as("nothing was reserved").isZero();
        MigrationParameters converging = SLOW.with(MigrationParameter.DOWNTIME_LIMIT, "2s");
        PlanView better = get(a.client().plan("planned", "b", converging));
        assertThat(better.converges()).isTrue();
        assertThat(better.totalMs()).isBetween(6_000L, 13_000L);
        MigrationView ended = ended(begin(vm, converging));
        System.out.println(ended);
        assertThat(ended.status()).as(ended.reason()).isEqualTo("completed");
        assertThat(ended.predictedTotalMs()).isBetween(6_000L, 13_000L);
        assertThat(ended.predictionErrorPercent()).isNotNull().isBetween(-60, 60);
    }

    @Test
    void shouldTellEveryReasonWhyAPlanCouldNotBegin() throws Exception {
        VmView vm = running("large", DirtyLogKind.BITMAP, 512);
        PlanView plan = get(a.client().plan(vm.id(), "b", MigrationParameters.NONE));
        assertThat(plan.refusals()).singleElement().asString().contains("memory");
        assertThat(get(a.client().plan(vm.id(), "a", MigrationParameters.NONE)).refusals())
                .anyMatch(reason -> reason.contains("already on host a"));
        assertThatThrownBy(() -> get(a.client().plan(vm.id(), "nowhere", MigrationParameters.NONE)))
                .hasMessageContaining("nowhere");
        get(a.client().request(vm.id(), VmActor.Stop::new));
        assertThatThrownBy(() -> get(a.client().plan(vm.id(), "b", MigrationParameters.NONE)))
                .hasMessageContaining("stopped");
    }

    @Test
    void shouldMeasureADirtyRateAsQemuTells() throws Exception {
        VmView vm = running("rated", DirtyLogKind.RING, 96);
        assertThat(get(b.client().dirtyRate("rated")).status()).isEqualTo("unstarted");
        assertThat(get(b.client().measureDirtyRate("rated", 600)).status()).isEqualTo("measuring");
        assertThatThrownBy(() -> get(a.client().measureDirtyRate("rated", 600)))
                .hasMessageContaining("measured already");
        DirtyRateView rate = await().atMost(30, SECONDS)
                .until(
                        () -> get(a.client().dirtyRate("rated")),
                        seen -> seen.status().equals("measured"));
        assertThat(rate.bytesPerSecond()).isBetween(1_000_000L, 25_000_000L);
        assertThat(rate.vcpuBytesPerSecond()).hasSize(2);
        assertThat(rate.vcpuBytesPerSecond().get(1)).isZero();
        assertThat(rate.detail()).isEmpty();
        assertThatThrownBy(() -> get(a.client().measureDirtyRate("rated", 99))).hasMessageContaining("100 to 60000");
        VmView bitmap = running("plain", DirtyLogKind.BITMAP, 96);
        get(a.client().measureDirtyRate(bitmap.id(), 100));
        await().atMost(30, SECONDS)
                .untilAsserted(
                        () -> assertThat(get(a.client().dirtyRate(bitmap.id())).detail())
                                .contains("does not tell vCPUs apart"));
        get(a.client().request(vm.id(), VmActor.Stop::new));
        assertThatThrownBy(() -> get(a.client().measureDirtyRate("rated", 600))).hasMessageContaining("stopped");
    }

    private static <T> T get(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(60, SECONDS);
    }
}
