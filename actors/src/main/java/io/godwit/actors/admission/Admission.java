package io.godwit.actors.admission;

import io.godwit.actors.migration.Manifest;
import io.godwit.config.VmSpec;
import io.godwit.control.placement.KernelRelease;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Whether a VM may be received: every reason why not, in one answer. */
public final class Admission {
    private final Manifest manifest;
    private final TargetConditions host;
    private final Set<String> reasons = new LinkedHashSet<>();

    private Admission(Manifest manifest, TargetConditions host) {
        this.manifest = manifest;
        this.host = host;
    }

    /** What is wrong with the manifest itself. Nothing may be derived from one that has faults. */
    public static List<String> faults(Manifest manifest) {
        return ManifestCheck.faults(manifest);
    }

    /**
     * Every reason against receiving the VM; empty when it is welcome.
     *
     * @param manifest one without {@linkplain #faults faults}
     */
    public static List<String> refusals(Manifest manifest, TargetConditions host) {
        Admission admission = new Admission(manifest, host);
        admission.reasons.addAll(host.notReceiving());
        admission.protocol();
        admission.source();
        admission.place();
        admission.memory();
        admission.kernel();
        admission.reasons.addAll(
                changedAttributes(manifest.vm().spec(), manifest.profile().spec()));
        admission.reasons.addAll(host.machineReasons());
        admission.reasons.addAll(host.streamReasons());
        return List.copyOf(admission.reasons);
    }

    private void protocol() {
        ProtocolRange source = manifest.protocol();
        if (source.meet(host.protocol()).isEmpty()) {
            reasons.add("migration protocol: the source speaks " + source + ", host " + host.hostId() + " speaks "
                    + host.protocol());
        }
    }

    private void source() {
        if (manifest.vm().owner().hostId().equals(host.hostId())) {
            reasons.add("source: VM " + name() + " is already on host " + host.hostId());
        }
    }

    private void place() {
        if (host.machines().containsKey(manifest.vm().id())) {
            reasons.add("host " + host.hostId() + " has not yet let go of VM " + name());
        }
        host.machines().forEach((id, taken) -> {
            if (taken.equals(name()) && !id.equals(manifest.vm().id())) {
                reasons.add("name: VM " + id + " on host " + host.hostId() + " has the name " + taken + " too");
            }
        });
    }

    private void memory() {
        long wanted = manifest.vm().spec().memoryBytes();
        long free = host.guestMemoryBytes() - host.usedMemoryBytes();
        if (wanted > free) {
            reasons.add(String.format(
                    "memory: the VM has %d bytes, host %s has %d of %d left for guests",
                    wanted, host.hostId(), Math.max(0, free), host.guestMemoryBytes()));
        }
    }

    /** What an older kernel's KVM makes of the newer one's state nobody has tried. */
    private void kernel() {
        String source = manifest.facts().kernel();
        if (!manifest.skipped().kernel() && !KernelRelease.isAsNew(host.kernel(), source)) {
            reasons.add("kernel: host " + host.hostId() + " has " + host.kernel() + ", older than " + source
                    + ", whose state the VM carries");
        }
    }

    private String name() {
        return manifest.vm().spec().name();
    }

    /** What a VM was defined as does not change on its way: the machine's definition against the ledger's. */
    static List<String> changedAttributes(VmSpec recorded, VmSpec machine) {
        List<String> changed = new ArrayList<>();
        compare(changed, "name", recorded.name(), machine.name());
        compare(changed, "memory", recorded.memoryBytes(), machine.memoryBytes());
        compare(changed, "vcpus", recorded.vcpus(), machine.vcpus());
        compare(changed, "kernel", recorded.kernel(), machine.kernel());
        compare(changed, "cmdline", recorded.cmdline(), machine.cmdline());
        compare(changed, "initrd", recorded.initrd(), machine.initrd());
        compare(changed, "dirtyLog", recorded.dirtyLog(), machine.dirtyLog());
        compare(changed, "hideCpuFeatures", recorded.hiddenCpuFeatures(), machine.hiddenCpuFeatures());
        compare(changed, "disks", recorded.disks(), machine.disks());
        compare(changed, "nics", recorded.nics(), machine.nics());
        compare(changed, "devices", recorded.devices(), machine.devices());
        compare(changed, "slots", recorded.slots(), machine.slots());
        compare(changed, "availability", recorded.availability(), machine.availability());
        compare(changed, "placement", recorded.placement(), machine.placement());
        return changed;
    }

    private static void compare(
            List<String> changed, String attribute, @Nullable Object recorded, @Nullable Object machine) {
        if (!Objects.equals(recorded, machine)) {
            changed.add(attribute + " must not change: the ledger has " + shown(recorded) + ", the machine has "
                    + shown(machine));
        }
    }

    private static String shown(@Nullable Object value) {
        String text = value == null ? "" : value.toString();
        return text.isEmpty() ? "none" : text;
    }
}
