package io.godwit.actors.guards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.godwit.actors.migration.MigrationView;
import io.godwit.actors.testing.Gate;
import io.godwit.actors.testing.TwoHosts;
import io.godwit.actors.testing.WrappedMachine;
import io.godwit.actors.vm.PowerRequest;
import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.ProblemException;
import io.godwit.actors.vm.VmActor;
import io.godwit.actors.vm.VmStatus;
import io.godwit.actors.vm.VmView;
import io.godwit.config.MigrationParameters;
import io.godwit.vmm.Machine;
import io.godwit.vmm.MachineFactory;
import io.godwit.vmm.MachineProfile;
import io.godwit.vmm.simulated.SimulatedMachineFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.assertj.core.api.ThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A VM that cannot move is told everything that is in the way, in the answer to its migration. */
@Timeout(120)
class RefusalsTest {
    @TempDir
    Path directory;

    @Test
    void shouldAnswerWithEveryReasonOfBothEnds() throws Exception {
        MachineFactory plain = new SimulatedMachineFactory();
        try (TwoHosts hosts = new TwoHosts(WrappedMachine.factory(plain, Newer::new), plain)) {
            VmView large = TwoHosts.get(hosts.client()
                    .create(
                            new io.godwit.config.VmSpec(
                                    "large",
                                    768L << 20,
                                    1,
                                    kernel().toString(),
                                    "wss=8 fill=8",
                                    null,
                                    io.godwit.config.DirtyLogKind.BITMAP,
                                    new TreeSet<>()),
                            "b"));
            hosts.ask(large, VmActor.Start::new);
            VmView vm = hosts.start("pinned", 512L << 20, 1, kernel(), "wss=8 rate=20 fill=8 passthrough=1");

            Problem problem = problem(() -> hosts.migrate(vm, "b", MigrationParameters.NONE));

            assertThat(problem.kind()).isEqualTo(Problem.Kind.CONFLICT);
            assertThat(problem.reasons())
                    .anyMatch(
                            reason -> reason.startsWith("memory: the VM has 536870912 bytes, host b has 268435456 of"))
                    .anyMatch(reason -> reason.startsWith("component passthrough/0 cannot be migrated: "))
                    .anyMatch(reason -> reason.equals("component serial/0 has version 99, accepted is 1"))
                    .anyMatch(reason -> reason.contains("component quantum/0 is unknown"))
                    .hasSize(4);
            problem.reasons().forEach(reason -> assertThat(problem.detail()).contains(reason));
            MigrationView refused = TwoHosts.get(hosts.client().migrations()).get(0);
            assertThat(refused.status()).isEqualTo("failed");
            problem.reasons().forEach(reason -> assertThat(refused.reason()).contains(reason));
            hosts.awaitVm(vm, view -> view.status() == VmStatus.RUNNING && view.migrationId() == null);
            assertThat(hosts.b().vault().usedMemoryBytes()).isEqualTo(768L << 20);
        }
    }

    private static final class Newer extends WrappedMachine {
        Newer(Machine machine) {
            super(machine);
        }

        @Override
        public MachineProfile profile() {
            MachineProfile profile = super.profile();
            TreeMap<String, Integer> versions = new TreeMap<>(profile.componentVersions());
            versions.put("serial/0", 99);
            versions.put("quantum/0", 1);
            return new MachineProfile(
                    profile.spec(),
                    profile.backend(),
                    profile.layout(),
                    versions,
                    profile.cpuFeatures(),
                    profile.tscKhz(),
                    profile.diskBytes(),
                    profile.unmovable());
        }
    }

    @Test
    void shouldRefuseEveryOperationDuringAMigrationByItsName() throws Exception {
        Gate gate = new Gate();
        MachineFactory plain = new SimulatedMachineFactory();
        try (TwoHosts hosts = new TwoHosts(plain, WrappedMachine.factory(plain, machine -> {
            gate.pass();
            return machine;
        }))) {
            VmView vm = hosts.start("busy", 64L << 20, 1, kernel(), "wss=8 rate=20 fill=16");
            MigrationView begun = hosts.migrate(vm, "b", MigrationParameters.NONE);
            gate.awaitReached();
            List<Function<ActorRef<VmActor.Answer>, VmActor.Request>> operations = List.of(
                    VmActor.Stop::new,
                    VmActor.Pause::new,
                    VmActor.Resume::new,
                    VmActor.Delete::new,
                    PowerRequest.PowerDown::new,
                    PowerRequest.Reset::new,
                    PowerRequest.RenewGeneration::new,
                    replyTo -> new PowerRequest.StopWithin(1000, replyTo));
            for (Function<ActorRef<VmActor.Answer>, VmActor.Request> operation : operations) {
                Problem problem = problem(() -> hosts.ask(vm, operation));
                assertThat(problem.kind()).isEqualTo(Problem.Kind.CONFLICT);
                assertThat(problem.reasons())
                        .anyMatch(reason -> reason.equals("VM busy is busy with migration " + begun.id()));
            }
            assertThat(problem(() -> hosts.migrate(vm, "b", MigrationParameters.NONE))
                            .detail())
                    .contains("migration " + begun.id());
            // A VM that runs is as asked already: nothing is done to it.
            assertThat(hosts.ask(vm, VmActor.Start::new).migrationId()).isEqualTo(begun.id());
            gate.open();
            assertThat(hosts.ended(begun).status()).isEqualTo("completed");
        }
    }

    @Test
    void shouldNameTheStateThatIsInTheWay() throws Exception {
        try (TwoHosts hosts = new TwoHosts(new SimulatedMachineFactory())) {
            VmView vm = hosts.start("off", 64L << 20, 1, kernel(), "wss=8 rate=20 fill=16");
            hosts.ask(vm, VmActor.Stop::new);

            Problem problem = problem(() -> hosts.migrate(vm, "b", MigrationParameters.NONE));

            assertThat(problem.reasons()).containsExactly("VM off is stopped; it has to be running or paused");
        }
    }

    private Path kernel() throws Exception {
        return Files.writeString(directory.resolve("kernel"), "not executed");
    }

    private static Problem problem(ThrowableAssert.ThrowingCallable refused) {
        Throwable failure = catchThrowable(refused);
        assertThat(failure).isInstanceOf(ExecutionException.class);
        return ProblemException.problemOf(failure.getCause());
    }
}
