package io.godwit.actors.guards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.godwit.actors.migration.MigrationView;
import io.godwit.actors.testing.DelegatingVcpu;
import io.godwit.actors.testing.Gate;
import io.godwit.actors.testing.TwoHosts;
import io.godwit.actors.testing.WrappedMachine;
import io.godwit.actors.vm.VmStatus;
import io.godwit.actors.vm.VmView;
import io.godwit.config.MigrationParameter;
import io.godwit.config.MigrationParameters;
import io.godwit.vmm.Machine;
import io.godwit.vmm.MachineFactory;
import io.godwit.vmm.MachineState;
import io.godwit.vmm.Vcpu;
import io.godwit.vmm.simulated.SimulatedMachineFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a migration is doing, a cancel is obeyed or refused in words, and the VM is whole at one host. */
@Timeout(120)
class CancelInEachStatusTest {
    private static final MigrationParameters QUICK = MigrationParameters.of(MigrationParameter.VERIFY, "none");
    private static final MigrationParameters SLOW = QUICK.with(MigrationParameter.MAX_BANDWIDTH, 5_000_000);

    @TempDir
    Path directory;

    private final Gate gate = new Gate();

    @Test
    void shouldNameAMigrationThatIsNot() throws Exception {
        try (TwoHosts hosts = new TwoHosts(new SimulatedMachineFactory())) {
            VmView vm = start(hosts);
            assertThatThrownBy(() -> TwoHosts.get(hosts.client().cancelMigration("no-such-migration")))
                    .hasMessageContaining("no-such-migration");
            assertThat(hosts.view(vm).status()).isEqualTo(VmStatus.RUNNING);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"setup", "active", "pre-switchover", "device", "cancelling"})
    void shouldEndAMigrationThatIs(String status) throws Exception {
        try (TwoHosts hosts = hosts(status)) {
            VmView vm = start(hosts);
            MigrationView begun = hosts.migrate(vm, "b", status.equals("active") ? SLOW : QUICK);
            if (!status.equals("active")) {
                gate.awaitReached();
            }
            String expected = status.equals("cancelling") ? "device" : status;
            hosts.awaitMigration(begun, view -> view.status().equals(expected));
            if (status.equals("cancelling")) {
                hosts.ledger().reachable(false);
            }

            MigrationView answer = TwoHosts.get(hosts.client().cancelMigration(begun.id()));

            assertThat(answer.status()).isIn("cancelling", "cancelled");
            if (status.equals("cancelling")) {
                assertThat(hosts.view(begun).status()).isEqualTo("cancelling");
                assertThatThrownBy(() -> TwoHosts.get(hosts.client().cancelMigration(begun.id())))
                        .hasMessageContaining("cancelling");
                hosts.ledger().reachable(true);
            }
            gate.open();
            MigrationView ended = hosts.ended(begun);
            assertThat(ended.status()).as(ended.reason()).isEqualTo("cancelled");
            assertThat(ended.reason()).contains("operator");
            assertRunsAtAOnly(hosts, vm);
            // It can be moved as if nothing had been.
            assertThat(hosts.ended(hosts.migrate(vm, "b", QUICK)).status()).isEqualTo("completed");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"completed", "failed", "cancelled"})
    void shouldSayHowAMigrationEndedThatCannotBeCancelledAnyMore(String status) throws Exception {
        try (TwoHosts hosts = status.equals("failed")
                ? new TwoHosts(
                        new SimulatedMachineFactory(),
                        WrappedMachine.factory(new SimulatedMachineFactory(), Unrestorable::new))
                : new TwoHosts(new SimulatedMachineFactory())) {
            VmView vm = start(hosts);
            MigrationView begun = hosts.migrate(vm, "b", status.equals("cancelled") ? SLOW : QUICK);
            if (status.equals("cancelled")) {
                TwoHosts.get(hosts.client().cancelMigration(begun.id()));
            }
            assertThat(hosts.ended(begun).status()).isEqualTo(status);

            assertThatThrownBy(() -> TwoHosts.get(hosts.client().cancelMigration(begun.id())))
                    .hasMessageContaining("migration " + begun.id() + " is " + status);

            String host = status.equals("completed") ? "b" : "a";
            hosts.awaitVm(
                    vm, view -> view.status() == VmStatus.RUNNING && view.host().equals(host));
        }
    }

    private static void assertRunsAtAOnly(TwoHosts hosts, VmView vm) {
        hosts.awaitVm(vm, view -> view.status() == VmStatus.RUNNING && view.migrationId() == null);
        hosts.awaitEmpty(hosts.b());
        Machine machine = hosts.a().vault().find(vm.id()).orElseThrow().machine();
        await().atMost(Duration.ofSeconds(10))
                .until(() -> machine.vcpus().stream().noneMatch(Vcpu::isPaused));
    }

    private VmView start(TwoHosts hosts) throws Exception {
        Path kernel = Files.writeString(directory.resolve("kernel"), "not executed");
        return hosts.start("cancelled", 64L << 20, 1, kernel, "wss=8 rate=20 fill=32");
    }

    /** Stops the migration in the status asked for. */
    private TwoHosts hosts(String status) {
        MachineFactory plain = new SimulatedMachineFactory();
        return switch (status) {
            case "setup" -> new TwoHosts(plain, WrappedMachine.factory(plain, this::slowToMake));
            case "pre-switchover" -> new TwoHosts(WrappedMachine.factory(plain, SlowToPause::new), plain);
            case "device", "cancelling" -> new TwoHosts(plain, WrappedMachine.factory(plain, SlowToRestore::new));
            default -> new TwoHosts(plain);
        };
    }

    private Machine slowToMake(Machine machine) {
        gate.pass();
        return machine;
    }

    private final class SlowToRestore extends WrappedMachine {
        SlowToRestore(Machine machine) {
            super(machine);
        }

        @Override
        public void restore(MachineState state) {
            gate.pass();
            super.restore(state);
        }
    }

    private static final class Unrestorable extends WrappedMachine {
        Unrestorable(Machine machine) {
            super(machine);
        }

        @Override
        public void restore(MachineState state) {
            throw new io.godwit.vmm.MachineException("serial/0: refused by the test");
        }
    }

    private final class SlowToPause extends WrappedMachine {
        SlowToPause(Machine machine) {
            super(machine);
        }

        @Override
        public List<Vcpu> vcpus() {
            return super.vcpus().stream().<Vcpu>map(SlowVcpu::new).toList();
        }
    }

    private final class SlowVcpu extends DelegatingVcpu {
        SlowVcpu(Vcpu vcpu) {
            super(vcpu);
        }

        @Override
        public CompletionStage<Void> pause() {
            return gate.passed().thenCompose(passed -> vcpu.pause());
        }
    }
}
