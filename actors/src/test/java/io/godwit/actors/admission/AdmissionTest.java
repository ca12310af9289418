package io.godwit.actors.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.actors.migration.Manifest;
import io.godwit.config.DirtyLogKind;
import io.godwit.config.SkippedChecks;
import io.godwit.config.VmSpec;
import io.godwit.config.device.GuestDevice;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.vmm.MachineProfile;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class AdmissionTest {
    private static final String ID = "abcdefghijklmnopqrstuvwxyz";

    @Test
    void shouldTakeAVmThatFits() {
        assertThat(Admission.faults(Manifests.valid())).isEmpty();
        assertThat(Admission.refusals(Manifests.valid(), Manifests.roomy())).isEmpty();
    }

    @Test
    void shouldNameEveryReasonInOneAnswer() {
        VmSpec machine = new VmSpec(
                "probe-1",
                128L << 20,
                2,
                "/images/other.elf",
                "",
                "/initrd",
                DirtyLogKind.RING,
                new TreeSet<>(),
                List.of(),
                List.of(),
                new TreeSet<>(List.of(GuestDevice.RNG)));
        Manifest manifest = Manifests.of(
                Manifests.vm(ID, Manifests.SPEC, new HostIdentity("b", "earlier"), 3),
                Manifests.profile(machine),
                new ProtocolRange(2, 3));
        TargetConditions host = new TargetConditions(
                "b",
                "6.1.0-21-amd64",
                ProtocolRange.SPOKEN,
                32L << 20,
                16L << 20,
                Map.of(ID, "probe-1", "another-vm", "probe-1"),
                List.of("host b takes no VM while it is leaving"),
                List.of("CPU features not supported here: [avx512f]", "component net/0 has version 2, accepted is 1"),
                List.of("no room for 2 lanes"));

        List<String> reasons = Admission.refusals(manifest, host);

        assertThat(reasons)
                .containsExactly(
                        "host b takes no VM while it is leaving",
                        "migration protocol: the source speaks 2 to 3, host b speaks 1",
                        "source: VM probe-1 is already on host b",
                        "host b has not yet let go of VM probe-1",
                        "name: VM another-vm on host b has the name probe-1 too",
                        "memory: the VM has 67108864 bytes, host b has 16777216 of 33554432 left for guests",
                        "kernel: host b has 6.1.0-21-amd64, older than 6.18.0, whose state the VM carries",
                        "memory must not change: the ledger has 67108864, the machine has 134217728",
                        "vcpus must not change: the ledger has 1, the machine has 2",
                        "kernel must not change: the ledger has /images/probe.elf, the machine has /images/other.elf",
                        "cmdline must not change: the ledger has wss=8, the machine has none",
                        "initrd must not change: the ledger has none, the machine has /initrd",
                        "dirtyLog must not change: the ledger has BITMAP, the machine has RING",
                        "devices must not change: the ledger has [], the machine has [RNG]",
                        "CPU features not supported here: [avx512f]",
                        "component net/0 has version 2, accepted is 1",
                        "no room for 2 lanes");
    }

    @Test
    void shouldRefuseSizesOfDisksThatTheMachineHasNot() {
        MachineProfile plain = Manifests.profile(Manifests.SPEC);
        MachineProfile odd = new MachineProfile(
                plain.spec(),
                plain.backend(),
                plain.layout(),
                plain.componentVersions(),
                plain.cpuFeatures(),
                0,
                new TreeMap<>(Map.of("disk/0", 512L)),
                plain.unmovable());

        assertThat(Admission.faults(Manifests.of(Manifests.valid().vm(), odd, ProtocolRange.SPOKEN)))
                .containsExactly("manifest: profile.diskBytes 1 entries: at most 0 is expected");
    }

    @Test
    void shouldNotAskForTheKernelWhereThatIsSkipped() {
        Manifest asked = Manifests.valid();
        Manifest skipping = new Manifest(
                asked.migrationId(),
                asked.vm(),
                asked.running(),
                asked.profile(),
                asked.facts(),
                asked.settings(),
                new SkippedChecks(false, true),
                asked.minProtocol(),
                asked.maxProtocol(),
                null);
        TargetConditions older = new TargetConditions(
                "b", "5.10.0", ProtocolRange.SPOKEN, 1L << 30, 0, Map.of(), List.of(), List.of(), List.of());

        assertThat(Admission.refusals(asked, older))
                .containsExactly("kernel: host b has 5.10.0, older than 6.18.0, whose state the VM carries");
        assertThat(Admission.refusals(skipping, older)).isEmpty();
    }

    @Test
    void shouldNotCountMemoryBelowNothing() {
        TargetConditions full =
                new TargetConditions("b", "", ProtocolRange.SPOKEN, 10, 20, Map.of(), List.of(), List.of(), List.of());

        assertThat(Admission.refusals(Manifests.valid(), full))
                .containsExactly("memory: the VM has 67108864 bytes, host b has 0 of 10 left for guests");
    }
}
