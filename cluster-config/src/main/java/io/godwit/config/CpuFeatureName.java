package io.godwit.config;

import java.util.regex.Pattern;

/**
 * How a feature of a CPU is called: as {@code /proc/cpuinfo} calls it, or by its place among CPUID's bits where that has
 * no name for it, such as {@code 0x7.0.ecx.15}. One name is no feature: that of the vendor, {@code vendor:GenuineIntel}.
 */
public final class CpuFeatureName {
    /** Before the vendor: guests do not move between vendors, and no table of CPUID hides that. */
    public static final String VENDOR_PREFIX = "vendor:";

    private static final Pattern HIDEABLE =
            Pattern.compile("[a-z0-9_]{1,32}|0x[0-9a-f]{1,8}\\.[0-9]{1,2}\\.e[abcd]x\\.[0-9]{1,2}");

    private CpuFeatureName() {}

    public static boolean isVendor(String name) {
        return name.startsWith(VENDOR_PREFIX);
    }

    /** A feature that may be hidden from a guest. */
    public static ValueType<String> type() {
        return ValueType.of(
                "a CPU feature named as in /proc/cpuinfo, such as avx2",
                text -> HIDEABLE.matcher(text).matches(),
                text -> text);
    }
}
