package io.godwit.config;

import io.godwit.config.device.DeviceSlots;
import io.godwit.config.device.DiskSpec;
import io.godwit.config.device.GuestDevice;
import io.godwit.config.device.NicSpec;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The definition of a VM: what an operator creates and the ledger keeps.
 *
 * @param name 1 to 63 letters, digits, {@code . _ -}, beginning with a letter or digit; unique in the cluster
 * @param memoryBytes guest RAM, a multiple of 2 MiB between 16 MiB and 4 TiB
 * @param vcpus 1 to 255 (the xAPIC ids KVM hands out without x2APIC)
 * @param kernel path on the host of a Linux bzImage, an ELF file with a PVH note, or a multiboot kernel
 * @param cmdline at most 2047 bytes, the limit of Linux on x86
 * @param initrd path on the host of the first boot module, if any
 * @param dirtyLog how dirty pages are found
 * @param hiddenCpuFeatures {@linkplain CpuFeatureName names} of CPUID features taken from the guest
 * @param disks in the order in which the guest finds them
 * @param nics in the order in which the guest finds them
 * @param devices what else it has
 * @param slots PCI slot of each of its devices, by id, where devices that came or went have made them other than their
 *     order gives; else empty
 * @param availability what becomes of it when its guest or its host fails
 * @param placement where it may live, and with whom
 */
public record VmSpec(
        String name,
        long memoryBytes,
        int vcpus,
        String kernel,
        String cmdline,
        @Nullable String initrd,
        DirtyLogKind dirtyLog,
        SortedSet<String> hiddenCpuFeatures,
        List<DiskSpec> disks,
        List<NicSpec> nics,
        SortedSet<GuestDevice> devices,
        SortedMap<String, Integer> slots,
        Availability availability,
        VmPlacement placement) {
    public static final long MIN_MEMORY_BYTES = 16L << 20;
    public static final long MAX_MEMORY_BYTES = 4L << 40;
    public static final long MEMORY_STEP_BYTES = 2L << 20;
    public static final int MAX_VCPUS = 255;
    public static final int MAX_CMDLINE_BYTES = 2047;
    /** Of disks and of network interfaces; together with the other devices they fit on one PCI bus. */
    public static final int MAX_DISKS = 16;

    public static final int MAX_NICS = 8;
    private static final String MEMORY_ACCEPTED = "a multiple of 2MiB from 16MiB to 4TiB";
    private static final String CMDLINE_ACCEPTED = "at most " + MAX_CMDLINE_BYTES + " bytes without NUL";

    public VmSpec {
        ValueType.name().parse("name", name);
        if (!isMemorySize(memoryBytes)) {
            throw new InvalidValueException("memory", memoryBytes, MEMORY_ACCEPTED);
        }
        if (vcpus < 1 || vcpus > MAX_VCPUS) {
            throw new InvalidValueException("vcpus", vcpus, "1 to " + MAX_VCPUS);
        }
        if (kernel.isBlank()) {
            throw new InvalidValueException("kernel", kernel, "the path of a kernel");
        }
        cmdlineType().parse("cmdline", cmdline);
        if (initrd != null && initrd.isBlank()) {
            throw new InvalidValueException("initrd", initrd, "a path, or nothing");
        }
        hiddenCpuFeatures.forEach(feature -> CpuFeatureName.type().parse("hideCpuFeatures", feature));
        hiddenCpuFeatures = Collections.unmodifiableSortedSet(new TreeSet<>(hiddenCpuFeatures));
        disks = List.copyOf(disks);
        nics = List.copyOf(nics);
        devices = Collections.unmodifiableSortedSet(new TreeSet<>(devices));
        checkCount("disks", disks.size(), MAX_DISKS);
        checkCount("nics", nics.size(), MAX_NICS);
        checkTwice(
                "disks",
                disks.stream()
                        .filter(disk -> !disk.readOnly())
                        .map(DiskSpec::volume)
                        .toList());
        checkTwice("nics", nics.stream().map(NicSpec::mac).toList());
        slots = Collections.unmodifiableSortedMap(usualLeftOut(slots, disks, nics, devices));
        for (PlacementRule rule : placement.rules()) {
            if (!rule.kind().ofHosts() && rule.names().contains(name)) {
                throw new InvalidValueException("rules", name, "names of other VMs than itself");
            }
        }
    }

    /** With slots as the order of devices gives them until one comes or goes, the usual availability, anywhere. */
    public VmSpec(
            String name,
            long memoryBytes,
            int vcpus,
            String kernel,
            String cmdline,
            @Nullable String initrd,
            DirtyLogKind dirtyLog,
            SortedSet<String> hiddenCpuFeatures,
            List<DiskSpec> disks,
            List<NicSpec> nics,
            SortedSet<GuestDevice> devices) {
        this(
                name,
                memoryBytes,
                vcpus,
                kernel,
                cmdline,
                initrd,
                dirtyLog,
                hiddenCpuFeatures,
                disks,
                nics,
                devices,
                Collections.emptySortedMap(),
                Availability.USUAL,
                VmPlacement.ANYWHERE);
    }

    /** A VM without disks, network or other devices. */
    public VmSpec(
            String name,
            long memoryBytes,
            int vcpus,
            String kernel,
            String cmdline,
            @Nullable String initrd,
            DirtyLogKind dirtyLog,
            SortedSet<String> hiddenCpuFeatures) {
        this(
                name,
                memoryBytes,
                vcpus,
                kernel,
                cmdline,
                initrd,
                dirtyLog,
                hiddenCpuFeatures,
                List.of(),
                List.of(),
                Collections.emptySortedSet());
    }

    /** One definition for one layout: slots that the order gives anyway are not kept. */
    private static SortedMap<String, Integer> usualLeftOut(
            SortedMap<String, Integer> slots,
            List<DiskSpec> disks,
            List<NicSpec> nics,
            SortedSet<GuestDevice> devices) {
        if (slots.isEmpty()) {
            return slots;
        }
        DeviceSlots.check(slots, disks.size(), MAX_DISKS, nics.size(), MAX_NICS, devices);
        return slots.equals(DeviceSlots.inOrder(disks.size(), nics.size(), devices))
                ? Collections.emptySortedMap()
                : new TreeMap<>(slots);
    }

    /** PCI slot by device id, of all devices. */
    public SortedMap<String, Integer> slotsById() {
        return slots.isEmpty() ? DeviceSlots.inOrder(disks.size(), nics.size(), devices) : slots;
    }

    /** Ids of {@link #disks()}, in their order. */
    public List<String> diskIds() {
        return slots.isEmpty()
                ? DeviceSlots.ids(DeviceSlots.DISK, disks.size())
                : DeviceSlots.idsOf(DeviceSlots.DISK, slots, MAX_DISKS);
    }

    /** Ids of {@link #nics()}, in their order. */
    public List<String> nicIds() {
        return slots.isEmpty()
                ? DeviceSlots.ids(DeviceSlots.NIC, nics.size())
                : DeviceSlots.idsOf(DeviceSlots.NIC, slots, MAX_NICS);
    }

    /** The same VM with other disks and interfaces, in these slots. */
    public VmSpec with(List<DiskSpec> newDisks, List<NicSpec> newNics, SortedMap<String, Integer> newSlots) {
        return new VmSpec(
                name,
                memoryBytes,
                vcpus,
                kernel,
                cmdline,
                initrd,
                dirtyLog,
                hiddenCpuFeatures,
                newDisks,
                newNics,
                devices,
                newSlots,
                availability,
                placement);
    }

    /** The same VM with another availability. */
    public VmSpec with(Availability other) {
        return new VmSpec(
                name,
                memoryBytes,
                vcpus,
                kernel,
                cmdline,
                initrd,
                dirtyLog,
                hiddenCpuFeatures,
                disks,
                nics,
                devices,
                slots,
                other,
                placement);
    }

    /** The same VM with these CPU features hidden from it, too. */
    public VmSpec hiding(Set<String> cpuFeatures) {
        TreeSet<String> all = new TreeSet<>(hiddenCpuFeatures);
        all.addAll(cpuFeatures);
        return new VmSpec(
                name,
                memoryBytes,
                vcpus,
                kernel,
                cmdline,
                initrd,
                dirtyLog,
                all,
                disks,
                nics,
                devices,
                slots,
                availability,
                placement);
    }

    /** The same VM with another place. */
    public VmSpec with(VmPlacement other) {
        return new VmSpec(
                name,
                memoryBytes,
                vcpus,
                kernel,
                cmdline,
                initrd,
                dirtyLog,
                hiddenCpuFeatures,
                disks,
                nics,
                devices,
                slots,
                availability,
                other);
    }

    /**
     * Whether another host could start it when its own fails: only then does it run under permits. It needs nothing
     * that is only there: it is stateless, or it writes disks and all that it writes are shared.
     *
     * @param isShared whether a pool is the same directory on every host that names it
     */
    public boolean isMovable(Predicate<String> isShared) {
        List<String> written = disks.stream()
                .filter(disk -> !disk.readOnly())
                .map(disk -> disk.volume().pool())
                .toList();
        boolean everywhere = !written.isEmpty() && written.stream().allMatch(isShared);
        return availability.ha() && (availability.stateless() || everywhere);
    }

    /** Whether what it keeps outlives its host's power: all that one without disks had was in its memory. */
    public boolean outlivesPowerLoss() {
        return availability.stateless() || !disks.stream().allMatch(DiskSpec::readOnly);
    }

    private static void checkCount(String field, int count, int most) {
        if (count > most) {
            throw new InvalidValueException(field, count + " of them", "at most " + most);
        }
    }

    private static void checkTwice(String field, List<?> values) {
        Set<Object> seen = new HashSet<>();
        for (Object value : values) {
            if (!seen.add(value)) {
                throw new InvalidValueException(field, value + " twice", "each only once");
            }
        }
    }

    private static boolean isMemorySize(long bytes) {
        return bytes >= MIN_MEMORY_BYTES && bytes <= MAX_MEMORY_BYTES && bytes % MEMORY_STEP_BYTES == 0;
    }

    /** Guest RAM as operators write it: a size with its unit, or bytes. */
    public static ValueType<Long> memoryType() {
        return ValueType.size(MIN_MEMORY_BYTES, MAX_MEMORY_BYTES).that(VmSpec::isMemorySize, MEMORY_ACCEPTED);
    }

    /** A kernel command line. */
    public static ValueType<String> cmdlineType() {
        return ValueType.of(
                CMDLINE_ACCEPTED,
                text -> text.getBytes(StandardCharsets.UTF_8).length <= MAX_CMDLINE_BYTES && text.indexOf('\0') < 0,
                text -> text);
    }
}
