package io.godwit.vmm.cpu;

import io.godwit.config.CpuFeatureName;
import io.godwit.kvm.CpuidEntry;
import io.godwit.kvm.CpuidTable;
import io.godwit.vmm.MachineException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashSet;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What a machine's vCPUs see: all that this host's KVM offers, less what cannot move or be virtualized here (VMX, SVM,
 * the PMU, SGX, processor trace, resource control, MWAIT), less what the machine's definition hides.
 */
public final class CpuidPolicy {
    private static final Set<String> ALWAYS_HIDDEN = Set.of(
            "vmx",
            "svm",
            "smx",
            "skinit",
            "monitor",
            "mwaitx",
            "waitpkg",
            "dtes64",
            "ds_cpl",
            "dts",
            "pdcm",
            "arch_perfmon_ext",
            "perfctr_core",
            "perfctr_nb",
            "perfctr_llc",
            "arch_lbr",
            "brs",
            "ibs",
            "lwp",
            "intel_pt",
            "sgx",
            "sgx_lc",
            "cqm",
            "rdt_a",
            "mba",
            "hybrid_cpu",
            "osxsave",
            "ospke");

    /** PMU, SGX, processor trace, resource control; SVM, IBS, LWP, memory encryption, PMU. */
    private static final int[] REMOVED_LEAVES = {
        0xa,
        0xf,
        0x10,
        0x12,
        0x14,
        0x1c,
        0x23,
        0x8000_000a,
        0x8000_001b,
        0x8000_001c,
        0x8000_001f,
        0x8000_0020,
        0x8000_0022
    };

    private static final int HYPERVISOR = 1 << 31;
    private static final int TSC_DEADLINE = 1 << 24;
    private static final int KVM_LEAVES = 0x4000_0000;
    private static final int KVM_SIGNATURE_EBX = 0x4b4d_564b; // "KVMK"
    private static final int TIMING_LEAF = 0x4000_0010;
    private static final int APIC_BUS_KHZ = 1_000_000;

    private final CpuidTable table;
    private final SortedSet<String> features;

    private CpuidPolicy(CpuidTable table) {
        this.table = table;
        this.features = featuresOf(table);
    }

    /**
     * @param supported what KVM offers here
     * @param tscDeadlineTimer whether the in-kernel APIC has it; KVM tells that apart from the table
     * @throws MachineException when a hidden feature's name is unknown
     */
    public static CpuidPolicy of(CpuidTable supported, boolean tscDeadlineTimer, SortedSet<String> hidden) {
        requireKnown(hidden);
        CpuidTable table = supported.map(entry -> entry.function() == 1 ? processor(entry, tscDeadlineTimer) : entry);
        for (int leaf : REMOVED_LEAVES) {
            table = table.without(leaf);
        }
        Set<String> all = new HashSet<>(ALWAYS_HIDDEN);
        all.addAll(hidden);
        if (all.contains("xsave")) {
            table = table.without(0xd);
        }
        return new CpuidPolicy(CpuFeatures.without(table, all));
    }

    /** @throws MachineException when the name of a feature to hide is unknown, with those that are known */
    public static void requireKnown(SortedSet<String> hidden) {
        SortedSet<String> unknown = new TreeSet<>(hidden);
        unknown.removeIf(CpuFeatures::isKnown);
        if (!unknown.isEmpty()) {
            throw new MachineException(
                    "CPU features to hide are unknown: " + unknown + "; known are " + CpuFeatures.names());
        }
    }

    private static CpuidEntry processor(CpuidEntry entry, boolean tscDeadlineTimer) {
        return entry.withEcx(entry.ecx() | HYPERVISOR | (tscDeadlineTimer ? TSC_DEADLINE : 0));
    }

    /** Names of the features that guests get, and the CPU's vendor. */
    public SortedSet<String> features() {
        return features;
    }

    /** What {@link #features()} is for the table that a guest came with, its own topology left aside. */
    public static SortedSet<String> featuresOf(CpuidTable table) {
        SortedSet<String> found = CpuFeatures.of(table);
        found.removeAll(CpuTopology.FEATURES);
        found.add(CpuFeatureName.VENDOR_PREFIX + vendor(table));
        return Collections.unmodifiableSortedSet(found);
    }

    /**
     * One vCPU's table.
     *
     * @param tscKhz frequency of its TSC, told to it in leaf 0x40000010; 0 when unknown
     */
    public CpuidTable forVcpu(int apicId, int vcpus, long tscKhz) {
        return withTiming(new CpuTopology(vcpus).describe(table, apicId), tscKhz);
    }

    /** The timing leaf that VMware began and KVM's guests know: TSC and APIC bus frequency in kHz. */
    private static CpuidTable withTiming(CpuidTable table, long tscKhz) {
        CpuidEntry signature = table.find(KVM_LEAVES, 0).orElse(null);
        if (signature == null || signature.ebx() != KVM_SIGNATURE_EBX || tscKhz <= 0 || tscKhz >>> 32 != 0) {
            return table;
        }
        return table.with(signature.withEax(TIMING_LEAF))
                .with(new CpuidEntry(TIMING_LEAF, 0, 0, (int) tscKhz, APIC_BUS_KHZ, 0, 0));
    }

    private static String vendor(CpuidTable table) {
        CpuidEntry leaf = table.find(0, 0).orElseThrow(() -> new MachineException("KVM offers no CPUID leaf 0"));
        ByteBuffer text = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
        text.putInt(leaf.ebx()).putInt(leaf.edx()).putInt(leaf.ecx());
        return new String(text.array(), StandardCharsets.US_ASCII);
    }
}
