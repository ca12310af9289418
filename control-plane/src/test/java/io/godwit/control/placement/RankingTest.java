package io.godwit.control.placement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.control.inventory.Host;
import io.godwit.control.inventory.HostState;
import io.godwit.control.inventory.Inventory;
import io.godwit.control.inventory.Load;
import io.godwit.control.inventory.LocalVolume;
import io.godwit.control.inventory.Rule;
import io.godwit.control.inventory.Rule.Kind;
import io.godwit.control.inventory.Vm;
import io.godwit.control.placement.Ranking.Wishes;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class RankingTest {
    private static final long GIB = 1L << 30;
    private static final Vm VM = new Vm(
            "vm",
            null,
            2 * GIB,
            4,
            new Load(1, 0, true),
            Set.of("fast"),
            Set.of("lan"),
            Set.of("avx2"),
            "6.1.0-21",
            Set.of("west"),
            "");

    private static Host host(String name) {
        return host(name, HostState.UP, "west", 8 * GIB, 8, "fast", "lan", "avx2", "6.1.0-18");
    }

    private static Host host(
            String name,
            HostState state,
            String zone,
            long memoryBytes,
            int cpus,
            String pool,
            String segment,
            String feature,
            String kernel) {
        return new Host(
                name,
                state,
                zone,
                memoryBytes,
                cpus,
                1,
                Set.of(pool),
                Set.of(segment),
                Set.of(feature),
                kernel,
                GIB,
                "");
    }

    private static Ranking rank(Wishes wishes, List<Rule> rules, List<Vm> others, Host... hosts) {
        return Ranking.of(VM, new Occupancy(Inventory.of(List.of(hosts), others(others), rules)), wishes);
    }

    private static List<Vm> others(List<Vm> others) {
        List<Vm> all = new java.util.ArrayList<>(others);
        all.add(VM);
        return all;
    }

    private static String refusal(Host host) {
        return String.join(";", rank(Wishes.NONE, List.of(), List.of(), host).reasons());
    }

    @Test
    void shouldSayWhyEachHostRefuses() {
        assertThat(refusal(host("a"))).isEmpty();
        assertThat(refusal(host("a").in(HostState.DRAINING))).isEqualTo("host a: it is draining");
        assertThat(refusal(host("a").in(HostState.MAINTENANCE))).isEqualTo("host a: it is in maintenance");
        assertThat(refusal(host("a").in(HostState.WITNESS))).isEqualTo("host a: it is a witness, which runs no VMs");
        assertThat(refusal(host("a").in(HostState.UNREACHABLE))).isEqualTo("host a: it is unreachable");
        assertThat(refusal(host("a").distrusted("it lies"))).isEqualTo("host a: its capacity is not believed: it lies");
        assertThat(refusal(host("a", HostState.UP, "east", 8 * GIB, 8, "fast", "lan", "avx2", "6.1")))
                .isEqualTo("host a: it is in zone \"east\", the VM belongs to [west]");
        assertThat(refusal(host("a", HostState.UP, "west", 8 * GIB, 2, "fast", "lan", "avx2", "6.1")))
                .isEqualTo("host a: it has 2 CPUs, the VM 4 vCPUs");
        assertThat(refusal(host("a", HostState.UP, "west", 8 * GIB, 8, "slow", "lan", "avx2", "6.1")))
                .isEqualTo("host a: it does not reach pool fast");
        assertThat(refusal(host("a", HostState.UP, "west", 8 * GIB, 8, "fast", "dmz", "avx2", "6.1")))
                .isEqualTo("host a: it is not on network lan");
        assertThat(refusal(host("a", HostState.UP, "west", 8 * GIB, 8, "fast", "lan", "sse2", "6.1")))
                .isEqualTo("host a: its CPU lacks avx2");
        assertThat(refusal(host("a", HostState.UP, "west", 8 * GIB, 8, "fast", "lan", "avx2", "5.19.0")))
                .isEqualTo("host a: its kernel 5.19.0 is older than 6.1.0-21, whose state the VM carries");
        assertThat(refusal(host("a", HostState.UP, "west", GIB, 8, "fast", "lan", "avx2", "6.1")))
                .isEqualTo("host a: it has 1GiB of memory free, the VM wants 2GiB");
    }

    @Test
    void shouldSkipChecksThatMayBeSkippedAndNoOthers() {
        Host odd = host("a", HostState.UP, "west", 8 * GIB, 8, "fast", "lan", "sse2", "5.4");
        Wishes wishes = new Wishes(Optional.empty(), Set.of(Filter.CPU_FEATURES, Filter.KERNEL));

        assertThat(rank(wishes, List.of(), List.of(), odd).best()).contains("a");
        assertThatThrownBy(() -> new Wishes(Optional.empty(), Set.of(Filter.MEMORY)))
                .hasMessage("skip: \"memory\" is not accepted; expected cpu-features or kernel");
    }

    @Test
    void shouldNotGoWithoutTheVendorWhereTheCpuIsSkipped() {
        Vm vm = new Vm(
                "vm",
                null,
                GIB,
                1,
                Load.NONE,
                Set.of(),
                Set.of(),
                Set.of("vendor:AuthenticAMD", "avx2"),
                "",
                Set.of(),
                "");
        Host intel = host("a", HostState.UP, "west", 8 * GIB, 8, "fast", "lan", "vendor:GenuineIntel", "6.1");
        Occupancy occupancy = new Occupancy(Inventory.of(List.of(intel), List.of(vm), List.of()));
        Wishes skipping = new Wishes(Optional.empty(), Set.of(Filter.CPU_FEATURES));

        assertThat(Ranking.of(vm, occupancy, skipping).reasons())
                .containsExactly("host a: its CPU is not of vendor:AuthenticAMD");
        assertThat(Filter.CPU_FEATURES.refusal(vm, intel, occupancy)).isEqualTo("its CPU lacks avx2");
    }

    @Test
    void shouldSayWhereEachVolumeIsThatAHostLacks() {
        Vm vm = new Vm(
                "vm",
                null,
                GIB,
                1,
                Load.NONE,
                Set.of("fast"),
                Set.of(),
                Set.of(),
                "",
                Set.of(),
                Set.of(
                        new LocalVolume("fast", "root.raw", Set.of("b", "c")),
                        new LocalVolume("fast", "log.raw", Set.of("a"))),
                "");
        Inventory inventory = Inventory.of(List.of(host("a"), host("b"), host("d")), List.of(vm), List.of());

        assertThat(Ranking.of(vm, new Occupancy(inventory), Wishes.NONE).reasons())
                .containsExactly(
                        "host a: volume root.raw is in pool fast of host b and of host c",
                        "host b: volume log.raw is in pool fast of host a",
                        "host d: volume log.raw is in pool fast of host a,"
                                + " volume root.raw is in pool fast of host b and of host c");
    }

    @Test
    void shouldRefuseHostsByStrictRules() {
        Vm other = Vm.of("other", "a", GIB, 1, Load.NONE);
        Rule apart = rule("spread", Kind.APART, true, Set.of("vm", "other"));
        Rule together = rule("pair", Kind.TOGETHER, true, Set.of("vm", "other"));
        Rule on = new Rule("licence", Kind.ON, true, new TreeSet<>(Set.of("vm")), new TreeSet<>(Set.of("b")));

        Ranking spread = rank(Wishes.NONE, List.of(apart), List.of(other), host("a"), host("b"));
        assertThat(spread.hosts()).containsExactly("b");
        assertThat(spread.reasons())
                .containsExactly("host a: rule spread keeps the VM apart from other, which is there");
        Ranking pair = rank(Wishes.NONE, List.of(together), List.of(other), host("a"), host("b"));
        assertThat(pair.hosts()).containsExactly("a");
        assertThat(pair.reasons()).containsExactly("host b: rule pair keeps the VM together with other on host a");
        Ranking licence = rank(Wishes.NONE, List.of(on), List.of(other), host("a"), host("b"));
        assertThat(licence.reasons()).containsExactly("host a: rule licence keeps the VM on [b]");
    }

    @Test
    void shouldPreferTheHostAskedForThenPreferencesThenTheLeastLoaded() {
        Vm busy = Vm.of("busy", "b", 4 * GIB, 1, Load.NONE);
        Rule wish = rule("wish", Kind.TOGETHER, false, Set.of("vm", "busy"));

        assertThat(rank(Wishes.NONE, List.of(), List.of(busy), host("b"), host("a"), host("c"))
                        .hosts())
                .containsExactly("a", "c", "b");
        assertThat(rank(Wishes.NONE, List.of(wish), List.of(busy), host("a"), host("b"))
                        .hosts())
                .containsExactly("b", "a");
        Wishes asked = new Wishes(Optional.of("c"), Set.of());
        assertThat(rank(asked, List.of(wish), List.of(busy), host("a"), host("b"), host("c"))
                        .hosts())
                .containsExactly("c", "b", "a");
        Wishes refused = new Wishes(Optional.of("d"), Set.of());
        assertThat(rank(refused, List.of(), List.of(), host("a"), host("d").in(HostState.DRAINING))
                        .hosts())
                .containsExactly("a");
    }

    @Test
    void shouldSayWhichHostsTheClusterCannotLose() {
        Inventory tight = Inventory.of(
                List.of(Host.of("a", 8 * GIB, 8), Host.of("b", 4 * GIB, 8)),
                List.of(Vm.of("big", "a", 6 * GIB, 1, Load.NONE), Vm.of("small", "b", GIB, 1, Load.NONE)),
                List.of());

        assertThat(Admission.of(tight).homeless())
                .containsOnlyKeys("a", "b")
                .containsEntry("b", List.of())
                .containsEntry(
                        "a",
                        List.of(new Admission.Homeless(
                                "big", List.of("host b: it has 3GiB of memory free, the VM wants 6GiB"))));
        assertThat(Admission.of(tight, vm -> vm.name().equals("small")).survivesOneHost())
                .as("without the VM that goes nowhere")
                .isTrue();
        assertThat(Admission.of(tight).survivesOneHost()).isFalse();
        assertThat(Admission.of(tight.withHosts(List.of(Host.of("c", 8 * GIB, 8))))
                        .survivesOneHost())
                .isTrue();
    }

    private static Rule rule(String name, Kind kind, boolean strict, Set<String> vms) {
        return new Rule(name, kind, strict, new TreeSet<>(vms), new TreeSet<>());
    }
}
