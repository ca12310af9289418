package io.godwit.node.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A VM.
 *
 * @param host where it runs, or where its definition lives while it is stopped
 * @param status {@code stopped}, {@code starting}, {@code running}, {@code paused}, {@code incoming}, {@code stopping},
 *     {@code crashed}, {@code waiting-for-host} or {@code unknown}
 * @param devices what else it has: {@code rng}, {@code console}, {@code balloon}
 * @param epoch grows with every change of owner
 * @param backend {@code kvm} or {@code simulated}; empty while it has no machine
 * @param migration id of the migration under way, if any
 * @param detail why it is in this state, where that is not plain; else empty
 */
public record VmInfo(
        String id,
        String name,
        String host,
        String status,
        long memoryBytes,
        int vcpus,
        String kernel,
        String cmdline,
        @Nullable String initrd,
        String dirtyLog,
        List<String> hideCpuFeatures,
        List<DiskInfo> disks,
        List<NicInfo> nics,
        List<String> devices,
        long epoch,
        String backend,
        @Nullable String migration,
        String detail) {
    public VmInfo {
        hideCpuFeatures = List.copyOf(hideCpuFeatures);
        disks = List.copyOf(disks);
        nics = List.copyOf(nics);
        devices = List.copyOf(devices);
    }

    /**
     * A disk of a VM.
     *
     * @param id such as {@code disk/0}
     * @param slot on the VM's PCI bus
     * @param volume {@code POOL/VOLUME}
     * @param cache {@code writeback} or {@code none}
     */
    public record DiskInfo(String id, int slot, String volume, boolean readOnly, String cache, int queues) {}

    /**
     * A network interface of a VM.
     *
     * @param id such as {@code nic/0}
     * @param slot on the VM's PCI bus
     */
    public record NicInfo(String id, int slot, String network, String mac, int queues) {}
}
