package io.godwit.kvm;

import io.godwit.kvm.linux.NativeBuffers;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** The CPUID leaves of a vCPU. Immutable; entries keep their order. */
public record CpuidTable(List<CpuidEntry> entries) {
    /** KVM_MAX_CPUID_ENTRIES of the kernel. */
    public static final int MAX_ENTRIES = 256;

    private static final int HEADER_BYTES = 8; // struct kvm_cpuid2: nent, padding
    private static final int ENTRY_BYTES = 40;

    public CpuidTable {
        entries = List.copyOf(entries);
        if (entries.size() > MAX_ENTRIES) {
            throw new IllegalArgumentException(
                    "a CPUID table of " + entries.size() + " entries; accepted are up to " + MAX_ENTRIES);
        }
    }

    /** The entry that answers a query, if there is one. */
    public Optional<CpuidEntry> find(int function, int index) {
        return entries.stream().filter(e -> e.answers(function, index)).findFirst();
    }

    /** With the entry in the place of the one of the same function and index, or at the end. */
    public CpuidTable with(CpuidEntry entry) {
        List<CpuidEntry> changed = new ArrayList<>(entries);
        for (int i = 0; i < changed.size(); i++) {
            CpuidEntry old = changed.get(i);
            if (old.function() == entry.function() && old.index() == entry.index()) {
                changed.set(i, entry);
                return new CpuidTable(changed);
            }
        }
        changed.add(entry);
        return new CpuidTable(changed);
    }

    /** Without any subleaf of a function. */
    public CpuidTable without(int function) {
        return new CpuidTable(
                entries.stream().filter(e -> e.function() != function).toList());
    }

    /** Without one subleaf. */
    public CpuidTable without(int function, int index) {
        return new CpuidTable(entries.stream()
                .filter(e -> e.function() != function || e.index() != index)
                .toList());
    }

    public CpuidTable map(UnaryOperator<CpuidEntry> change) {
        return new CpuidTable(entries.stream().map(change).toList());
    }

    /** A {@code struct kvm_cpuid2} with room for {@code entries}. */
    static UnsafeBuffer nativeTable(int entries) {
        UnsafeBuffer table = NativeBuffers.allocate(HEADER_BYTES + ENTRY_BYTES * entries);
        table.putInt(0, entries);
        return table;
    }

    UnsafeBuffer toNative() {
        UnsafeBuffer table = nativeTable(entries.size());
        int at = HEADER_BYTES;
        for (CpuidEntry entry : entries) {
            table.putInt(at, entry.function());
            table.putInt(at + 4, entry.index());
            table.putInt(at + 8, entry.flags());
            table.putInt(at + 12, entry.eax());
            table.putInt(at + 16, entry.ebx());
            table.putInt(at + 20, entry.ecx());
            table.putInt(at + 24, entry.edx());
            at += ENTRY_BYTES;
        }
        return table;
    }

    static CpuidTable fromNative(DirectBuffer table) {
        int count = table.getInt(0);
        List<CpuidEntry> entries = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            int at = HEADER_BYTES + i * ENTRY_BYTES;
            entries.add(new CpuidEntry(
                    table.getInt(at),
                    table.getInt(at + 4),
                    table.getInt(at + 8),
                    table.getInt(at + 12),
                    table.getInt(at + 16),
                    table.getInt(at + 20),
                    table.getInt(at + 24)));
        }
        return new CpuidTable(entries);
    }
}
