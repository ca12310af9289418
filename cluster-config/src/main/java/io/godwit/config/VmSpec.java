package io.godwit.config;

import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The definition of a VM: what an operator creates and the ledger keeps.
 *
 * @param name 1 to 63 letters, digits, {@code . _ -}, beginning with a letter or digit; unique in the cluster
 * @param memoryBytes guest RAM, a multiple of 2 MiB between 16 MiB and 4 TiB
 * @param vcpus 1 to 255 (the xAPIC ids KVM hands out without x2APIC)
 * @param kernel path on the host of an ELF with a PVH note
 * @param cmdline at most 2047 bytes, the limit of Linux on x86
 * @param initrd path on the host of the first boot module, if any
 * @param dirtyLog how dirty pages are found
 * @param hiddenCpuFeatures names of CPUID features, as in {@code /proc/cpuinfo}, taken from the guest
 */
public record VmSpec(
        String name,
        long memoryBytes,
        int vcpus,
        String kernel,
        String cmdline,
        @Nullable String initrd,
        DirtyLogKind dirtyLog,
        SortedSet<String> hiddenCpuFeatures) {
    public static final long MIN_MEMORY_BYTES = 16L << 20;
    public static final long MAX_MEMORY_BYTES = 4L << 40;
    public static final long MEMORY_STEP_BYTES = 2L << 20;
    public static final int MAX_VCPUS = 255;
    public static final int MAX_CMDLINE_BYTES = 2047;
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");

    public VmSpec {
        if (!NAME.matcher(name).matches()) {
            throw new InvalidValueException(
                    "name", name, "1 to 63 letters, digits, '.', '_' or '-', beginning with a letter or digit");
        }
        if (memoryBytes < MIN_MEMORY_BYTES || memoryBytes > MAX_MEMORY_BYTES || memoryBytes % MEMORY_STEP_BYTES != 0) {
            throw new InvalidValueException("memory", memoryBytes, "a multiple of 2MiB from 16MiB to 4TiB");
        }
        if (vcpus < 1 || vcpus > MAX_VCPUS) {
            throw new InvalidValueException("vcpus", vcpus, "1 to " + MAX_VCPUS);
        }
        if (kernel.isBlank()) {
            throw new InvalidValueException("kernel", kernel, "the path of an ELF file with a PVH note");
        }
        if (cmdline.getBytes(java.nio.charset.StandardCharsets.UTF_8).length > MAX_CMDLINE_BYTES
                || cmdline.indexOf('\0') >= 0) {
            throw new InvalidValueException("cmdline", cmdline, "at most " + MAX_CMDLINE_BYTES + " bytes without NUL");
        }
        if (initrd != null && initrd.isBlank()) {
            throw new InvalidValueException("initrd", initrd, "a path, or nothing");
        }
        hiddenCpuFeatures = java.util.Collections.unmodifiableSortedSet(new TreeSet<>(hiddenCpuFeatures));
    }
}
