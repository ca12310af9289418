package io.godwit.control.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class CpuBaselineTest {
    private static final Set<String> NOBODY = Set.of();

    private static Set<String> names(String... names) {
        return new TreeSet<>(List.of(names));
    }

    @Test
    void shouldHideWhateverSomeHostLacks() {
        CpuBaseline baseline = CpuBaseline.of(
                Map.of(
                        "old", names("vendor:AuthenticAMD", "avx2", "sse4_2"),
                        "new", names("vendor:AuthenticAMD", "avx2", "sse4_2", "avx512f", "0x7.0.ecx.15"),
                        "other", names("vendor:AuthenticAMD", "sse4_2", "sha_ni")),
                NOBODY);

        assertThat(baseline.features()).containsExactly("sse4_2");
        assertThat(baseline.beyond())
                .isEqualTo(Map.of(
                        "old", names("avx2"),
                        "new", names("avx2", "avx512f", "0x7.0.ecx.15"),
                        "other", names("sha_ni")));
        assertThat(baseline.hidden()).containsExactly("0x7.0.ecx.15", "avx2", "avx512f", "sha_ni");
        assertThat(baseline.vendors()).containsExactly("AuthenticAMD");
        assertThat(baseline.caveat()).isEmpty();
    }

    @Test
    void shouldHideNothingWhereAllHostsAreAlike() {
        CpuBaseline baseline = CpuBaseline.of(Map.of("a", names("avx2"), "b", names("avx2")), NOBODY);

        assertThat(baseline.features()).containsExactly("avx2");
        assertThat(baseline.hidden()).isEmpty();
        assertThat(baseline.beyond()).containsOnlyKeys("a", "b");
    }

    @Test
    void shouldNotLetAHostWhoseGuestsDependOnNoFeatureTakeAllAway() {
        CpuBaseline baseline = CpuBaseline.of(Map.of("kvm", names("avx2"), "simulated", names()), NOBODY);

        assertThat(baseline.features()).containsExactly("avx2");
        assertThat(baseline.beyond()).containsOnlyKeys("kvm");
        assertThat(CpuBaseline.of(Map.of("simulated", names()), NOBODY).features())
                .isEmpty();
    }

    @Test
    void shouldNameHostsThatAreNotConsideredAndVendorsThatNothingHides() {
        CpuBaseline baseline = CpuBaseline.of(
                Map.of("a", names("vendor:AuthenticAMD", "avx2"), "i", names("vendor:GenuineIntel", "avx2")),
                names("gone"));

        assertThat(baseline.hidden()).as("a vendor is no feature").isEmpty();
        assertThat(baseline.caveat())
                .isEqualTo("the CPU baseline is without gone, whose CPUs are not known now;"
                        + " CPUs are of vendors AuthenticAMD, GenuineIntel, between which no VM moves");
    }

    @Test
    void shouldLeaveEveryHostTheBaselineAndNothingElseInRandomClusters() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 500; round++) {
            TreeMap<String, Set<String>> hosts = new TreeMap<>();
            for (int host = 0; host < 1 + random.nextInt(6); host++) {
                TreeSet<String> features = new TreeSet<>(List.of("vendor:v"));
                random.ints(random.nextInt(20), 0, 12).forEach(bit -> features.add("f" + bit));
                hosts.put("h" + host, features);
            }
            CpuBaseline baseline = CpuBaseline.of(hosts, NOBODY);
            hosts.values().forEach(features -> {
                TreeSet<String> left = new TreeSet<>(features);
                left.removeAll(baseline.hidden());
                left.remove("vendor:v");
                assertThat(left).as("seed %d", seed).isEqualTo(baseline.features());
            });
        }
    }
}
