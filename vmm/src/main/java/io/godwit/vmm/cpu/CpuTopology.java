package io.godwit.vmm.cpu;

import io.godwit.kvm.CpuidEntry;
import io.godwit.kvm.CpuidTable;
import java.util.Set;

/**
 * One socket of as many cores as the machine has vCPUs, one thread each; the APIC id is the vCPU's index. The first two
 * cache levels are a core's own, the others are shared by all.
 */
final class CpuTopology {
    /** Names of the feature bits that follow from the number of vCPUs alone. */
    static final Set<String> FEATURES = Set.of("ht", "cmp_legacy");

    private static final int HT = 1 << 28;
    private static final int CMP_LEGACY = 1 << 1;
    private static final int LEVEL_SMT = 1 << 8;
    private static final int LEVEL_CORE = 2 << 8;

    private final int vcpus;
    /** Bits of an APIC id that tell cores apart. */
    private final int coreBits;

    CpuTopology(int vcpus) {
        this.vcpus = vcpus;
        this.coreBits = 32 - Integer.numberOfLeadingZeros(vcpus - 1);
    }

    CpuidTable describe(CpuidTable table, int apicId) {
        CpuidTable described = table.map(entry -> describe(entry, apicId));
        boolean hasTopologyLeaf = table.find(0, 0)
                .map(leaf -> Integer.compareUnsigned(leaf.eax(), 0xb) >= 0)
                .orElse(false);
        described = described.without(0xb).without(0x1f).without(0x8000_0026);
        return hasTopologyLeaf ? withTopologyLeaf(described, apicId) : described;
    }

    private CpuidEntry describe(CpuidEntry entry, int apicId) {
        return switch (entry.function()) {
            case 1 -> describeProcessor(entry, apicId);
            case 4 -> entry.eax() == 0 ? entry : entry.withEax(coresInPackage(sharing(entry.eax())));
            case 0x8000_0001 -> vcpus > 1 ? entry : entry.withEcx(entry.ecx() & ~CMP_LEGACY);
            case 0x8000_0008 -> entry.withEcx(coreBits << 12 | (vcpus - 1));
            case 0x8000_001d -> entry.eax() == 0 ? entry : entry.withEax(sharing(entry.eax()));
            case 0x8000_001e ->
                new CpuidEntry(entry.function(), entry.index(), entry.flags(), apicId, apicId & 0xff, 0, 0);
            default -> entry;
        };
    }

    private CpuidEntry describeProcessor(CpuidEntry entry, int apicId) {
        int lineSizeAndBrand = entry.ebx() & 0xffff;
        int ht = vcpus > 1 ? entry.edx() | HT : entry.edx() & ~HT;
        return entry.withEbx(apicId << 24 | vcpus << 16 | lineSizeAndBrand).withEdx(ht);
    }

    /** Bits 25:14: logical processors that share the cache, less one. */
    private int sharing(int eax) {
        int level = eax >>> 5 & 7;
        int sharers = level >= 3 ? vcpus : 1;
        return (eax & ~(0xfff << 14)) | ((sharers - 1) << 14);
    }

    /** Bits 31:26: cores in the package, less one, as far as six bits go. */
    private int coresInPackage(int eax) {
        return (eax & ~(0x3f << 26)) | (Math.min(vcpus - 1, 0x3f) << 26);
    }

    /** Leaf 0xB: the thread level, the core level, and the level that ends the list. */
    private CpuidTable withTopologyLeaf(CpuidTable table, int apicId) {
        int flags = CpuidEntry.SIGNIFICANT_INDEX;
        return table.with(new CpuidEntry(0xb, 0, flags, 0, 1, LEVEL_SMT, apicId))
                .with(new CpuidEntry(0xb, 1, flags, coreBits, vcpus, LEVEL_CORE | 1, apicId))
                .with(new CpuidEntry(0xb, 2, flags, 0, 0, 2, apicId));
    }
}
