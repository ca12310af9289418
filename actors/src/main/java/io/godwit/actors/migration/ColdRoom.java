package io.godwit.actors.migration;

import io.godwit.actors.cluster.NodeServices;
import io.godwit.actors.host.HostActor.AdmitCold;
import io.godwit.actors.host.HostResources;
import io.godwit.config.InvalidValueException;
import io.godwit.config.VmSpec;
import io.godwit.config.device.DiskSpec;
import io.godwit.config.device.NicSpec;
import io.godwit.config.device.VolumeRef;
import io.godwit.control.ledger.VmIds;
import io.godwit.vmm.storage.StorageException;
import io.godwit.vmm.storage.Volume;
import io.godwit.vmm.storage.VolumeStore;
import io.godwit.vmm.storage.VolumesComing;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/** Whether a VM that is off may come here with its disks, every reason why not, and the room for them. Blocks. */
final class ColdRoom {
    private static final int MAX_DISKS = 64;

    private final NodeServices node;
    private final AdmitCold request;
    private final List<String> refusals = new ArrayList<>();

    private ColdRoom(NodeServices node, AdmitCold request) {
        this.node = node;
        this.request = request;
    }

    /** What is wrong with a request whatever this host has; nothing is derived from it before. */
    static List<String> faults(AdmitCold request) {
        List<String> faults = new ArrayList<>();
        if (!isUuid(request.migrationId())) {
            faults.add("cold migration: migrationId: a UUID is expected");
        }
        if (!VmIds.isValid(request.vm().id())) {
            faults.add("cold migration: vm.id: 26 lower-case letters and digits are expected");
        }
        if (request.disks().size() > MAX_DISKS) {
            faults.add("cold migration: disks: at most " + MAX_DISKS + " are expected");
        }
        Set<String> own = request.vm().spec().disks().stream()
                .map(disk -> disk.volume().toString())
                .collect(Collectors.toSet());
        for (Volume disk : request.disks()) {
            if (!own.contains(disk.pool() + "/" + disk.name())) {
                faults.add("cold migration: disks: volumes of the VM are expected");
            }
            if (disk.sizeBytes() < 1 || disk.sizeBytes() > VolumeStore.MAX_SIZE_BYTES) {
                faults.add("cold migration: disks: sizes from 1 byte to 64TiB are expected, not " + disk.sizeBytes());
            }
        }
        return faults;
    }

    private static boolean isUuid(String text) {
        try {
            return UUID.fromString(text).toString().equals(text);
        } catch (IllegalArgumentException malformed) {
            return false;
        }
    }

    /**
     * Begins to receive the disks.
     *
     * @throws RefusedException with every reason why they cannot come
     */
    static VolumesComing take(NodeServices node, AdmitCold request) {
        ColdRoom room = new ColdRoom(node, request);
        room.look();
        try {
            VolumesComing coming = node.volumes()
                    .moves()
                    .receive(
                            request.migrationId(),
                            request.vm().id(),
                            request.vm().epoch(),
                            request.disks());
            if (room.refusals.isEmpty()) {
                return coming;
            }
            coming.close();
        } catch (StorageException | InvalidValueException refused) {
            room.refusals.add(String.valueOf(refused.getMessage()));
        }
        throw new RefusedException(room.refusals);
    }

    private void look() {
        VmSpec spec = request.vm().spec();
        image("kernel", spec.kernel());
        if (spec.initrd() != null) {
            image("initrd", spec.initrd());
        }
        Set<String> networks = node.resources().networks().stream()
                .map(HostResources.HostNetwork::name)
                .collect(Collectors.toSet());
        spec.nics().stream()
                .map(NicSpec::network)
                .distinct()
                .filter(network -> !networks.contains(network))
                .forEach(network -> refusals.add("network " + network + " is not configured on host " + node.hostId()));
        Set<VolumeRef> coming = request.disks().stream()
                .map(disk -> new VolumeRef(disk.pool(), disk.name()))
                .collect(Collectors.toSet());
        spec.disks().stream()
                .map(DiskSpec::volume)
                .filter(volume -> !coming.contains(volume))
                .forEach(this::shared);
    }

    private void image(String what, String path) {
        if (!Files.isReadable(Path.of(path))) {
            refusals.add(what + " " + path + " cannot be read on host " + node.hostId());
        }
    }

    private void shared(VolumeRef volume) {
        if (!node.volumes().isShared(volume.pool())) {
            refusals.add("pool " + volume.pool() + " is not a shared pool of host " + node.hostId() + ", and volume "
                    + volume + " is not copied");
            return;
        }
        try {
            node.volumes().find(volume);
        } catch (StorageException missing) {
            refusals.add(String.valueOf(missing.getMessage()));
        }
    }

    /** Every reason why a VM cannot come here. */
    static final class RefusedException extends RuntimeException {
        private static final long serialVersionUID = 1;
        private final transient List<String> reasons;

        RefusedException(List<String> reasons) {
            super(String.join("; ", reasons));
            this.reasons = List.copyOf(reasons);
        }

        List<String> reasons() {
            return reasons;
        }
    }
}
