package io.godwit.actors.guards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.actors.host.LeftoverView;
import io.godwit.actors.migration.MigrationView;
import io.godwit.actors.testing.TwoHosts;
import io.godwit.actors.testing.WrappedMachine;
import io.godwit.actors.vm.VmActor;
import io.godwit.actors.vm.VmStatus;
import io.godwit.actors.vm.VmView;
import io.godwit.config.MigrationParameter;
import io.godwit.config.MigrationParameters;
import io.godwit.vmm.Machine;
import io.godwit.vmm.MachineException;
import io.godwit.vmm.MachineState;
import io.godwit.vmm.Vcpu;
import io.godwit.vmm.simulated.SimulatedMachineFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code keep-dest-guest-on-failed}: the target's half of a failed migration stays, and can never run. */
@Timeout(120)
class KeptHalfTest {
    private static final MigrationParameters KEPT = MigrationParameters.of(MigrationParameter.KEEP_DEST_GUEST, "true");
    private static final long MEMORY = 64L << 20;

    @TempDir
    Path directory;

    private final AtomicBoolean broken = new AtomicBoolean(true);
    private final List<Machine> received = new CopyOnWriteArrayList<>();

    @Test
    void shouldKeepWhatArrivedUntilItIsDiscarded() throws Exception {
        try (TwoHosts hosts = hosts()) {
            VmView vm = start(hosts);
            MigrationView failed = hosts.ended(hosts.migrate(vm, "b", KEPT));
            assertThat(failed.status()).as(failed.reason()).isEqualTo("failed");

            LeftoverView kept = awaitKept(hosts);

            assertThat(kept.id()).isEqualTo(failed.id());
            assertThat(kept.vmId()).isEqualTo(vm.id());
            assertThat(kept.vmName()).isEqualTo("kept");
            assertThat(kept.host()).isEqualTo("b");
            assertThat(kept.reason()).contains("refused by the test");
            assertThat(kept.memoryBytes()).isEqualTo(MEMORY);
            assertThat(hosts.b().vault().usedMemoryBytes())
                    .as("it counts in admission")
                    .isEqualTo(MEMORY);
            assertThat(hosts.b().vault().find(vm.id())).as("it is not the VM").isEmpty();
            assertThat(received.get(0).vcpus()).allMatch(Vcpu::isPaused);
            VmView here = hosts.awaitVm(vm, view -> view.migrationId() == null);
            assertThat(here.host()).isEqualTo("a");
            assertThat(here.status()).isEqualTo(VmStatus.RUNNING);

            assertThat(TwoHosts.get(hosts.client().discardLeftover(kept.id())))
                    .isEqualTo(new VmActor.Deleted(kept.id()));

            assertThat(TwoHosts.get(hosts.client().leftovers())).isEmpty();
            hosts.awaitEmpty(hosts.b());
            assertThatThrownBy(() -> TwoHosts.get(hosts.client().discardLeftover(kept.id())))
                    .hasMessageContaining(kept.id());
        }
    }

    @Test
    void shouldNotStandInTheWayOfTheVmItself() throws Exception {
        try (TwoHosts hosts = hosts()) {
            VmView vm = start(hosts);
            assertThat(hosts.ended(hosts.migrate(vm, "b", KEPT)).status()).isEqualTo("failed");
            LeftoverView kept = awaitKept(hosts);
            broken.set(false);

            MigrationView again = hosts.ended(hosts.migrate(vm, "b", KEPT));

            assertThat(again.status()).as(again.reason()).isEqualTo("completed");
            hosts.awaitVm(vm, view -> view.host().equals("b") && view.status() == VmStatus.RUNNING);
            assertThat(hosts.b().vault().usedMemoryBytes()).isEqualTo(2 * MEMORY);
            assertThat(received.get(0).vcpus()).as("the kept half").allMatch(Vcpu::isPaused);
            hosts.ask(vm, VmActor.Stop::new);
            assertThat(TwoHosts.get(hosts.client().leftovers()))
                    .extracting(LeftoverView::id)
                    .containsExactly(kept.id());
            assertThat(hosts.b().vault().usedMemoryBytes()).isEqualTo(MEMORY);
        }
    }

    @Test
    void shouldKeepNothingOfAMigrationThatWasCancelledOrDidNotAskForIt() throws Exception {
        try (TwoHosts hosts = hosts()) {
            VmView vm = start(hosts);
            MigrationView begun = hosts.migrate(vm, "b", KEPT.with(MigrationParameter.MAX_BANDWIDTH, 5_000_000));
            hosts.awaitMigration(begun, view -> view.transferredBytes() > 0);
            TwoHosts.get(hosts.client().cancelMigration(begun.id()));
            assertThat(hosts.ended(begun).status()).isEqualTo("cancelled");
            hosts.awaitVm(vm, view -> view.migrationId() == null);
            hosts.awaitEmpty(hosts.b());
            assertThat(hosts.ended(hosts.migrate(vm, "b", MigrationParameters.NONE))
                            .status())
                    .isEqualTo("failed");
            hosts.awaitEmpty(hosts.b());
            assertThat(TwoHosts.get(hosts.client().leftovers())).isEmpty();
        }
    }

    private static LeftoverView awaitKept(TwoHosts hosts) {
        return org.awaitility.Awaitility.await()
                .atMost(30, java.util.concurrent.TimeUnit.SECONDS)
                .until(() -> TwoHosts.get(hosts.client().leftovers()), kept -> kept.size() == 1)
                .get(0);
    }

    private TwoHosts hosts() {
        SimulatedMachineFactory plain = new SimulatedMachineFactory();
        return new TwoHosts(plain, WrappedMachine.factory(plain, Sometimes::new));
    }

    private VmView start(TwoHosts hosts) throws Exception {
        Path kernel = Files.writeString(directory.resolve("kernel"), "not executed");
        return hosts.start("kept", MEMORY, 2, kernel, "wss=8 rate=20 fill=32");
    }

    /** Cannot be restored while the test wants it broken. */
    private final class Sometimes extends WrappedMachine {
        Sometimes(Machine machine) {
            super(machine);
            received.add(machine);
        }

        @Override
        public void restore(MachineState state) {
            if (broken.get()) {
                throw new MachineException("serial/0: refused by the test");
            }
            super.restore(state);
        }
    }
}
