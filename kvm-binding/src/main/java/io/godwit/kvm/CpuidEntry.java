package io.godwit.kvm;

/**
 * One CPUID leaf as a guest sees it ({@code struct kvm_cpuid_entry2}).
 *
 * @param function the leaf, EAX of the query
 * @param index the subleaf, ECX of the query; meaningful with {@link #SIGNIFICANT_INDEX}
 */
public record CpuidEntry(int function, int index, int flags, int eax, int ebx, int ecx, int edx) {
    /** Flag: {@code index} is part of the query. */
    public static final int SIGNIFICANT_INDEX = 1;

    /** Whether this answers a query. */
    public boolean answers(int queriedFunction, int queriedIndex) {
        return function == queriedFunction && ((flags & SIGNIFICANT_INDEX) == 0 || index == queriedIndex);
    }

    public CpuidEntry withEax(int value) {
        return new CpuidEntry(function, index, flags, value, ebx, ecx, edx);
    }

    public CpuidEntry withEbx(int value) {
        return new CpuidEntry(function, index, flags, eax, value, ecx, edx);
    }

    public CpuidEntry withEcx(int value) {
        return new CpuidEntry(function, index, flags, eax, ebx, value, edx);
    }

    public CpuidEntry withEdx(int value) {
        return new CpuidEntry(function, index, flags, eax, ebx, ecx, value);
    }
}
