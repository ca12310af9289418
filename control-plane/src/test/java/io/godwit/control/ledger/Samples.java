package io.godwit.control.ledger;

import io.godwit.config.DirtyLogKind;
import io.godwit.config.VmSpec;
import io.godwit.config.device.DiskSpec;
import io.godwit.config.device.DiskSpec.CacheMode;
import io.godwit.config.device.GuestDevice;
import io.godwit.config.device.NicSpec;
import io.godwit.config.device.VolumeRef;
import java.util.List;
import java.util.TreeSet;

/** Records that tests share. */
final class Samples {
    static final String VM = "0123456789abcdefghjkmnpqrs";
    static final String OTHER_VM = "zzzzzzzzzzzzzzzzzzzzzzzzzz";
    static final HostIdentity SOUTH = new HostIdentity("south", "s1");
    static final HostIdentity NORTH = new HostIdentity("north", "n1");
    static final HostIdentity EAST = new HostIdentity("east", "e1");

    private Samples() {}

    static VmSpec spec(String name) {
        return new VmSpec(
                name,
                64 << 20,
                2,
                "/boot/probe.elf",
                "wss=16 rate=50",
                null,
                DirtyLogKind.BITMAP,
                new TreeSet<>(List.of("x2apic", "avx512f")));
    }

    static VmSpec withDevices(String name, List<DiskSpec> disks, List<NicSpec> nics) {
        VmSpec bare = spec(name);
        return new VmSpec(
                name,
                bare.memoryBytes(),
                bare.vcpus(),
                bare.kernel(),
                bare.cmdline(),
                bare.initrd(),
                bare.dirtyLog(),
                bare.hiddenCpuFeatures(),
                disks,
                nics,
                new TreeSet<>(List.of(GuestDevice.RNG, GuestDevice.BALLOON)));
    }

    static DiskSpec disk(String volume, boolean readOnly) {
        return new DiskSpec(VolumeRef.parse("volume", volume), readOnly, CacheMode.NONE, 2);
    }

    static NicSpec nic(String mac) {
        return new NicSpec("lan", mac, 1);
    }

    static LedgerCommand.Create create(String requestId, String vmId, String name) {
        return new LedgerCommand.Create(requestId, vmId, spec(name), SOUTH);
    }

    static LedgerCommand.Prepare prepare(String requestId, String migrationId) {
        return new LedgerCommand.Prepare(requestId, VM, migrationId, 1, SOUTH, NORTH);
    }

    static LedgerCommand.Commit commit(String requestId, String migrationId) {
        return new LedgerCommand.Commit(requestId, VM, migrationId);
    }

    static LedgerCommand.Abort abort(String requestId, String migrationId) {
        return new LedgerCommand.Abort(requestId, VM, migrationId);
    }

    /** Of the VM, from south to north. */
    static BalanceMove balanceMove(String migrationId, long epoch, boolean asked) {
        return new BalanceMove(
                migrationId,
                VM,
                "probe",
                "south",
                "north",
                epoch,
                asked,
                "balance",
                0.5,
                1_200,
                1L << 30,
                1_700_000_000_000L,
                BalanceMove.State.BEGUN,
                "",
                0,
                0);
    }

    static LedgerState withVm() {
        LedgerState state = new LedgerState();
        state.apply(create("create", VM, "probe"));
        return state;
    }
}
