package io.godwit.actors;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

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

/** Two hosts in one JVM on simulated machines: the actors' behaviour, not a hypervisor's. */
@Timeout(value = 120)
class TwoHostsTest {
    private static final MigrationParameters HASHED = MigrationParameters.of(MigrationParameter.VERIFY, "at-pause");

    @TempDir
    Path directory;

    private InMemoryLedger ledger;
    private TestHost a;
    private TestHost b;

    @BeforeEach
    void start() throws Exception {
        ledger = new InMemoryLedger();
        int portA = FreePorts.tcp();
        int portB = FreePorts.tcp();
        List<String> seeds = List.of("127.0.0.1:" + portA);
        a = new TestHost("a", portA, seeds, ledger, new SimulatedMachineFactory(), 1L << 30);
        b = new TestHost("b", portB, seeds, ledger, new SimulatedMachineFactory(), 1L << 30);
        for (TestHost host : List.of(a, b)) {
            await().atMost(Duration.ofSeconds(30)).until(() -> hostsSeenUp(host) == 2);
        }
    }

    private static long hostsSeenUp(TestHost by) throws Exception {
        return get(by.client().hosts()).stream()
                .filter(host -> host.state().equals("up") && !host.incarnation().isEmpty())
                .count();
    }

    @AfterEach
    void stop() {
        b.close();
        a.close();
    }

    @Test
    void shouldRunAndStopAVm() throws Exception {
        VmView vm = create("one");
        assertThat(vm.status()).isEqualTo(VmStatus.STOPPED);
        assertThat(request(vm, VmActor.Start::new).status()).isEqualTo(VmStatus.RUNNING);
        assertThat(request(vm, VmActor.Pause::new).status()).isEqualTo(VmStatus.PAUSED);
        assertThat(request(vm, VmActor.Resume::new).status()).isEqualTo(VmStatus.RUNNING);
        assertThat(request(vm, VmActor.Stop::new).status()).isEqualTo(VmStatus.STOPPED);
        assertThat(a.vault().usedMemoryBytes()).isZero();
        assertThat(get(a.client().request(vm.id(), VmActor.Delete::new))).isEqualTo(new VmActor.Deleted(vm.id()));
        assertThat(get(b.client().vms())).isEmpty();
    }

    @Test
    void shouldMigrateThereAndBackWithMemoryEqual() throws Exception {
        VmView vm = create("two");
        request(vm, VmActor.Start::new);
        for (String target : List.of("b", "a", "b")) {
            MigrationView ended = migrate(vm, target, HASHED);
            assertThat(ended.status()).as(ended.reason()).isEqualTo("completed");
            assertThat(ended.verified()).isTrue();
            await().atMost(10, SECONDS).until(() -> get(a.client().vm("two")).status() == VmStatus.RUNNING);
            assertThat(get(b.client().vm("two")).host()).isEqualTo(target);
        }
        assertThat(get(a.client().vm("two")).epoch()).isEqualTo(4);
    }

    @Test
    void shouldKeepAPausedVmPausedAcrossAMigration() throws Exception {
        VmView vm = create("three");
        request(vm, VmActor.Start::new);
        request(vm, VmActor.Pause::new);
        assertThat(migrate(vm, "b", HASHED).status()).isEqualTo("completed");
        await().atMost(10, SECONDS)
                .until(() -> get(a.client().vm("three")).host().equals("b"));
        assertThat(get(a.client().vm("three")).status()).isEqualTo(VmStatus.PAUSED);
    }

    @Test
    void shouldRefuseOtherOperationsDuringAMigrationByItsName() throws Exception {
        VmView vm = create("four");
        request(vm, VmActor.Start::new);
        MigrationView begun = get(a.client()
                .migrate(
                        "four",
                        "b",
                        MigrationParameters.of(MigrationParameter.MAX_BANDWIDTH, 5_000_000)
                                .with(MigrationParameter.VERIFY, "none")));
        assertThatThrownBy(() -> get(a.client().request("four", VmActor.Stop::new)))
                .hasMessageContaining(begun.id());
        assertThatThrownBy(() -> get(a.client().migrate("four", "b", HASHED)))
                .hasMessageContaining("busy")
                .hasMessageContaining(begun.id());
        MigrationView cancelling = get(b.client().cancelMigration(begun.id()));
        assertThat(cancelling.status()).isIn("cancelling", "cancelled");
        assertThat(ended(begun).status()).isEqualTo("cancelled");
        await().atMost(10, SECONDS).until(() -> get(a.client().vm("four")).migrationId() == null);
        VmView after = get(a.client().vm("four"));
        assertThat(after.host()).isEqualTo("a");
        assertThat(after.status()).isEqualTo(VmStatus.RUNNING);
        await().atMost(10, SECONDS).until(() -> b.vault().usedMemoryBytes() == 0);
    }

    @Test
    void shouldNameTheHostThatDoesNotExist() throws Exception {
        VmView vm = create("five");
        request(vm, VmActor.Start::new);
        assertThatThrownBy(() -> get(a.client().migrate("five", "nowhere", HASHED)))
                .hasMessageContaining("\"nowhere\"")
                .hasMessageContaining("a, b");
        assertThatThrownBy(() -> get(a.client().migrate("five", "a", HASHED)))
                .hasMessageContaining("already on host a");
    }

    @Test
    void shouldRefuseToSealPagesWithoutCertificates() throws Exception {
        VmView vm = create("sealed");
        request(vm, VmActor.Start::new);
        MigrationParameters encrypted = MigrationParameters.of(MigrationParameter.ENCRYPTION, "on");

        assertThatThrownBy(() -> get(a.client().migrate("sealed", "b", encrypted)))
                .hasMessageContaining("encryption: pages cannot be sealed")
                .hasMessageContaining("godwit cert init");
        assertThat(get(a.client().vm("sealed")).status()).isEqualTo(VmStatus.RUNNING);
    }

    @Test
    void shouldRefuseASecondVmOfTheSameName() throws Exception {
        create("six");
        assertThatThrownBy(() -> create("six")).hasMessageContaining("six");
    }

    @Test
    void shouldGoOnAtTheSourceWhenTheLedgerCannotRecordTheSwitchover() throws Exception {
        VmView vm = create("seven");
        request(vm, VmActor.Start::new);
        ledger.reachable(false);
        try {
            MigrationView begun = get(a.client().migrate("seven", "b", HASHED));
            throw new AssertionError("a migration began without a ledger: " + begun);
        } catch (java.util.concurrent.ExecutionException refused) {
            assertThat(refused).hasMessageContaining("majority");
        } finally {
            ledger.reachable(true);
        }
        assertThat(get(a.client().vm("seven")).status()).isEqualTo(VmStatus.RUNNING);
    }

    @Test
    void shouldAdoptItsMachinesWhenTheActorSystemIsRestarted() throws Exception {
        VmView vm = create("eight");
        request(vm, VmActor.Start::new);
        Object machine = a.vault().find(vm.id()).orElseThrow().machine();
        var before = a.system();
        before.terminate();
        await().atMost(Duration.ofSeconds(60)).until(() -> a.system() != before);
        await().atMost(Duration.ofSeconds(60))
                .ignoreExceptions()
                .until(() -> get(a.client().vm("eight")).status() == VmStatus.RUNNING);
        assertThat(a.vault().find(vm.id()).orElseThrow().machine()).isSameAs(machine);
    }

    @Test
    void shouldStopAVmWhoseGuestPoweredOffAsSoonAsTheLedgerCanBeTold() throws Exception {
        VmView vm = create("nine", "exit=3");
        ledger.acceptSubmits(1);
        request(vm, VmActor.Start::new);
        await().atMost(20, SECONDS).until(() -> vmNow(vm).detail().contains("no majority"));
        assertThat(vmNow(vm).status()).isEqualTo(VmStatus.STOPPING);

        ledger.acceptSubmits(Integer.MAX_VALUE);

        await().atMost(20, SECONDS).until(() -> vmNow(vm).status() == VmStatus.STOPPED);
        assertThat(vmNow(vm).detail()).contains("ended with code 3");
        assertThat(a.vault().usedMemoryBytes()).isZero();
    }

    @Test
    void shouldFindAVmThatMovedBeforeTheLedgerWasToldOfIt() throws Exception {
        VmView vm = create("ten");
        request(vm, VmActor.Start::new);
        ledger.acceptSubmits(1);
        MigrationView begun =
                get(a.client().migrate("ten", "b", MigrationParameters.of(MigrationParameter.VERIFY, "none")));
        await().atMost(30, SECONDS)
                .until(() -> get(a.client().migration(begun.id())), view -> view.released() && view.ended());

        VmView moved = vmNow(vm);
        assertThat(moved.host()).isEqualTo("b");
        assertThat(moved.status()).isEqualTo(VmStatus.RUNNING);

        ledger.acceptSubmits(Integer.MAX_VALUE);
        await().atMost(30, SECONDS).until(() -> vmNow(vm).epoch() == 2);
    }

    private VmView vmNow(VmView vm) throws Exception {
        return get(a.client().vm(vm.id()));
    }

    private VmView create(String name) throws Exception {
        return create(name, "wss=8 rate=20 fill=16");
    }

    private VmView create(String name, String cmdline) throws Exception {
        Path kernel = directory.resolve("kernel");
        Files.writeString(kernel, "not executed");
        return get(a.client()
                .create(
                        new VmSpec(
                                name,
                                64L << 20,
                                1,
                                kernel.toString(),
                                cmdline,
                                null,
                                DirtyLogKind.BITMAP,
                                new TreeSet<>()),
                        "a"));
    }

    private VmView request(
            VmView vm,
            java.util.function.Function<org.apache.pekko.actor.typed.ActorRef<VmActor.Answer>, VmActor.Request> request)
            throws Exception {
        return ((VmActor.Done) get(a.client().request(vm.id(), request))).vm();
    }

    private MigrationView migrate(VmView vm, String target, MigrationParameters settings) throws Exception {
        return ended(get(a.client().migrate(vm.id(), target, settings)));
    }

    private MigrationView ended(MigrationView begun) {
        return await().atMost(30, SECONDS).until(() -> get(a.client().migration(begun.id())), MigrationView::ended);
    }

    private static <T> T get(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(60, SECONDS);
    }
}
