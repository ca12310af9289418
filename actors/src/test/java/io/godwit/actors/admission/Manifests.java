package io.godwit.actors.admission;

import io.godwit.actors.host.HostFacts;
import io.godwit.actors.migration.Manifest;
import io.godwit.config.DirtyLogKind;
import io.godwit.config.MigrationSettings;
import io.godwit.config.SkippedChecks;
import io.godwit.config.VmSpec;
import io.godwit.control.ledger.DesiredState;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.VmRecord;
import io.godwit.kvm.memory.GuestLayout;
import io.godwit.vmm.Backend;
import io.godwit.vmm.MachineProfile;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** Manifests that make sense, and hosts that would take them. */
public final class Manifests {
    public static final VmSpec SPEC = new VmSpec(
            "probe-1", 64L << 20, 1, "/images/probe.elf", "wss=8", null, DirtyLogKind.BITMAP, new TreeSet<>());
    public static final HostIdentity SOURCE = new HostIdentity("a", "5f3b1c0e-1111-4e0d-9a55-0c6f5f0f7a11");
    public static final HostFacts FACTS = new HostFacts(2, "AMD EPYC", "0x1", "6.18.0", "http://127.0.0.1:1", "0.1");

    private Manifests() {}

    public static VmRecord vm(String id, VmSpec spec, HostIdentity owner, long epoch) {
        return new VmRecord(id, spec, owner, epoch, DesiredState.RUNNING, null, null);
    }

    public static MachineProfile profile(VmSpec spec) {
        return new MachineProfile(
                spec,
                Backend.SIMULATED,
                GuestLayout.ofSize(spec.memoryBytes()),
                new TreeMap<>(Map.of("vcpu/0", 1, "serial/0", 1)),
                new TreeSet<>(),
                0);
    }

    public static Manifest of(VmRecord vm, MachineProfile profile, ProtocolRange protocol) {
        return new Manifest(
                "3f1c9b0e-52a1-4e0d-9a55-0c6f5f0f7a11",
                vm,
                true,
                profile,
                FACTS,
                MigrationSettings.DEFAULT,
                SkippedChecks.NONE,
                protocol.oldest(),
                protocol.newest(),
                null);
    }

    public static Manifest valid() {
        return of(vm("abcdefghijklmnopqrstuvwxyz", SPEC, SOURCE, 7), profile(SPEC), ProtocolRange.SPOKEN);
    }

    /** A host with room for it. */
    public static TargetConditions roomy() {
        return new TargetConditions(
                "b", "6.18.0", ProtocolRange.SPOKEN, 1L << 30, 0, Map.of(), List.of(), List.of(), List.of());
    }
}
