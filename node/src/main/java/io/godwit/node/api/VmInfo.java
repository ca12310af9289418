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
 * @param stateless whether it may be started from nothing on another host
 * @param autoRestart what becomes of it when its guest ends by itself: {@code never}, {@code on-crash} or {@code always}
 * @param priority of its recovery, 0 to 100: the higher the earlier
 * @param ha whether it may be started on another host at all
 * @param rules with whom it is to live, or where
 * @param preferHost taken where it may be
 * @param zones it is bound to; empty: any
 * @param pinned whether it is never moved unasked
 * @param epoch grows with every change of owner
 * @param backend {@code kvm} or {@code simulated}; empty while it has no machine
 * @param migration id of the migration under way, if any
 * @param detail why it is in this state, where that is not plain, or what else there is to say of it; else empty
 * @param deviceStates its machine's devices, while it has one
 * @param generation the generation id that the guest sees
 * @param exitCode what the guest wrote to the debug-exit port, if that is how it ended
 * @param guestAct what the guest did last that ended it or booted it anew, since it was started
 * @param guarded whether it runs only under its host's permit, so that another host may start it when that is over
 * @param waitsFor what keeps it from running although it is to: {@code permit} or {@code host NAME}; else null
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
        boolean stateless,
        String autoRestart,
        int priority,
        boolean ha,
        List<RuleInfo> rules,
        @Nullable String preferHost,
        List<String> zones,
        boolean pinned,
        long epoch,
        String backend,
        @Nullable String migration,
        String detail,
        List<DeviceInfo> deviceStates,
        @Nullable String generation,
        @Nullable Integer exitCode,
        @Nullable GuestActInfo guestAct,
        boolean guarded,
        @Nullable String waitsFor) {
    public VmInfo {
        hideCpuFeatures = List.copyOf(hideCpuFeatures);
        disks = List.copyOf(disks);
        nics = List.copyOf(nics);
        devices = List.copyOf(devices);
        deviceStates = List.copyOf(deviceStates);
        rules = List.copyOf(rules);
        zones = List.copyOf(zones);
    }

    /**
     * With whom a VM is to live, or where.
     *
     * @param kind {@code together}, {@code apart}, {@code on} or {@code not-on}
     * @param strict whether it is never broken; else it is kept where that costs little
     * @param vms of the first two kinds, else null
     * @param hosts of the last two kinds, else null
     */
    public record RuleInfo(
            String kind,
            boolean strict,
            @Nullable List<String> vms,
            @Nullable List<String> hosts) {}

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
     * A device of a machine.
     *
     * @param name unique in the machine, such as {@code disk/0}
     * @param kind such as {@code disk}
     * @param state {@code idle}, {@code active}, {@code quiesced} or {@code failed}
     * @param fault why it stopped, until its driver resets it
     */
    public record DeviceInfo(
            String name,
            String kind,
            String state,
            @Nullable String fault) {}

    /**
     * What a guest did.
     *
     * @param kind {@code power-off}, {@code reset}, {@code triple-fault}, {@code panic}, {@code debug-exit} or
     *     {@code failure}
     * @param at RFC 3339, UTC, by the clock of its host
     */
    public record GuestActInfo(String kind, @Nullable Integer exitCode, String reason, String at) {}

    /**
     * A network interface of a VM.
     *
     * @param id such as {@code nic/0}
     * @param slot on the VM's PCI bus
     */
    public record NicInfo(String id, int slot, String network, String mac, int queues) {}
}
