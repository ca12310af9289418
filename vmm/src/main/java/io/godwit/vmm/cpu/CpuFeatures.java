package io.godwit.vmm.cpu;

import static io.godwit.vmm.cpu.CpuidRegister.EAX;
import static io.godwit.vmm.cpu.CpuidRegister.EBX;
import static io.godwit.vmm.cpu.CpuidRegister.ECX;
import static io.godwit.vmm.cpu.CpuidRegister.EDX;

import io.godwit.kvm.CpuidEntry;
import io.godwit.kvm.CpuidTable;
import java.util.List;
import java.util.NavigableSet;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The feature bits of CPUID by name: those of {@code /proc/cpuinfo} where it has one (Linux's cpufeatures.h; the bits
 * are in Intel's SDM volume 2 and AMD's APM volume 3), for KVM's own features their name with {@code kvm}
 * (asm/kvm_para.h). One name may stand for several bits: AMD repeats much of leaf 1 in leaf 0x80000001.
 */
public final class CpuFeatures {
    private static final List<FeatureWord> WORDS = List.of(
            FeatureWord.of(
                    1,
                    0,
                    EDX,
                    "fpu vme de pse tsc msr pae mce cx8 apic - sep mtrr pge mca cmov pat pse36 pn clflush - dts acpi mmx "
                            + "fxsr sse sse2 ss ht tm ia64 pbe"),
            FeatureWord.of(
                    1,
                    0,
                    ECX,
                    "pni pclmulqdq dtes64 monitor ds_cpl vmx smx est tm2 ssse3 cid sdbg fma cx16 xtpr pdcm - pcid dca "
                            + "sse4_1 sse4_2 x2apic movbe popcnt tsc_deadline_timer aes xsave osxsave avx f16c rdrand "
                            + "hypervisor"),
            FeatureWord.of(6, 0, EAX, "dtherm ida arat - pln - pts hwp"),
            FeatureWord.of(
                    7,
                    0,
                    EBX,
                    "fsgsbase tsc_adjust sgx bmi1 hle avx2 fdp_excptn_only smep bmi2 erms invpcid rtm cqm zero_fcs_fds "
                            + "mpx rdt_a avx512f avx512dq rdseed adx smap avx512ifma - clflushopt clwb intel_pt avx512pf "
                            + "avx512er avx512cd sha_ni avx512bw avx512vl"),
            FeatureWord.of(
                    7,
                    0,
                    ECX,
                    "prefetchwt1 avx512vbmi umip pku ospke waitpkg avx512_vbmi2 shstk gfni vaes vpclmulqdq avx512_vnni "
                            + "avx512_bitalg tme avx512_vpopcntdq - la57 - - - - - rdpid - bus_lock_detect cldemote - "
                            + "movdiri movdir64b enqcmd sgx_lc pks"),
            FeatureWord.of(
                    7,
                    0,
                    EDX,
                    "- - avx512_4vnniw avx512_4fmaps fsrm uintr - - avx512_vp2intersect srbds_ctrl md_clear "
                            + "rtm_always_abort - tsx_force_abort serialize hybrid_cpu tsxldtrk - pconfig arch_lbr ibt - "
                            + "amx_bf16 avx512_fp16 amx_tile amx_int8 spec_ctrl intel_stibp flush_l1d arch_capabilities "
                            + "core_capabilities spec_ctrl_ssbd"),
            FeatureWord.of(
                    7,
                    1,
                    EAX,
                    "sha512 sm3 sm4 - avx_vnni avx512_bf16 lass cmpccxadd arch_perfmon_ext - fzrm fsrs fsrc - - - - fred "
                            + "lkgs wrmsrns - amx_fp16 hreset avx_ifma - - lam"),
            FeatureWord.of(
                    7,
                    1,
                    EDX,
                    "- - - - avx_vnni_int8 avx_ne_convert - - amx_complex - avx_vnni_int16 - - - prefetchiti"),
            FeatureWord.of(7, 2, EDX, "psfd intel_ipred_ctrl rrsba_ctrl ddpd_u bhi_ctrl mcdt_no"),
            FeatureWord.of(0xd, 0, EAX, "-"),
            FeatureWord.of(0xd, 0, EDX, "-"),
            FeatureWord.of(0xd, 1, EAX, "xsaveopt xsavec xgetbv1 xsaves xfd"),
            FeatureWord.of(0xd, 1, ECX, "-"),
            FeatureWord.of(0xd, 1, EDX, "-"),
            FeatureWord.of(
                    0x8000_0001,
                    0,
                    EDX,
                    "fpu vme de pse tsc msr pae mce cx8 apic - syscall mtrr pge mca cmov pat pse36 - mp nx - mmxext mmx "
                            + "fxsr fxsr_opt pdpe1gb rdtscp - lm 3dnowext 3dnow"),
            FeatureWord.of(
                    0x8000_0001,
                    0,
                    ECX,
                    "lahf_lm cmp_legacy svm extapic cr8_legacy abm sse4a misalignsse 3dnowprefetch osvw ibs xop skinit "
                            + "wdt - lwp fma4 tce - nodeid_msr - tbm topoext perfctr_core perfctr_nb - bpext ptsc "
                            + "perfctr_llc mwaitx"),
            FeatureWord.of(0x8000_0007, 0, EDX, "- - - - - - - hw_pstate nonstop_tsc cpb"),
            FeatureWord.of(
                    0x8000_0008,
                    0,
                    EBX,
                    "clzero irperf xsaveerptr - rdpru - mba - - wbnoinvd - - ibpb - ibrs stibp ibrs_always stibp_always "
                            + "ibrs_preferred ibrs_same_mode - - - amd_ppin ssbd virt_ssbd amd_ssb_no cppc amd_psfd "
                            + "btc_no ibpb_ret brs"),
            FeatureWord.of(
                    0x8000_0021,
                    0,
                    EAX,
                    "no_nested_data_bp fsgs_non_serializing lfence_rdtsc - - - null_sel_clr_base - autoibrs "
                            + "no_smm_ctl_msr - - - prefetch_ctl_msr - - - cpuid_user_dis - - - - - - - - - sbpb "
                            + "ibpb_brtype srso_no"),
            FeatureWord.of(
                    0x4000_0001,
                    0,
                    EAX,
                    "kvmclock kvm_nopiodelay kvm_mmu kvmclock2 kvm_asyncpf kvm_steal_time kvm_pv_eoi kvm_pv_unhalt - "
                            + "kvm_pv_tlb_flush kvm_asyncpf_vmexit kvm_pv_ipi kvm_poll_control kvm_pv_sched_yield "
                            + "kvm_asyncpf_int kvm_msi_ext_dest_id kvm_hc_map_gpa kvm_migration_control - - - - - - "
                            + "kvmclock_stable"));

    private static final NavigableSet<String> NAMES = allNames();

    private CpuFeatures() {}

    /** Every name that a feature may be hidden by. */
    public static NavigableSet<String> names() {
        return new TreeSet<>(NAMES);
    }

    static boolean isKnown(String name) {
        return NAMES.contains(name) || WORDS.stream().anyMatch(word -> word.mask(Set.of(name)) != 0);
    }

    /** The features that a table offers. */
    static SortedSet<String> of(CpuidTable table) {
        SortedSet<String> found = new TreeSet<>();
        for (CpuidEntry entry : table.entries()) {
            for (FeatureWord word : WORDS) {
                if (word.isIn(entry)) {
                    int bits = word.register().of(entry);
                    for (int bit = 0; bit < 32; bit++) {
                        if ((bits >>> bit & 1) != 0) {
                            found.add(word.name(bit));
                        }
                    }
                }
            }
        }
        return found;
    }

    /** The table without some features. */
    static CpuidTable without(CpuidTable table, Set<String> hidden) {
        return table.map(entry -> {
            CpuidEntry changed = entry;
            for (FeatureWord word : WORDS) {
                if (word.isIn(entry)) {
                    changed = word.register().in(changed, word.register().of(changed) & ~word.mask(hidden));
                }
            }
            return changed;
        });
    }

    private static NavigableSet<String> allNames() {
        NavigableSet<String> names = new TreeSet<>();
        for (FeatureWord word : WORDS) {
            word.names().stream().filter(name -> !name.equals("-")).forEach(names::add);
        }
        return names;
    }
}
