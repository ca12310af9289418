package io.godwit.vmm.cpu;

import io.godwit.kvm.CpuidEntry;
import java.util.List;
import java.util.Locale;

/**
 * 32 feature bits in one register of one leaf.
 *
 * @param names of bits 0 and up; a bit whose name is "-", or that has none, is called by its place, such as {@code
 *     0x7.0.ecx.15}, so that no bit a guest was given escapes comparison
 */
record FeatureWord(int function, int index, CpuidRegister register, List<String> names) {
    private static final String UNNAMED = "-";

    static FeatureWord of(int function, int index, CpuidRegister register, String names) {
        return new FeatureWord(function, index, register, List.of(names.split(" ")));
    }

    boolean isIn(CpuidEntry entry) {
        return entry.function() == function && entry.answers(function, index);
    }

    String name(int bit) {
        if (bit < names.size() && !names.get(bit).equals(UNNAMED)) {
            return names.get(bit);
        }
        return String.format(
                Locale.ROOT, "0x%x.%d.%s.%d", function, index, register.name().toLowerCase(Locale.ROOT), bit);
    }

    /** The bits that have one of these names. */
    int mask(java.util.Set<String> wanted) {
        int mask = 0;
        for (int bit = 0; bit < 32; bit++) {
            if (wanted.contains(name(bit))) {
                mask |= 1 << bit;
            }
        }
        return mask;
    }
}
