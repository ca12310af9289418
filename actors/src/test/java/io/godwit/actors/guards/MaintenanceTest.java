package io.godwit.actors.guards;

import static io.godwit.actors.testing.TwoHosts.get;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.godwit.actors.maintenance.Maintenance;
import io.godwit.actors.maintenance.MaintenanceView;
import io.godwit.actors.maintenance.VmMoveView;
import io.godwit.actors.testing.TwoHosts;
import io.godwit.actors.vm.VmActor;
import io.godwit.actors.vm.VmView;
import io.godwit.config.DirtyLogKind;
import io.godwit.config.MigrationParameters;
import io.godwit.config.VmSpec;
import io.godwit.control.ledger.HostMaintenance;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.vmm.simulated.SimulatedMachineFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(180)
class MaintenanceTest {
    private static final long MIB = 1L << 20;

    @TempDir
    Path directory;

    private TwoHosts hosts;
    private Path kernel;

    @BeforeEach
    void start() throws Exception {
        kernel = Files.write(directory.resolve("kernel"), new byte[] {1});
        hosts = new TwoHosts(new SimulatedMachineFactory());
    }

    @AfterEach
    void stop() {
        hosts.close();
    }

    private VmView vm(String name, long bytes) throws Exception {
        return hosts.start(name, bytes, 1, kernel, "wss=8 rate=10");
    }

    private VmView vmOnB(String name, long bytes) throws Exception {
        VmSpec spec = new VmSpec(
                name, bytes, 1, kernel.toString(), "wss=8 rate=10", null, DirtyLogKind.BITMAP, new TreeSet<>());
        return hosts.ask(get(hosts.client().create(spec, "b")), VmActor.Start::new);
    }

    /** Host a is the only seed: begun anew it would be a cluster of its own. */
    private void restartB() {
        var before = hosts.b().system();
        before.terminate();
        Awaitility.await().atMost(60, SECONDS).until(() -> hosts.b().system() != before);
    }

    /** Of the only host that has been under maintenance. */
    private void awaitState(HostMaintenance.State state) {
        Awaitility.await()
                .atMost(90, SECONDS)
                .until(() -> get(hosts.ledger().maintenance()).stream().allMatch(host -> host.state() == state));
    }

    private Maintenance maintenance() {
        return hosts.b().maintenance();
    }

    private MaintenanceView await(MaintenanceView begun, Predicate<MaintenanceView> holds) {
        return Awaitility.await()
                .atMost(60, SECONDS)
                .until(() -> get(maintenance().find(begun.id())), holds);
    }

    private String stateOfA() throws Exception {
        return get(hosts.client().hosts()).stream()
                .filter(host -> host.id().equals("a"))
                .findFirst()
                .orElseThrow()
                .state();
    }

    private String hostOf(VmView vm) throws Exception {
        return hosts.view(vm).host();
    }

    @Test
    void shouldEmptyAHostKeepItEmptyAndGiveItBackWhatItHad() throws Exception {
        VmView first = vm("first", 64 * MIB);
        VmView second = vm("second", 64 * MIB);
        VmView stopped = hosts.ask(vm("stopped", 64 * MIB), VmActor.Stop::new);

        MaintenanceView drain = await(get(maintenance().drain("a", 1)), MaintenanceView::ended);

        assertThat(drain.state()).isEqualTo("completed");
        assertThat(drain.vms())
                .extracting(VmMoveView::vmName, VmMoveView::state)
                .contains(tuple("first", "moved"), tuple("second", "moved"), tuple("stopped", "stays"));
        assertThat(stateOfA()).isEqualTo("maintenance");
        assertThat(hostOf(first)).isEqualTo("b");
        assertThat(hostOf(second)).isEqualTo("b");
        assertThatThrownBy(() -> hosts.ask(stopped, VmActor.Start::new))
                .hasMessageContaining("host \"a\" is in maintenance and takes no VM");
        assertThatThrownBy(() -> vm("newcomer", 64 * MIB)).hasMessageContaining("is in maintenance");
        assertThat(get(hosts.client().plan(first.id(), "a", MigrationParameters.NONE))
                        .refusals())
                .contains("host a takes no VM while it is in maintenance");

        MaintenanceView restore = await(get(maintenance().restore("a", 2)), MaintenanceView::ended);

        assertThat(restore.kind()).isEqualTo("restore");
        assertThat(restore.state()).isEqualTo("completed");
        assertThat(stateOfA()).isEqualTo("up");
        assertThat(hostOf(first)).isEqualTo("a");
        assertThat(hostOf(second)).isEqualTo("a");
    }

    @Test
    void shouldWaitWithAReasonWhereNothingFitsAndBeActiveAgainWhenAborted() throws Exception {
        VmView large = vm("large", 768 * MIB);
        VmView here = vmOnB("there", 512 * MIB);
        MaintenanceView drain = get(maintenance().drain("a", 2));
        MaintenanceView waiting = await(
                drain,
                view -> view.vms().stream()
                        .anyMatch(vm -> vm.reason().contains("host b: it has 512MiB of memory free")));
        assertThat(waiting.state()).isEqualTo("active");
        hosts.ledger().reachable(false);
        assertThat(stateOfA()).as("told without the ledger").isEqualTo("draining");
        hosts.ledger().reachable(true);
        assertThatThrownBy(() -> get(maintenance().drain("a", 2))).hasMessageContaining(drain.id());

        MaintenanceView cancelled = get(maintenance().cancel(drain.id(), false));

        assertThat(cancelled.state()).isEqualTo("cancelled");
        assertThat(stateOfA()).isEqualTo("up");
        assertThat(hostOf(large)).isEqualTo("a");
        assertThat(hostOf(here)).isEqualTo("b");
        assertThatThrownBy(() -> get(maintenance().cancel(drain.id(), false)))
                .hasMessageContaining("has ended and cannot be cancelled");
        assertThatThrownBy(() -> get(maintenance().restore("a", 2)))
                .hasMessageContaining("host \"a\" is active, and no drain moved VMs away from it");
    }

    @Test
    void shouldTakeUpADrainThatTheLedgerHasWhenItsNodeStarts() throws Exception {
        VmView vm = vmOnB("again", 64 * MIB);
        get(hosts.ledger().submit(new LedgerCommand.BeginMaintenance("r", "b", "d7", false, 2)));
        restartB();

        awaitState(HostMaintenance.State.MAINTENANCE);

        assertThat(hostOf(vm)).isEqualTo("a");
        assertThat(get(hosts.ledger().maintenance()))
                .extracting(HostMaintenance::operationId)
                .containsExactly("d7");
    }

    @Test
    void shouldEmptyAHostWhoseNodeIsToEnd() throws Exception {
        VmView vm = vm("kept", 64 * MIB);

        MaintenanceView drain =
                get(maintenance().leave("a", Duration.ofSeconds(60))).orElseThrow();

        assertThat(drain.state()).isEqualTo("completed");
        assertThat(hostOf(vm)).isEqualTo("b");
        assertThat(get(hosts.ledger().maintenance()))
                .extracting(HostMaintenance::operationId)
                .containsExactly("shutdown-" + hosts.a().vault().identity().incarnation());
        assertThat(get(maintenance().leave("a", Duration.ofSeconds(60))))
                .as("an empty host ends at once")
                .contains(drain);
    }

    @Test
    void shouldSayThatAHostWasNotEmptiedInTime() throws Exception {
        vm("large", 768 * MIB);
        vmOnB("there", 512 * MIB);

        assertThatThrownBy(() -> get(maintenance().leave("a", Duration.ofSeconds(2))))
                .hasMessageContaining("host a was not drained within 2 s");
        assertThat(stateOfA()).isEqualTo("draining");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldGiveAHostBackWhatItsShutdownMovedAway(boolean inTime) throws Exception {
        VmView vm = vm("kept", 64 * MIB);
        String id = "shutdown-of-an-earlier-life";
        get(hosts.ledger().submit(new LedgerCommand.BeginMaintenance("r1", "b", id, false, 2)));
        get(hosts.ledger().submit(new LedgerCommand.NoteMove("r2", "b", id, vm.id(), "a")));
        if (inTime) {
            get(hosts.ledger().submit(new LedgerCommand.EndMaintenance("r3", "b", id, true)));
        }

        restartB();

        Awaitility.await()
                .atMost(90, SECONDS)
                .ignoreExceptions()
                .until(() -> hostOf(vm).equals("b"));
        awaitState(HostMaintenance.State.ACTIVE);
        assertThat(get(hosts.ledger().maintenance())).as("hosts to restore").isEmpty();
    }

    @Test
    void shouldSayWhichHostsThereAre() {
        assertThatThrownBy(() -> get(maintenance().drain("z", 2)))
                .hasMessageContaining("there is no host \"z\"; the hosts are a, b");
        assertThatThrownBy(() -> get(maintenance().find("nothing")))
                .hasMessageContaining("there is no drain or restore \"nothing\"");
    }
}
