package io.godwit.actors.guards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.godwit.actors.migration.MigrationView;
import io.godwit.actors.testing.TwoHosts;
import io.godwit.actors.testing.WrappedMachine;
import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.ProblemException;
import io.godwit.actors.vm.VmStatus;
import io.godwit.actors.vm.VmView;
import io.godwit.config.Destination;
import io.godwit.config.MigrationParameters;
import io.godwit.config.SkippedChecks;
import io.godwit.config.VmSpec;
import io.godwit.vmm.Backend;
import io.godwit.vmm.Machine;
import io.godwit.vmm.MachineException;
import io.godwit.vmm.MachineFactory;
import io.godwit.vmm.MachineProfile;
import io.godwit.vmm.MachineState;
import io.godwit.vmm.admission.ProfileCheck;
import io.godwit.vmm.simulated.SimulatedMachineFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import org.assertj.core.api.ThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Host b's CPU has less than a's, and its hypervisor says so where it is not told to go without that check. */
@Timeout(120)
class SkippedChecksTest {
    private static final SkippedChecks CPU = new SkippedChecks(true, false);

    @TempDir
    Path directory;

    @Test
    void shouldRefuseAHostWhoseCpuLacksAFeatureUnlessThatIsSkipped() throws Exception {
        try (TwoHosts hosts = new TwoHosts(cpu(List.of("avx512f", "sse4_2"), ""), cpu(List.of("sse4_2"), ""))) {
            VmView vm = start(hosts);

            assertThat(problem(() -> TwoHosts.get(move(hosts, vm, Optional.of("b"), SkippedChecks.NONE)))
                            .reasons())
                    .containsExactly("CPU features not supported here: [avx512f]");
            assertThat(problem(() -> TwoHosts.get(move(hosts, vm, Optional.empty(), SkippedChecks.NONE)))
                            .reasons())
                    .containsExactly("host b: its CPU lacks avx512f");
            assertThat(plan(hosts, vm, SkippedChecks.NONE))
                    .containsExactly("CPU features not supported here: [avx512f]");
            assertThat(plan(hosts, vm, new SkippedChecks(false, true))).hasSize(1);
            assertThat(plan(hosts, vm, CPU)).isEmpty();

            MigrationView moved = hosts.ended(TwoHosts.get(move(hosts, vm, Optional.empty(), CPU)));

            assertThat(moved.status()).as(moved.reason()).isEqualTo("completed");
            hosts.awaitVm(vm, view -> view.host().equals("b") && view.status() == VmStatus.RUNNING);
        }
    }

    @Test
    void shouldRunOnAtTheSourceWhereTheTargetCannotSetWhatTheGuestHas() throws Exception {
        String refusal = "vcpu/0: cannot be restored here: XCR0 is 0xe7; expected bits of 0x7";
        try (TwoHosts hosts = new TwoHosts(cpu(List.of("avx512f", "sse4_2"), ""), cpu(List.of("sse4_2"), refusal))) {
            VmView vm = start(hosts);

            MigrationView ended = hosts.ended(TwoHosts.get(move(hosts, vm, Optional.of("b"), CPU)));

            assertThat(ended.status()).isEqualTo("failed");
            assertThat(ended.reason()).contains(refusal);
            VmView after = hosts.awaitVm(vm, view -> view.status() == VmStatus.RUNNING && view.migrationId() == null);
            assertThat(after.host()).isEqualTo("a");
            hosts.awaitEmpty(hosts.b());
        }
    }

    @Test
    void shouldNeverGoWithoutTheVendor() throws Exception {
        try (TwoHosts hosts = new TwoHosts(
                cpu(List.of("sse4_2", "vendor:AuthenticAMD"), ""), cpu(List.of("sse4_2", "vendor:GenuineIntel"), ""))) {
            VmView vm = start(hosts);

            assertThat(problem(() -> TwoHosts.get(move(hosts, vm, Optional.of("b"), CPU)))
                            .reasons())
                    .containsExactly("CPU vendor:AuthenticAMD, this host's is vendor:GenuineIntel");
            assertThat(problem(() -> TwoHosts.get(move(hosts, vm, Optional.empty(), CPU)))
                            .reasons())
                    .containsExactly("host b: its CPU is not of vendor:AuthenticAMD");
        }
    }

    private static CompletionStage<MigrationView> move(
            TwoHosts hosts, VmView vm, Optional<String> target, SkippedChecks skipped) {
        return hosts.client()
                .migrate(vm.id(), new Destination(target, Optional.empty(), skipped), MigrationParameters.NONE);
    }

    private static List<String> plan(TwoHosts hosts, VmView vm, SkippedChecks skipped) throws Exception {
        Destination b = new Destination(Optional.of("b"), Optional.empty(), skipped);
        return TwoHosts.get(hosts.client().plan(vm.id(), b, MigrationParameters.NONE))
                .refusals();
    }

    private VmView start(TwoHosts hosts) throws Exception {
        Path kernel = Files.writeString(directory.resolve("kernel"), "not executed");
        return hosts.start("vm", 64L << 20, 1, kernel, "wss=8 rate=20 fill=16");
    }

    /** @param refusal what the hypervisor has against any state, whatever is skipped; empty where nothing */
    private static MachineFactory cpu(List<String> names, String refusal) {
        return new OnCpu(new SimulatedMachineFactory(), new TreeSet<>(names), refusal);
    }

    private record OnCpu(MachineFactory plain, SortedSet<String> cpuFeatures, String refusal)
            implements MachineFactory {
        @Override
        public Backend backend() {
            return plain.backend();
        }

        @Override
        public void check(VmSpec spec) {
            plain.check(spec);
        }

        @Override
        public Machine create(VmSpec spec) {
            return new Guest(plain.create(spec), this);
        }

        @Override
        public List<String> refusals(MachineProfile profile) {
            return new ProfileCheck(profile).cpu(cpuFeatures).reasons();
        }
    }

    private static final class Guest extends WrappedMachine {
        private final OnCpu host;
        private volatile boolean anyCpu;

        Guest(Machine machine, OnCpu host) {
            super(machine);
            this.host = host;
        }

        @Override
        public MachineProfile profile() {
            MachineProfile plain = super.profile();
            return new MachineProfile(
                    plain.spec(),
                    plain.backend(),
                    plain.layout(),
                    plain.componentVersions(),
                    host.cpuFeatures(),
                    plain.tscKhz());
        }

        @Override
        public void skipCpuCheck() {
            anyCpu = true;
        }

        @Override
        public void restore(MachineState state) {
            if (!anyCpu) {
                throw new MachineException("CPU features not supported here");
            }
            if (!host.refusal().isEmpty()) {
                throw new MachineException(host.refusal());
            }
            super.restore(state);
        }
    }

    private static Problem problem(ThrowableAssert.ThrowingCallable refused) {
        Throwable failure = catchThrowable(refused);
        assertThat(failure).isInstanceOf(ExecutionException.class);
        return ProblemException.problemOf(failure.getCause());
    }
}
