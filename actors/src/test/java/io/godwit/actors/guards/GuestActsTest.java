package io.godwit.actors.guards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.godwit.actors.migration.MigrationView;
import io.godwit.actors.testing.ActingGuest;
import io.godwit.actors.testing.DelegatingVcpu;
import io.godwit.actors.testing.TestHost;
import io.godwit.actors.testing.TwoHosts;
import io.godwit.actors.testing.WrappedMachine;
import io.godwit.actors.vm.VmStatus;
import io.godwit.actors.vm.VmView;
import io.godwit.config.MigrationParameter;
import io.godwit.config.MigrationParameters;
import io.godwit.kvm.Kvm;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.vmm.Machine;
import io.godwit.vmm.MachineEvent;
import io.godwit.vmm.MachineState;
import io.godwit.vmm.Vcpu;
import io.godwit.vmm.kvm.KvmMachineFactory;
import io.godwit.vmm.simulated.SimulatedMachineFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A guest that resets or ends itself while it migrates gets what it asked for, once, at one host. */
@Timeout(180)
class GuestActsTest {
    private static final MigrationParameters PLAIN = MigrationParameters.of(MigrationParameter.VERIFY, "none");
    private static final long MEMORY = 64L << 20;

    @TempDir
    Path directory;

    /** Its TSC lets it turn for about a second; the rounds take several. */
    @Test
    void shouldBootAGuestAnewThatResetsItselfInTheRoundsAndGoOnWithItsMigration() throws Exception {
        assumeKvm();
        try (KvmMachineFactory kvm = KvmMachineFactory.open();
                TwoHosts hosts = new TwoHosts(kvm)) {
            VmView vm = hosts.start("resetting", MEMORY, 1, ActingGuest.resetting(directory), "");
            fill(hosts.a(), vm);
            MigrationView begun = hosts.migrate(vm, "b", PLAIN.with(MigrationParameter.MAX_BANDWIDTH, 8_000_000));
            hosts.awaitMigration(begun, view -> view.transferredBytes() > 1_000_000);
            int boots = read(hosts.a(), vm, ActingGuest.BOOTS);
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> hosts.view(begun).ended() || read(hosts.a(), vm, ActingGuest.BOOTS) > boots);
            assertThat(hosts.view(begun).status())
                    .as("while the guest was booted anew")
                    .isEqualTo("active");

            MigrationView ended = hosts.ended(begun);

            // A reset in the last moment ends the migration instead; the guest is then booted where it was.
            assertThat(ended.status()).as(ended.reason()).isIn("completed", "cancelled");
            TestHost now = ended.status().equals("completed") ? hosts.b() : hosts.a();
            hosts.awaitVm(vm, view -> view.status() == VmStatus.RUNNING && view.migrationId() == null);
            int there = read(now, vm, ActingGuest.BOOTS);
            await().atMost(Duration.ofSeconds(30)).until(() -> read(now, vm, ActingGuest.BOOTS) > there);
            hosts.awaitEmpty(now == hosts.b() ? hosts.a() : hosts.b());
        }
    }

    @Test
    void shouldEndTheMigrationOfAGuestThatEndsItselfAndStopTheVm() throws Exception {
        assumeKvm();
        try (KvmMachineFactory kvm = KvmMachineFactory.open();
                TwoHosts hosts = new TwoHosts(kvm)) {
            VmView vm = hosts.start("ending", MEMORY, 1, ActingGuest.ending(directory), "");
            fill(hosts.a(), vm);
            MigrationView begun = hosts.migrate(vm, "b", PLAIN.with(MigrationParameter.MAX_BANDWIDTH, 4_000_000));

            MigrationView ended = hosts.ended(begun);

            assertThat(ended.status()).isEqualTo("cancelled");
            assertThat(ended.reason()).isEqualTo("the guest ended with code 7");
            VmView off = hosts.awaitVm(vm, view -> view.status() == VmStatus.STOPPED);
            assertThat(off.host()).isEqualTo("a");
            hosts.awaitEmpty(hosts.a());
            hosts.awaitEmpty(hosts.b());
        }
    }

    /** The act comes while the machine's state is saved: behind the pause, before Go, whatever the timing. */
    @ParameterizedTest
    @ValueSource(strings = {"reset", "power-off", "panic"})
    void shouldNotSendAGuestAwayThatActedJustBeforeItsPause(String act) throws Exception {
        AtomicInteger boots = new AtomicInteger();
        AtomicInteger resumes = new AtomicInteger();
        SimulatedMachineFactory plain = new SimulatedMachineFactory();
        try (TwoHosts hosts = new TwoHosts(
                WrappedMachine.factory(plain, machine -> new Acting(machine, eventOf(act), boots)),
                WrappedMachine.factory(plain, machine -> new Counting(machine, resumes)))) {
            Path kernel = Files.writeString(directory.resolve("kernel"), "not executed");
            VmView vm = hosts.start("acting", MEMORY, 1, kernel, "wss=8 rate=20 fill=16");
            MigrationView ended = hosts.ended(hosts.migrate(vm, "b", PLAIN));

            assertThat(ended.status()).isEqualTo("cancelled");
            String reason = switch (act) {
                case "reset" -> "reset itself";
                case "panic" -> "panicked";
                default -> "powered off";
            };
            assertThat(ended.reason()).contains(reason);
            VmStatus expected = switch (act) {
                case "reset" -> VmStatus.RUNNING;
                case "panic" -> VmStatus.CRASHED;
                default -> VmStatus.STOPPED;
            };
            VmView left = hosts.awaitVm(vm, view -> view.status() == expected && view.migrationId() == null);
            assertThat(left.host()).isEqualTo("a");
            assertThat(boots).hasValue(act.equals("reset") ? 2 : 1);
            assertThat(resumes).as("times the target ran it").hasValue(0);
            hosts.awaitEmpty(hosts.b());
        }
    }

    private static MachineEvent eventOf(String act) {
        return switch (act) {
            case "reset" -> new MachineEvent.ResetRequested("test");
            case "panic" -> new MachineEvent.Panicked();
            default -> new MachineEvent.PoweredOff();
        };
    }

    private static final class Acting extends WrappedMachine {
        private final MachineEvent event;
        private final AtomicInteger boots;

        Acting(Machine machine, MachineEvent event, AtomicInteger boots) {
            super(machine);
            this.event = event;
            this.boots = boots;
        }

        @Override
        public void boot() {
            boots.incrementAndGet();
            super.boot();
        }

        @Override
        public MachineState save() {
            publish(event);
            return super.save();
        }
    }

    /** Counts what lets its vCPUs run. */
    private static final class Counting extends WrappedMachine {
        private final AtomicInteger resumes;

        Counting(Machine machine, AtomicInteger resumes) {
            super(machine);
            this.resumes = resumes;
        }

        @Override
        public List<Vcpu> vcpus() {
            return super.vcpus().stream()
                    .<Vcpu>map(vcpu -> new DelegatingVcpu(vcpu) {
                        @Override
                        public CompletionStage<Void> resume() {
                            resumes.incrementAndGet();
                            return vcpu.resume();
                        }
                    })
                    .toList();
        }
    }

    private static void assumeKvm() {
        assumeTrue(
                Kvm.unavailableReason().isEmpty(),
                () -> "skipped: " + Kvm.unavailableReason().orElse(""));
    }

    /** Content that takes its time to send. */
    private static void fill(TestHost host, VmView vm) {
        SplittableRandom random = new SplittableRandom(1);
        try (GuestMemory.Lease lease = memory(host, vm).lease()) {
            for (long address = 16L << 20; address < MEMORY; address += 8) {
                lease.putLong(address, random.nextLong());
            }
        }
    }

    private static int read(TestHost host, VmView vm, long address) {
        try (GuestMemory.Lease lease = memory(host, vm).lease()) {
            return lease.getInt(address);
        }
    }

    private static GuestMemory memory(TestHost host, VmView vm) {
        return host.vault().find(vm.id()).orElseThrow().machine().memory();
    }
}
