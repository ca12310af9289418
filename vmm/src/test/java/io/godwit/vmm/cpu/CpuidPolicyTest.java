package io.godwit.vmm.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.kvm.CpuidEntry;
import io.godwit.kvm.CpuidTable;
import io.godwit.vmm.MachineException;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class CpuidPolicyTest {
    private static final int INDEXED = CpuidEntry.SIGNIFICANT_INDEX;

    /** A made-up host with everything set that matters here. */
    private static final CpuidTable HOST = new CpuidTable(List.of(
            new CpuidEntry(0, 0, 0, 0x1f, 0x68747541, 0x444d4163, 0x69746e65),
            new CpuidEntry(1, 0, 0, 0xa20f10, 0x0510_0800, -1, -1),
            new CpuidEntry(4, 0, INDEXED, 0x7c00_4121, 0x1c0003f, 0x3f, 0),
            new CpuidEntry(4, 3, INDEXED, 0x7c01_c163, 0x3c0003f, 0xfff, 6),
            new CpuidEntry(7, 0, INDEXED, 2, -1, -1, -1),
            new CpuidEntry(0xa, 0, 0, 0x7300404, 0, 0, 0x603),
            new CpuidEntry(0xb, 0, INDEXED, 1, 2, 0x100, 5),
            new CpuidEntry(0xd, 0, INDEXED, 7, 0x340, 0x340, 0),
            new CpuidEntry(0xd, 1, INDEXED, 0xf, 0, 0, 0),
            new CpuidEntry(0x1f, 0, INDEXED, 1, 2, 0x100, 5),
            new CpuidEntry(0x4000_0000, 0, 0, 0x4000_0001, 0x4b4d564b, 0x564b4d56, 0x4d),
            new CpuidEntry(0x4000_0001, 0, 0, 0x0100_00ff, 0, 0, 0),
            new CpuidEntry(0x8000_0001, 0, 0, 0, 0, -1, -1),
            new CpuidEntry(0x8000_0008, 0, 0, 0x3030, -1, 0x7007, 0),
            new CpuidEntry(0x8000_000a, 0, 0, 1, 8, 0, -1),
            new CpuidEntry(0x8000_001d, 0, INDEXED, 0x0000_4121, 0, 0, 0),
            new CpuidEntry(0x8000_001d, 3, INDEXED, 0x0003_c163, 0, 0, 0),
            new CpuidEntry(0x8000_001e, 0, 0, 5, 0x102, 0x300, 0),
            new CpuidEntry(0x8000_0022, 0, 0, 1, 6, 0, 0)));

    private static CpuidPolicy policy(String... hidden) {
        return CpuidPolicy.of(HOST, false, new TreeSet<>(List.of(hidden)));
    }

    private static CpuidEntry leaf(CpuidTable table, int function, int index) {
        return table.find(function, index).orElseThrow();
    }

    @Test
    void shouldHideVirtualizationAndThePmu() {
        CpuidTable table = policy().forVcpu(0, 1, 0);
        assertThat(leaf(table, 1, 0).ecx() & (1 << 5)).as("VMX").isZero();
        assertThat(leaf(table, 0x8000_0001, 0).ecx() & (1 << 2)).as("SVM").isZero();
        assertThat(leaf(table, 1, 0).ecx() & (1 << 15)).as("PDCM").isZero();
        assertThat(leaf(table, 0x8000_0001, 0).ecx() & (0x23 << 23 | 1 << 10))
                .as("AMD counters")
                .isZero();
        for (int removed : new int[] {0xa, 0x8000_000a, 0x8000_0022}) {
            assertThat(table.find(removed, 0)).isEmpty();
        }
        assertThat(policy().features())
                .doesNotContain("vmx", "svm", "pdcm", "perfctr_core")
                .contains("sse2", "avx2");
    }

    @Test
    void shouldHideNamedFeaturesWhereverTheirBitsAre() {
        CpuidPolicy policy = policy("cx8", "avx512f", "0x7.0.ecx.15");
        CpuidTable table = policy.forVcpu(0, 1, 0);
        assertThat(leaf(table, 1, 0).edx() & (1 << 8)).isZero();
        assertThat(leaf(table, 0x8000_0001, 0).edx() & (1 << 8)).isZero();
        assertThat(leaf(table, 7, 0).ebx() & (1 << 16)).isZero();
        assertThat(leaf(table, 7, 0).ecx() & (1 << 15)).isZero();
        SortedSet<String> gone = new TreeSet<>(policy().features());
        gone.removeAll(policy.features());
        assertThat(gone).containsExactly("0x7.0.ecx.15", "avx512f", "cx8");
    }

    @Test
    void shouldTakeTheXsaveLeavesAwayWithXsave() {
        assertThat(policy("xsave").forVcpu(0, 1, 0).find(0xd, 0)).isEmpty();
        assertThat(policy("xsave").features()).doesNotContain("xsave", "xsaves", "0xd.0.eax.0");
    }

    @Test
    void shouldRefuseUnknownNamesWithTheListOfKnownOnes() {
        assertThatThrownBy(() -> policy("avx2", "avx3", "0x7.0.ecx.32"))
                .isInstanceOf(MachineException.class)
                .hasMessageStartingWith("CPU features to hide are unknown: [0x7.0.ecx.32, avx3]; known are [3dnow,")
                .hasMessageContaining("xsaves");
    }

    @Test
    void shouldNameTheVendorAndKvmAndTellOfTheHypervisor() {
        CpuidTable table = CpuidPolicy.of(HOST, true, new TreeSet<>()).forVcpu(0, 1, 2_450_000);
        assertThat(policy().features())
                .contains("vendor:AuthenticAMD", "kvmclock2", "kvm_pv_eoi", "kvmclock_stable", "hypervisor");
        assertThat(leaf(table, 0x4000_0000, 0).ebx()).isEqualTo(0x4b4d564b);
        assertThat(leaf(table, 0x4000_0000, 0).eax()).isEqualTo(0x4000_0010);
        assertThat(leaf(table, 0x4000_0010, 0).eax()).isEqualTo(2_450_000);
    }

    @Test
    void shouldOfferTheDeadlineTimerOnlyWhenTheApicHasIt() {
        CpuidTable without = CpuFeatures.without(HOST, Set.of("tsc_deadline_timer"));
        assertThat(CpuidPolicy.of(without, false, new TreeSet<>()).features()).doesNotContain("tsc_deadline_timer");
        assertThat(CpuidPolicy.of(without, true, new TreeSet<>()).features()).contains("tsc_deadline_timer");
        assertThat(CpuidPolicy.of(without, true, new TreeSet<>(List.of("tsc_deadline_timer")))
                        .features())
                .doesNotContain("tsc_deadline_timer");
    }

    @Test
    void shouldNumberVcpusInEveryLeafThatDoes() {
        CpuidTable table = policy().forVcpu(2, 3, 0);
        assertThat(leaf(table, 1, 0).ebx()).isEqualTo(0x0203_0800);
        assertThat(leaf(table, 1, 0).edx() & (1 << 28)).as("HT").isNotZero();
        assertThat(leaf(table, 0xb, 0)).isEqualTo(new CpuidEntry(0xb, 0, INDEXED, 0, 1, 0x100, 2));
        assertThat(leaf(table, 0xb, 1)).isEqualTo(new CpuidEntry(0xb, 1, INDEXED, 2, 3, 0x201, 2));
        assertThat(leaf(table, 0xb, 2)).isEqualTo(new CpuidEntry(0xb, 2, INDEXED, 0, 0, 2, 2));
        assertThat(table.find(0x1f, 0)).as("one topology leaf is enough").isEmpty();
        assertThat(leaf(table, 0x8000_0008, 0).ecx()).isEqualTo(2 << 12 | 2);
        assertThat(leaf(table, 0x8000_001e, 0)).isEqualTo(new CpuidEntry(0x8000_001e, 0, 0, 2, 2, 0, 0));
    }

    @Test
    void shouldShareOnlyTheOuterCache() {
        CpuidTable table = policy().forVcpu(0, 4, 0);
        for (int function : new int[] {4, 0x8000_001d}) {
            assertThat(leaf(table, function, 0).eax() >>> 14 & 0xfff).isZero();
            assertThat(leaf(table, function, 3).eax() >>> 14 & 0xfff).isEqualTo(3);
        }
        assertThat(leaf(table, 4, 0).eax() >>> 26).as("cores of the package").isEqualTo(3);
        assertThat(leaf(policy().forVcpu(0, 255, 0), 4, 0).eax() >>> 26).isEqualTo(63);
    }

    @Test
    void shouldLookLikeOneCoreWithOneVcpu() {
        CpuidTable table = policy().forVcpu(0, 1, 0);
        assertThat(leaf(table, 1, 0).ebx() >>> 16).isEqualTo(1);
        assertThat(leaf(table, 1, 0).edx() & (1 << 28)).as("HT").isZero();
        assertThat(leaf(table, 0x8000_0008, 0).ecx()).isZero();
        assertThat(leaf(table, 0xb, 1).eax()).isZero();
    }
}
