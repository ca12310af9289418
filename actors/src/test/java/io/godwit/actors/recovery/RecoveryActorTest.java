package io.godwit.actors.recovery;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.godwit.actors.admission.ProtocolRange;
import io.godwit.actors.ledger.LeaderView;
import io.godwit.actors.migration.MigrationView;
import io.godwit.actors.testing.InMemoryLedger;
import io.godwit.actors.testing.TestHost;
import io.godwit.actors.testing.TestLine;
import io.godwit.actors.testing.TwoHosts;
import io.godwit.config.DirtyLogKind;
import io.godwit.config.VmSpec;
import io.godwit.config.device.DiskSpec;
import io.godwit.config.device.DiskSpec.CacheMode;
import io.godwit.config.device.VolumeRef;
import io.godwit.control.ledger.DesiredState;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.HostMaintenance;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.VmIds;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.permit.PermitTimes;
import io.godwit.integration.harness.FreePorts;
import io.godwit.vmm.simulated.SimulatedMachineFactory;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A host whose voter leads, and VMs of a host that is gone. What the voter knows of permits is the test's word. */
@Timeout(120)
class RecoveryActorTest {
    private static final HostIdentity GONE = new HostIdentity("gone", "g1");

    private final InMemoryLedger ledger = new InMemoryLedger();
    private final AtomicReference<LeaderView.Contact> contact = new AtomicReference<>(LeaderView.Contact.SILENT);
    private final AtomicReference<HostIdentity> self = new AtomicReference<>();
    private TestHost host;

    @BeforeEach
    void start() throws IOException {
        int port = FreePorts.tcp();
        RecoveryServices services = new RecoveryServices(
                this::leading, () -> TimeUnit.NANOSECONDS.toMillis(System.nanoTime()), Fencer.NONE, 1);
        host = new TestHost(
                "a",
                port,
                List.of("127.0.0.1:" + port),
                ledger,
                new SimulatedMachineFactory(),
                1L << 30,
                ProtocolRange.SPOKEN,
                new TestLine(),
                PermitTimes.DEFAULT,
                services,
                null);
        self.set(host.vault().identity());
        await().atMost(30, SECONDS)
                .ignoreExceptions()
                .until(() -> TwoHosts.get(host.recoveries().list()).isEmpty());
    }

    @AfterEach
    void stop() {
        host.close();
    }

    /** As the voter would say: it leads as soon as the host is known. */
    private Optional<LeaderView.Leading> leading() {
        HostIdentity living = self.get();
        if (living == null) {
            return Optional.empty();
        }
        List<VmRecord> vms = ledger.records();
        Map<HostIdentity, LeaderView.Contact> hosts = new HashMap<>(Map.of(GONE, contact.get()));
        hosts.put(living, LeaderView.Contact.HEARD);
        return Optional.of(new LeaderView.Leading(
                1,
                vms,
                vms.stream().map(VmRecord::id).filter(ledger::isGuarded).collect(Collectors.toSet()),
                ledger.isConfirmedDead(GONE) ? Set.of(GONE) : Set.of(),
                ledger.keeping(),
                ledger.maintenance().toCompletableFuture().join().stream()
                        .collect(Collectors.toMap(HostMaintenance::hostId, HostMaintenance::state)),
                ledger.rebalancer(),
                hosts,
                List.of(living)));
    }

    @Test
    void shouldHaveAMovableVmOfASilentHostTakenByAnother() throws Exception {
        String vm = define("movable", List.of());
        guard(vm);

        await().atMost(30, SECONDS).until(() -> owner(vm).equals(self.get()));

        assertThat(recovery(vm).from()).isEqualTo("gone");
        assertThat(recovery(vm).to()).isEqualTo("a");
        await().atMost(30, SECONDS)
                .until(() ->
                        Set.of("starting", "completed").contains(recovery(vm).state()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"HEARD", "UNCERTAIN"})
    void shouldLeaveTheVmsOfAHostAloneThatMayHoldAPermit(LeaderView.Contact known) throws Exception {
        contact.set(known);
        String vm = define("movable", List.of());
        guard(vm);
        String sentinel = define("sentinel", List.of());
        await().during(3, SECONDS).atMost(10, SECONDS).until(() -> owner(vm).equals(GONE));

        assertThat(TwoHosts.get(host.recoveries().list())).isEmpty();
        contact.set(LeaderView.Contact.SILENT);

        await().atMost(30, SECONDS).until(() -> owner(vm).equals(self.get()));
        assertThat(owner(sentinel)).isEqualTo(GONE);
    }

    @Test
    void shouldTakeAStickyVmOnlyWhenItsHostIsConfirmedDead() throws Exception {
        String vm = define("sticky", List.of());
        await().atMost(30, SECONDS)
                .until(() -> reason(vm).contains("stays with host \"gone\" (incarnation g1) until that is back"));

        assertThat(TwoHosts.get(host.recoveries().confirmDead("gone"))).containsExactly(GONE);

        await().atMost(30, SECONDS).until(() -> owner(vm).equals(self.get()));
    }

    @Test
    void shouldRefuseToTakeAHostThatAnswersForDead() throws Exception {
        String vm = define("mine", List.of());
        guard(vm);
        await().atMost(30, SECONDS).until(() -> owner(vm).equals(self.get()));

        assertThatThrownBy(() -> TwoHosts.get(host.recoveries().confirmDead("a")))
                .hasMessageContaining("host \"a\" answers and has its VMs");
        assertThatThrownBy(() -> TwoHosts.get(host.recoveries().confirmDead("nobody")))
                .hasMessageContaining("there is nothing to confirm");
    }

    @Test
    void shouldLeaveVmsToAHostThatIsToKeepThem() throws Exception {
        assertThat(TwoHosts.get(host.recoveries().isAutoMigrated("gone"))).isTrue();
        TwoHosts.get(host.recoveries().setAutoMigrated("gone", false));
        String vm = define("kept", List.of());
        guard(vm);
        await().atMost(30, SECONDS).until(() -> reason(vm).contains("auto-migrate-on-host-down is off"));
        assertThat(TwoHosts.get(host.recoveries().isAutoMigrated("gone"))).isFalse();

        TwoHosts.get(host.recoveries().setAutoMigrated("gone", true));

        await().atMost(30, SECONDS).until(() -> owner(vm).equals(self.get()));
    }

    @Test
    void shouldGiveNoVmToAHostUnderMaintenanceAndSaySo() throws Exception {
        TwoHosts.get(host.maintenance().drain("a", 1));
        String vm = define("movable", List.of());
        guard(vm);
        await().atMost(30, SECONDS).until(() -> reason(vm).contains("no host takes it: host a: it is in maintenance"));
        assertThat(owner(vm)).isEqualTo(GONE);
        await().atMost(30, SECONDS)
                .until(() -> TwoHosts.get(host.maintenance().list()).get(0).ended());

        TwoHosts.get(host.maintenance().restore("a", 1));

        await().atMost(30, SECONDS).until(() -> owner(vm).equals(self.get()));
    }

    @Test
    void shouldSayOfADiskWhosePoolNobodyTrustsThatItsHostIsToBeConfirmedDead() throws Exception {
        String vm = define(
                "written", List.of(new DiskSpec(new VolumeRef("san", "root.raw"), false, CacheMode.WRITEBACK, 1)));
        guard(vm);

        await().atMost(30, SECONDS).until(() -> reason(vm).contains("fencing: pool san has none"));
        TwoHosts.get(host.recoveries().confirmDead("gone"));

        await().atMost(30, SECONDS)
                .until(() -> reason(vm).contains("no host takes it: host a: it does not reach pool san"));
        assertThat(owner(vm)).isEqualTo(GONE);
    }

    @Test
    void shouldRescueAVmThatIsOffAndStartItWhereThatIsAskedFor() throws Exception {
        String vm = defineOff("off");
        TwoHosts.get(host.recoveries().confirmDead("gone"));

        MigrationView rescue = TwoHosts.get(host.recoveries().rescue("off", Optional.of("a"), true));

        assertThat(rescue.parameters()).containsEntry("mode", "rescue");
        assertThat(rescue.from()).isEqualTo("gone");
        assertThat(rescue.to()).isEqualTo("a");
        assertThat(owner(vm)).isEqualTo(self.get());
        await().atMost(30, SECONDS)
                .until(() -> TwoHosts.get(ledger.find(vm)).orElseThrow().desired() == DesiredState.RUNNING);
        assertThat(TwoHosts.get(ledger.find(vm)).orElseThrow().epoch()).isEqualTo(2);
        assertThat(TwoHosts.get(host.client().migration(rescue.id())).status()).isIn("active", "completed");
    }

    @Test
    void shouldRescueAVmThatIsOffAndLeaveItOff() throws Exception {
        String vm = defineOff("off");
        TwoHosts.get(host.recoveries().confirmDead("gone"));

        MigrationView rescue = TwoHosts.get(host.recoveries().rescue(vm, Optional.empty(), false));

        assertThat(rescue.status()).isEqualTo("completed");
        assertThat(owner(vm)).isEqualTo(self.get());
        assertThat(TwoHosts.get(ledger.find(vm)).orElseThrow().desired()).isEqualTo(DesiredState.STOPPED);
    }

    @Test
    void shouldRescueAVmOfAHostThatIsToKeepItsVms() throws Exception {
        TwoHosts.get(host.recoveries().setAutoMigrated("gone", false));
        String vm = define("kept", List.of());
        guard(vm);
        await().atMost(30, SECONDS).until(() -> reason(vm).contains("auto-migrate-on-host-down is off"));

        TwoHosts.get(host.recoveries().rescue("kept", Optional.empty(), false));

        assertThat(owner(vm)).isEqualTo(self.get());
    }

    @Test
    void shouldRefuseToRescueWhatItsHostMayStillRun() throws Exception {
        String vm = defineOff("off");
        assertRefused("off", "the VM is not guarded", "godwit host confirm-dead gone");
        guard(vm);
        contact.set(LeaderView.Contact.UNCERTAIN);
        assertRefused("off", "the run permit of host \"gone\" (incarnation g1) may be valid");
        contact.set(LeaderView.Contact.HEARD);
        assertRefused("off", "is alive");
        contact.set(LeaderView.Contact.SILENT);
        assertThatThrownBy(() -> TwoHosts.get(host.recoveries().rescue("off", Optional.of("nowhere"), false)))
                .hasMessageContaining("host nowhere was asked for");
        assertThatThrownBy(() -> TwoHosts.get(host.recoveries().rescue("nobody", Optional.empty(), false)))
                .hasMessageContaining("there is no VM \"nobody\"");
        assertThat(owner(vm)).isEqualTo(GONE);
    }

    @Test
    void shouldRefuseToRescueADiskThatNoHostSharesByItsName() throws Exception {
        String vm = define(
                "written", List.of(new DiskSpec(new VolumeRef("fast", "root.raw"), false, CacheMode.WRITEBACK, 1)));
        TwoHosts.get(host.recoveries().confirmDead("gone"));

        assertRefused("written", "volume fast/root.raw is in pool fast, which no host that answers has");
        assertThat(owner(vm)).isEqualTo(GONE);
    }

    @Test
    void shouldLeaveAVmThatTwoOperatorsRescueAtOnceToTheFirst() throws Exception {
        String vm = defineOff("off");
        TwoHosts.get(host.recoveries().confirmDead("gone"));
        var first = host.recoveries().rescue(vm, Optional.empty(), false);
        var second = host.recoveries().rescue(vm, Optional.empty(), false);
        await().atMost(30, SECONDS)
                .until(() -> first.toCompletableFuture().isDone()
                        && second.toCompletableFuture().isDone());

        assertThat(first.toCompletableFuture().isCompletedExceptionally()
                        || second.toCompletableFuture().isCompletedExceptionally())
                .as("one of them is told that the other was first")
                .isTrue();
        assertThat(TwoHosts.get(ledger.find(vm)).orElseThrow().epoch()).isEqualTo(2);
    }

    private void assertRefused(String vm, String... words) {
        assertThatThrownBy(() -> TwoHosts.get(host.recoveries().rescue(vm, Optional.empty(), false)))
                .isInstanceOfSatisfying(
                        java.util.concurrent.ExecutionException.class,
                        failure -> assertThat(failure.getCause().getMessage()).contains(words));
    }

    private String defineOff(String name) throws Exception {
        String vm = define(name, List.of());
        TwoHosts.get(ledger.submit(new LedgerCommand.SetDesired("stop", vm, GONE, 1, DesiredState.STOPPED)));
        return vm;
    }

    private String define(String name, List<DiskSpec> disks) throws Exception {
        VmSpec plain = new VmSpec(name, 64 << 20, 1, "/probe.elf", "", null, DirtyLogKind.BITMAP, new TreeSet<>());
        VmSpec spec = plain.with(disks, plain.nics(), plain.slots());
        String vm = VmIds.newId(RandomGenerator.getDefault());
        TwoHosts.get(ledger.submit(new LedgerCommand.Create("create", vm, spec, GONE)));
        TwoHosts.get(ledger.submit(new LedgerCommand.SetDesired("run", vm, GONE, 1, DesiredState.RUNNING)));
        return vm;
    }

    private void guard(String vm) throws Exception {
        TwoHosts.get(ledger.submit(new LedgerCommand.SetGuarded("guard", vm, GONE, 1, true)));
    }

    private HostIdentity owner(String vm) throws Exception {
        return TwoHosts.get(ledger.find(vm)).orElseThrow().owner();
    }

    private RecoveryView recovery(String vm) throws Exception {
        return TwoHosts.get(host.recoveries().list()).stream()
                .filter(one -> one.vmId().equals(vm))
                .findFirst()
                .orElseThrow();
    }

    private String reason(String vm) throws Exception {
        return TwoHosts.get(host.recoveries().list()).stream()
                .filter(one -> one.vmId().equals(vm))
                .map(RecoveryView::reason)
                .findFirst()
                .orElse("");
    }
}
