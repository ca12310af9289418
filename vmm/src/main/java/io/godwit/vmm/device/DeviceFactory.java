package io.godwit.vmm.device;

import io.godwit.config.NodeConfig.Network;
import io.godwit.config.NodeConfig.PoolKind;
import io.godwit.config.NodeConfig.Resources;
import io.godwit.config.NodeConfig.StoragePool;
import io.godwit.config.VmSpec;
import io.godwit.config.device.DeviceSlots;
import io.godwit.config.device.DiskSpec;
import io.godwit.config.device.DiskSpec.CacheMode;
import io.godwit.config.device.GuestDevice;
import io.godwit.config.device.NicSpec;
import io.godwit.kvm.linux.DiskFile;
import io.godwit.kvm.linux.SystemCallException;
import io.godwit.vmm.MachineException;
import io.godwit.vmm.MachineProfile;
import io.godwit.vmm.device.balloon.BalloonDevice;
import io.godwit.vmm.device.block.BlockDevice;
import io.godwit.vmm.device.block.Disk;
import io.godwit.vmm.device.entropy.EntropyDevice;
import io.godwit.vmm.device.net.HostInterface;
import io.godwit.vmm.device.net.MacAddress;
import io.godwit.vmm.device.net.NetDevice;
import io.godwit.vmm.device.serial.ConsoleDevice;
import io.godwit.vmm.virtio.VirtioDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.agrona.CloseHelper;
import org.jspecify.annotations.Nullable;

/** Makes the virtio devices of a VM from what this host's configuration names. */
public final class DeviceFactory {
    private static final int PID_MASK = 0xffff;

    private final Resources resources;

    public DeviceFactory(Resources resources) {
        this.resources = resources;
    }

    /** What of a VM's devices cannot be had on this host, each with the reason; empty when all can. */
    public List<String> refusals(VmSpec spec) {
        List<String> reasons = new ArrayList<>();
        for (int i = 0; i < spec.disks().size(); i++) {
            DiskSpec disk = spec.disks().get(i);
            if (resources.pool(disk.volume().pool()).isEmpty()) {
                reasons.add(spec.diskIds().get(i) + ": storage pool "
                        + disk.volume().pool() + " is not configured here, known are "
                        + resources.pools().stream().map(StoragePool::name).toList());
            }
        }
        for (int i = 0; i < spec.nics().size(); i++) {
            NicSpec nic = spec.nics().get(i);
            if (resources.network(nic.network()).isEmpty()) {
                reasons.add(spec.nicIds().get(i) + ": network " + nic.network() + " is not configured here, known are "
                        + resources.networks().stream().map(Network::name).toList());
            }
        }
        return reasons;
    }

    /** As {@link #refusals(VmSpec)}, and what of a machine's disks is not here as its source has it. Blocks on files. */
    public List<String> refusals(MachineProfile profile) {
        List<String> reasons = new ArrayList<>(refusals(profile.spec()));
        for (int i = 0; i < profile.spec().disks().size(); i++) {
            String id = profile.spec().diskIds().get(i);
            DiskSpec disk = profile.spec().disks().get(i);
            resources
                    .pool(disk.volume().pool())
                    .flatMap(pool -> refusal(disk, pool, profile.diskBytes().get(id)))
                    .ifPresent(reason -> reasons.add(id + ": " + reason));
        }
        return reasons;
    }

    private static Optional<String> refusal(DiskSpec disk, StoragePool pool, @Nullable Long sourceBytes) {
        Optional<String> bound = boundHere(disk, pool);
        if (bound.isPresent()) {
            return bound;
        }
        String volume = "volume " + disk.volume();
        String path = pool.path().resolve(disk.volume().volume()).toString();
        if (sourceBytes == null) {
            return Optional.of(volume + ": the source does not say its size");
        }
        try (DiskFile file = DiskFile.open(path, true, false)) {
            long bytes = file.sizeBytes();
            return bytes == sourceBytes
                    ? Optional.empty()
                    : Optional.of(volume + " has " + bytes + " bytes here and " + sourceBytes
                            + " at the source; the same volume is expected at both");
        } catch (SystemCallException missing) {
            return Optional.of(volume + " of " + sourceBytes + " bytes at the source cannot be opened here: "
                    + missing.getMessage());
        }
    }

    /** Why a disk stays with its host; empty when another host can have it too. */
    private static Optional<String> boundHere(DiskSpec disk, StoragePool pool) {
        return disk.readOnly() || pool.kind() == PoolKind.SHARED
                ? Optional.empty()
                : Optional.of("volume " + disk.volume() + " is writable and pool " + pool.name()
                        + " is local; a disk goes along only where it is in a shared pool, or read-only");
    }

    /**
     * Looks for the images of a VM that is being defined. Blocks on files.
     *
     * @throws MachineException naming the first that cannot be opened as it is to be
     */
    public void requireImages(VmSpec spec) {
        for (int i = 0; i < spec.disks().size(); i++) {
            image(spec.diskIds().get(i), spec.disks().get(i)).file().close();
        }
    }

    private Disk image(String id, DiskSpec spec) {
        StoragePool pool = resources.pool(spec.volume().pool()).orElseThrow();
        String path = pool.path().resolve(spec.volume().volume()).toString();
        boolean direct = spec.cache() == CacheMode.NONE;
        return Disk.open(id, path, spec.readOnly(), direct, pool.kind() == PoolKind.SHARED);
    }

    /**
     * Opens images and makes taps.
     *
     * @throws MachineException naming the device, the value and the reason; nothing stays open then
     */
    public List<VirtioDevice> open(VmSpec spec) {
        List<String> reasons = refusals(spec);
        if (!reasons.isEmpty()) {
            throw new MachineException(String.join("; ", reasons));
        }
        List<VirtioDevice> devices = new ArrayList<>();
        try {
            spec.slotsById().entrySet().stream()
                    .sorted(Map.Entry.comparingByValue())
                    .forEach(device -> devices.add(make(spec, device.getKey())));
            return devices;
        } catch (RuntimeException | Error failed) {
            CloseHelper.quietCloseAll(devices);
            throw failed;
        }
    }

    /**
     * Opens the image of one of a VM's devices, or makes its tap.
     *
     * @throws MachineException naming the device, the value and the reason
     */
    public VirtioDevice open(VmSpec spec, String id) {
        List<String> reasons = refusals(spec);
        if (!reasons.isEmpty()) {
            throw new MachineException(String.join("; ", reasons));
        }
        return make(spec, id);
    }

    private VirtioDevice make(VmSpec spec, String id) {
        int disk = spec.diskIds().indexOf(id);
        int nic = spec.nicIds().indexOf(id);
        return disk >= 0
                ? disk(id, spec.disks().get(disk))
                : nic >= 0 ? nic(id, spec.nics().get(nic)) : other(spec, id);
    }

    private VirtioDevice disk(String id, DiskSpec spec) {
        StoragePool pool = resources.pool(spec.volume().pool()).orElseThrow();
        return new BlockDevice(id, image(id, spec), spec.volume().volume(), spec.queues(), boundHere(spec, pool));
    }

    private VirtioDevice nic(String id, NicSpec spec) {
        Network network = resources.network(spec.network()).orElseThrow();
        MacAddress mac = MacAddress.parse(spec.mac());
        String bridge = network.bridge().orElse(null);
        HostInterface host = HostInterface.open(id, tapName(mac), mac, bridge, spec.queues());
        return new NetDevice(id, mac, host);
    }

    /** Of two nodes on one host between which a VM moves, each needs a tap of its own. */
    private static String tapName(MacAddress mac) {
        long pid = ProcessHandle.current().pid() & PID_MASK;
        return String.format("gw%08x%04x", mac.value() & 0xffff_ffffL, pid);
    }

    private static VirtioDevice other(VmSpec spec, String id) {
        for (GuestDevice device : spec.devices()) {
            if (DeviceSlots.id(device).equals(id)) {
                return switch (device) {
                    case RNG -> new EntropyDevice(id);
                    case CONSOLE -> new ConsoleDevice(id);
                    case BALLOON -> new BalloonDevice(id);
                };
            }
        }
        throw new MachineException("machine " + spec.name() + " has no device " + id);
    }
}
