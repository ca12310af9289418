package io.godwit.control.ledger;

import io.godwit.config.VmSpec;
import io.godwit.config.device.DiskSpec;
import io.godwit.config.device.NicSpec;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * What only one VM of the cluster may have: a MAC address, and a volume that it writes. Volumes are told apart by pool
 * and name alone, whichever host a VM lives on: a pool of the same name elsewhere is where the VM would migrate to.
 */
final class Claims {
    private Claims() {}

    /** Why a VM so defined cannot live beside these, naming the first that is in its way; null when it can. */
    static @Nullable String objection(VmSpec wanted, Collection<VmRecord> others) {
        if (wanted.disks().isEmpty() && wanted.nics().isEmpty()) {
            return null;
        }
        for (VmRecord other : others) {
            String objection = objection(wanted, other);
            if (objection != null) {
                return objection;
            }
        }
        return null;
    }

    /** Why a VM's devices cannot change so; null when they can. */
    static @Nullable String objection(LedgerCommand.ChangeDevices change, VmRecord vm, Collection<VmRecord> all) {
        if (!vm.spec().equals(change.before())) {
            return "the definition of VM \"" + vm.spec().name() + "\" is another than the change expects";
        }
        VmSpec same = change.after()
                .with(vm.spec().disks(), vm.spec().nics(), vm.spec().slots());
        if (!same.equals(vm.spec())) {
            return "the change of VM \"" + vm.spec().name() + "\" is of more than its disks and network interfaces";
        }
        return objection(
                change.after(),
                all.stream().filter(other -> !other.id().equals(vm.id())).toList());
    }

    private static @Nullable String objection(VmSpec wanted, VmRecord other) {
        for (NicSpec nic : wanted.nics()) {
            if (other.spec().nics().stream().anyMatch(taken -> taken.mac().equals(nic.mac()))) {
                return "MAC address " + nic.mac() + " is taken by " + named(other);
            }
        }
        for (DiskSpec disk : wanted.disks()) {
            for (DiskSpec taken : other.spec().disks()) {
                if (taken.volume().equals(disk.volume()) && !(taken.readOnly() && disk.readOnly())) {
                    return "volume " + disk.volume() + " is taken by " + named(other) + ", which "
                            + (taken.readOnly() ? "reads" : "writes") + " it; only VMs that all read a volume share it";
                }
            }
        }
        return null;
    }

    private static String named(VmRecord vm) {
        return "VM \"" + vm.spec().name() + "\" (" + vm.id() + ")";
    }
}
