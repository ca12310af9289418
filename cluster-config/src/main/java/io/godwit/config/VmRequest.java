package io.godwit.config;

import io.godwit.config.device.DiskSpec;
import io.godwit.config.device.GuestDevice;
import io.godwit.config.device.NicSpec;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * A request to create a VM, from the fields of the API.
 *
 * @param spec the definition
 * @param host where it is to live; empty where the cluster is to choose
 * @param start whether it is to run, too
 * @param cpu what its guest is given beside what the definition hides
 */
public record VmRequest(VmSpec spec, Optional<String> host, boolean start, CpuChoice cpu) {
    private static final ValueType<String> PATH = ValueType.text("a path on the host");

    /**
     * Reads {@code name, memory, vcpus, kernel, cmdline, initrd, host, dirtyLog, cpu, hideCpuFeatures, disks, nics,
     * devices, stateless, autoRestart, priority, ha, rules, preferHost, zones, pinned,
     * start}.
     *
     * @throws InvalidFieldsException naming each field that is missing, malformed, out of range or unknown
     */
    public static VmRequest parse(Map<String, ?> fields) {
        FieldReader reader = new FieldReader(fields);
        Optional<String> name = reader.requiredText("name", ValueType.name());
        Optional<Long> memory = reader.required("memory", VmSpec.memoryType());
        Optional<Integer> vcpus = reader.optionalNumber("vcpus", ValueType.integer(1, VmSpec.MAX_VCPUS));
        Optional<String> kernel = reader.requiredText("kernel", PATH);
        Optional<String> cmdline = reader.optionalText("cmdline", VmSpec.cmdlineType());
        Optional<String> initrd = reader.optionalText("initrd", PATH);
        Optional<String> host = reader.optionalText("host", ValueType.name());
        Optional<DirtyLogKind> dirtyLog = reader.optional("dirtyLog", ValueType.oneOf(DirtyLogKind.class));
        Optional<CpuChoice> cpu = reader.optional("cpu", ValueType.oneOf(CpuChoice.class));
        TreeSet<String> hidden = new TreeSet<>(reader.texts("hideCpuFeatures", CpuFeatureName.type()));
        List<DiskSpec> disks = reader.objects("disks", (disk, index) -> DiskSpec.parse(disk));
        List<NicSpec> nics = reader.objects("nics", (nic, index) -> NicSpec.parse(nic, name.orElse(""), index));
        ValueType<GuestDevice> deviceType = ValueType.oneOf(GuestDevice.class);
        TreeSet<GuestDevice> devices = new TreeSet<>(reader.list("devices", deviceType));
        Availability.Fields availability = Availability.read(reader);
        VmPlacement.Fields placement = VmPlacement.read(reader);
        Optional<Boolean> start = reader.optional("start", ValueType.bool());
        return reader.finish(() -> new VmRequest(
                new VmSpec(
                                name.orElseThrow(),
                                memory.orElseThrow(),
                                vcpus.orElse(1),
                                kernel.orElseThrow(),
                                cmdline.orElse(""),
                                initrd.orElse(null),
                                dirtyLog.orElse(DirtyLogKind.BITMAP),
                                hidden,
                                disks,
                                nics,
                                devices)
                        .with(availability.together())
                        .with(placement.together()),
                host,
                start.orElse(false),
                cpu.orElse(CpuChoice.HOST)));
    }
}
