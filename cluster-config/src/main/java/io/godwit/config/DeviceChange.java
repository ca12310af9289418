package io.godwit.config;

import io.godwit.config.device.DeviceSlots;
import io.godwit.config.device.DiskSpec;
import io.godwit.config.device.NicSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * One device that comes to a VM or leaves it. All others keep their ids and their slots.
 *
 * @param id of the device
 * @param slot of it on the PCI bus
 * @param spec the VM's definition after the change
 */
public record DeviceChange(String id, int slot, VmSpec spec) {

    /** @throws InvalidValueException when the VM has all the disks it may have, or this one already */
    public static DeviceChange attach(VmSpec vm, DiskSpec disk) {
        List<DiskSpec> disks = new ArrayList<>(vm.disks());
        int number = freeNumber(DeviceSlots.DISK, "disks", vm, VmSpec.MAX_DISKS);
        disks.add(placeOf(DeviceSlots.DISK, vm, number), disk);
        return attached(vm, DeviceSlots.id(DeviceSlots.DISK, number), disks, vm.nics());
    }

    /** @throws InvalidValueException when the VM has all the interfaces it may have, or this address already */
    public static DeviceChange attach(VmSpec vm, NicSpec nic) {
        List<NicSpec> nics = new ArrayList<>(vm.nics());
        int number = nextNic(vm);
        nics.add(placeOf(DeviceSlots.NIC, vm, number), nic);
        return attached(vm, DeviceSlots.id(DeviceSlots.NIC, number), vm.disks(), nics);
    }

    /**
     * The number that a VM's next interface will have.
     *
     * @throws InvalidValueException when it has all it may have
     */
    public static int nextNic(VmSpec vm) {
        return freeNumber(DeviceSlots.NIC, "nics", vm, VmSpec.MAX_NICS);
    }

    private static int freeNumber(String kind, String field, VmSpec vm, int most) {
        for (int number = 0; number < most; number++) {
            if (!vm.slotsById().containsKey(DeviceSlots.id(kind, number))) {
                return number;
            }
        }
        throw new InvalidValueException(field, most + 1 + " of them", "at most " + most);
    }

    /** How many of the kind come before it. */
    private static int placeOf(String kind, VmSpec vm, int number) {
        return DeviceSlots.idsOf(kind, vm.slotsById(), number).size();
    }

    private static DeviceChange attached(VmSpec vm, String id, List<DiskSpec> disks, List<NicSpec> nics) {
        SortedMap<String, Integer> slots = new TreeMap<>(vm.slotsById());
        int slot = DeviceSlots.free(slots.values());
        slots.put(id, slot);
        return new DeviceChange(id, slot, vm.with(disks, nics, slots));
    }

    /** Takes a disk or an interface away; empty where the VM has none with this id. */
    public static Optional<DeviceChange> detach(VmSpec vm, String id) {
        List<DiskSpec> disks = new ArrayList<>(vm.disks());
        List<NicSpec> nics = new ArrayList<>(vm.nics());
        int disk = vm.diskIds().indexOf(id);
        int nic = vm.nicIds().indexOf(id);
        if (disk < 0 && nic < 0) {
            return Optional.empty();
        }
        if (disk >= 0) {
            disks.remove(disk);
        } else {
            nics.remove(nic);
        }
        SortedMap<String, Integer> slots = new TreeMap<>(vm.slotsById());
        int slot = slots.getOrDefault(id, 0);
        slots.remove(id);
        return Optional.of(new DeviceChange(id, slot, vm.with(disks, nics, slots)));
    }
}
