package io.godwit.actors.guards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.godwit.actors.migration.MigrationView;
import io.godwit.actors.testing.Gate;
import io.godwit.actors.testing.TwoHosts;
import io.godwit.actors.testing.WrappedMachine;
import io.godwit.actors.vm.DeviceMessages;
import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.ProblemException;
import io.godwit.actors.vm.VmActor;
import io.godwit.actors.vm.VmStatus;
import io.godwit.actors.vm.VmView;
import io.godwit.config.DirtyLogKind;
import io.godwit.config.MigrationParameters;
import io.godwit.config.VmSpec;
import io.godwit.config.device.DiskSpec;
import io.godwit.config.device.DiskSpec.CacheMode;
import io.godwit.config.device.NicRequest;
import io.godwit.config.device.VolumeRef;
import io.godwit.vmm.Machine;
import io.godwit.vmm.MachineEvent;
import io.godwit.vmm.MachineException;
import io.godwit.vmm.MachineFactory;
import io.godwit.vmm.simulated.SimulatedMachineFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.assertj.core.api.ThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Devices come to VMs and leave them: in the ledger, in their machines, and never during a migration. */
@Timeout(120)
class HotplugTest {
    private static final String MAC = "02:00:00:00:00:07";

    @TempDir
    Path directory;

    private Path kernel() throws Exception {
        return Files.writeString(directory.resolve("kernel"), "not executed");
    }

    private VmView start(TwoHosts hosts, String name) throws Exception {
        return hosts.start(name, 64L << 20, 1, kernel(), "wss=8 rate=20 fill=16");
    }

    private VmView define(TwoHosts hosts, String name) throws Exception {
        VmSpec spec =
                new VmSpec(name, 64L << 20, 1, kernel().toString(), "", null, DirtyLogKind.BITMAP, new TreeSet<>());
        return TwoHosts.get(hosts.client().create(spec, "b"));
    }

    private static Function<ActorRef<VmActor.Answer>, VmActor.Request> disk(String volume) {
        DiskSpec disk = new DiskSpec(VolumeRef.parse("volume", volume), false, CacheMode.WRITEBACK, 1);
        return replyTo -> new DeviceMessages.AttachDisk(disk, replyTo);
    }

    private static Function<ActorRef<VmActor.Answer>, VmActor.Request> nic(String mac) {
        return replyTo -> new DeviceMessages.AttachNic(new NicRequest("lan", mac, 1), replyTo);
    }

    private static Function<ActorRef<VmActor.Answer>, VmActor.Request> detach(String device, boolean force) {
        return replyTo -> new DeviceMessages.Detach(device, force, replyTo);
    }

    private static Problem problem(ThrowableAssert.ThrowingCallable refused) {
        Throwable failure = catchThrowable(refused);
        assertThat(failure).isInstanceOf(ExecutionException.class);
        return ProblemException.problemOf(failure.getCause());
    }

    @Test
    void shouldTakeAlongWhatCameWhileItRan() throws Exception {
        try (TwoHosts hosts = new TwoHosts(new SimulatedMachineFactory())) {
            VmView vm = start(hosts, "mover");
            hosts.ask(vm, nic(null));
            hosts.ask(vm, disk("san/a"));
            VmView grown = hosts.ask(vm, disk("san/b"));
            assertThat(grown.spec().slotsById()).isEqualTo(Map.of("nic/0", 1, "disk/0", 2, "disk/1", 3));
            hosts.ask(vm, detach("disk/0", false));

            assertThat(hosts.ended(hosts.migrate(vm, "b", MigrationParameters.NONE))
                            .status())
                    .isEqualTo("completed");

            VmView moved = hosts.awaitVm(vm, view -> view.host().equals("b") && view.migrationId() == null);
            assertThat(moved.spec().slotsById()).isEqualTo(Map.of("nic/0", 1, "disk/1", 3));
            assertThat(moved.spec().disks())
                    .extracting(there -> there.volume().toString())
                    .containsExactly("san/b");
            VmView other = define(hosts, "other");
            assertThat(problem(() -> hosts.ask(other, disk("san/b"))).detail())
                    .contains("volume san/b is taken by VM \"mover\"");
            assertThat(hosts.ask(vm, detach("disk/1", false)).spec().disks()).isEmpty();
            assertThat(hosts.ask(other, disk("san/b")).spec().disks()).hasSize(1);
        }
    }

    @Test
    void shouldChangeOnlyTheDefinitionOfAVmThatIsOff() throws Exception {
        try (TwoHosts hosts = new TwoHosts(new SimulatedMachineFactory())) {
            VmView vm = define(hosts, "off");
            assertThat(hosts.ask(vm, disk("san/a")).spec().slotsById()).isEqualTo(Map.of("disk/0", 1));
            assertThat(hosts.ask(vm, nic(MAC)).spec().nics().get(0).mac()).isEqualTo(MAC);
            hosts.ask(vm, VmActor.Start::new);
            hosts.ask(vm, VmActor.Stop::new);
            assertThat(hosts.ask(vm, detach("nic/0", false)).spec().nics()).isEmpty();
            assertThat(TwoHosts.get(hosts.client().request(vm.id(), VmActor.Delete::new)))
                    .isEqualTo(new VmActor.Deleted(vm.id()));
        }
    }

    @Test
    void shouldRefuseWhatIsTakenAndWhatIsNotThere() throws Exception {
        try (TwoHosts hosts = new TwoHosts(new SimulatedMachineFactory())) {
            VmView first = start(hosts, "first");
            VmView second = start(hosts, "second");
            hosts.ask(first, disk("san/a"));
            hosts.ask(first, nic(MAC));

            assertThat(problem(() -> hosts.ask(second, disk("san/a"))).detail()).contains("taken by VM \"first\"");
            assertThat(problem(() -> hosts.ask(second, nic(MAC))).detail())
                    .contains("MAC address " + MAC + " is taken by VM \"first\"");
            Problem twice = problem(() -> hosts.ask(first, nic(MAC)));
            assertThat(twice.kind()).isEqualTo(Problem.Kind.INVALID);
            assertThat(twice.detail()).contains(MAC + " twice");
            Problem missing = problem(() -> hosts.ask(first, detach("disk/4", false)));
            assertThat(missing.kind()).isEqualTo(Problem.Kind.NOT_FOUND);
            assertThat(missing.detail())
                    .isEqualTo("VM first has no device disk/4 to detach; expected one of [disk/0, nic/0]");
            for (int i = 1; i < VmSpec.MAX_DISKS; i++) {
                hosts.ask(first, disk("san/more" + i));
            }
            assertThat(problem(() -> hosts.ask(first, disk("san/toomany"))).detail())
                    .contains("at most 16");
            assertThat(hosts.view(second).spec().slotsById()).isEmpty();
            hosts.ask(second, disk("san/toomany"));
        }
    }

    @Test
    void shouldRefuseDuringAMigrationByItsName() throws Exception {
        Gate gate = new Gate();
        MachineFactory plain = new SimulatedMachineFactory();
        try (TwoHosts hosts = new TwoHosts(plain, WrappedMachine.factory(plain, machine -> {
            gate.pass();
            return machine;
        }))) {
            VmView vm = start(hosts, "busy");
            hosts.ask(vm, disk("san/a"));
            MigrationView begun = hosts.migrate(vm, "b", MigrationParameters.NONE);
            gate.awaitReached();
            for (var operation : List.of(disk("san/b"), nic(null), detach("disk/0", true))) {
                Problem problem = problem(() -> hosts.ask(vm, operation));
                assertThat(problem.kind()).isEqualTo(Problem.Kind.CONFLICT);
                assertThat(problem.reasons())
                        .anyMatch(reason -> reason.equals("VM busy is busy with migration " + begun.id()));
            }
            gate.open();
            assertThat(hosts.ended(begun).status()).isEqualTo("completed");
            assertThat(hosts.view(vm).spec().slotsById()).isEqualTo(Map.of("disk/0", 1));
        }
    }

    /** Its guest ejects nothing. */
    private static class Stubborn extends WrappedMachine {
        private final CompletableFuture<Void> gone = new CompletableFuture<>();
        private final Consumer<Stubborn> asked;
        private volatile VmSpec after;

        Stubborn(Machine machine, Consumer<Stubborn> asked) {
            super(machine);
            this.asked = asked;
        }

        void act(MachineEvent event) {
            publish(event);
        }

        @Override
        public CompletionStage<Void> unplug(String id, VmSpec without) {
            after = without;
            asked.accept(this);
            return gone;
        }

        @Override
        public void pull(String id) {
            super.unplug(id, after);
            gone.complete(null);
        }

        @Override
        public boolean keep(String id) {
            return gone.completeExceptionally(new MachineException(id + " stays"));
        }
    }

    @Test
    void shouldSayWhatItWaitsForAndPullByForce() throws Exception {
        AtomicBoolean asked = new AtomicBoolean();
        MachineFactory factory = WrappedMachine.factory(
                new SimulatedMachineFactory(), machine -> new Stubborn(machine, leaving -> asked.set(true)));
        try (TwoHosts hosts = new TwoHosts(factory)) {
            VmView vm = start(hosts, "stubborn");
            hosts.ask(vm, disk("san/a"));
            CompletionStage<VmActor.Answer> waiting = hosts.client().request(vm.id(), detach("disk/0", false));

            await().atMost(Duration.ofSeconds(30)).untilTrue(asked);
            String busy = "VM stubborn is busy with detach disk/0, which waits for the guest to eject slot 1"
                    + " (force pulls it)";
            assertThat(problem(() -> hosts.ask(vm, VmActor.Pause::new)).reasons())
                    .containsExactly(busy);
            assertThat(problem(() -> hosts.migrate(vm, "b", MigrationParameters.NONE))
                            .detail())
                    .contains(busy);
            assertThat(waiting.toCompletableFuture()).isNotDone();
            assertThat(hosts.ask(vm, detach("disk/0", true)).spec().disks()).isEmpty();
            assertThat(((VmActor.Done) TwoHosts.get(waiting)).vm().spec().disks())
                    .isEmpty();
            hosts.ask(vm, VmActor.Pause::new);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"reset", "power-off"})
    void shouldTakeOutWhatItWaitsForWhenItsGuestBeginsAnewOrEnds(String act) throws Exception {
        boolean reset = act.equals("reset");
        CompletableFuture<Stubborn> asked = new CompletableFuture<>();
        MachineFactory factory = WrappedMachine.factory(
                new SimulatedMachineFactory(), machine -> new Stubborn(machine, asked::complete));
        try (TwoHosts hosts = new TwoHosts(factory)) {
            VmView vm = start(hosts, "acting");
            hosts.ask(vm, disk("san/a"));
            CompletionStage<VmActor.Answer> waiting = hosts.client().request(vm.id(), detach("disk/0", false));
            Stubborn machine = asked.get(30, TimeUnit.SECONDS);

            machine.act(reset ? new MachineEvent.ResetRequested("test") : new MachineEvent.PoweredOff());

            assertThat(((VmActor.Done) TwoHosts.get(waiting)).vm().spec().disks())
                    .isEmpty();
            VmStatus expected = reset ? VmStatus.RUNNING : VmStatus.STOPPED;
            VmView after = hosts.awaitVm(vm, view -> view.status() == expected && view.lastAct() != null);
            assertThat(after.spec().disks()).isEmpty();
            assertThat(hosts.ask(define(hosts, "other"), disk("san/a")).spec().disks())
                    .as("the volume is free")
                    .hasSize(1);
        }
    }

    @Test
    void shouldKeepADeviceThatItsGuestDoesNotEject() throws Exception {
        MachineFactory factory =
                WrappedMachine.factory(new SimulatedMachineFactory(), machine -> new Stubborn(machine, leaving -> {}));
        try (TwoHosts hosts = new TwoHosts(factory)) {
            VmView vm = start(hosts, "stubborn");
            hosts.ask(vm, disk("san/a"));

            Problem problem = problem(() -> hosts.ask(vm, detach("disk/0", false)));

            assertThat(problem.kind()).isEqualTo(Problem.Kind.CONFLICT);
            assertThat(problem.detail())
                    .contains("has not ejected slot 1 within 20 s")
                    .contains("force");
            assertThat(hosts.view(vm).spec().slotsById()).isEqualTo(Map.of("disk/0", 1));
            hosts.ask(vm, VmActor.Stop::new);
        }
    }

    @Test
    void shouldTakeBackFromTheLedgerWhatTheMachineDidNotTake() throws Exception {
        MachineFactory factory =
                WrappedMachine.factory(new SimulatedMachineFactory(), machine -> new WrappedMachine(machine) {
                    @Override
                    public void plug(String id, VmSpec with) {
                        throw new MachineException(id + ": /pool/a cannot be opened: it is not there");
                    }
                });
        try (TwoHosts hosts = new TwoHosts(factory)) {
            VmView vm = start(hosts, "first");

            Problem problem = problem(() -> hosts.ask(vm, disk("san/a")));

            assertThat(problem.kind()).isEqualTo(Problem.Kind.INVALID);
            assertThat(problem.detail()).isEqualTo("disk/0: /pool/a cannot be opened: it is not there");
            assertThat(hosts.view(vm).spec().disks()).isEmpty();
            assertThat(hosts.ask(define(hosts, "second"), disk("san/a")).spec().disks())
                    .hasSize(1);
        }
    }
}
